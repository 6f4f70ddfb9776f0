/* Asterisk's side of FastAGI, as cheap as it can be: agi_client HEADERS CALLER_ID

HEADERS is a file of headers, each with its empty line. Reads lines "PORT CONCURRENT SESSIONS FIRST [RATE]" from
stdin, plays so many sessions beginning with header FIRST, and prints one line of JSON for each: seconds from
the connect to the gate's close, to the header being out and to the verdict (-1: none), what was heard (A ALLOW, B BLOCK by the rules,
D BLOCK for the deadline, E BLOCK for gate-error, N nothing), and seconds in all.

With a RATE so many begin each second, whatever became of those before (CONCURRENT does not count then), and a
session's time counts from when it was to begin.

It writes as Asterisk does: a line of the header is a write of its own, and TCP_NODELAY is not set. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

struct session {
    int fd, number, connected;
    double began;
    size_t held;
    char line[4096]; /* what came of a command so far */
};

static const char **headers; /* one more than there are: where the last one ends */
static int header_count;
static char caller_id[128];
static double *seconds, *sent, *heard;
static char *outcome;
static int loop, first, next, total, done, rate;
static struct session *sessions;
static struct sockaddr_in gate = {.sin_family = AF_INET};

static void fail(const char *what)
{
    fprintf(stderr, "agi_client: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static void load(const char *path)
{
    struct stat about;
    int file = open(path, O_RDONLY), room = 1024;
    if (file < 0 || fstat(file, &about) < 0 || about.st_size < 3)
        fail(path);
    const char *at = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE, file, 0), *end = at + about.st_size;
    headers = malloc(room * sizeof *headers);
    for (headers[0] = at; (at = memmem(at, end - at, "\n\n", 2)); headers[++header_count] = at += 2)
        if (header_count + 2 == room)
            headers = realloc(headers, (room *= 2) * sizeof *headers);
}

static void put(struct session *one, const char *text, size_t length)
{
    if (write(one->fd, text, length) != (ssize_t)length && errno != EPIPE && errno != ECONNRESET)
        fail("write");
}

static void begin(struct session *one, double at)
{
    struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT, .data.ptr = one};
    one->number = next++;
    one->held = one->connected = 0;
    sent[one->number] = heard[one->number] = -1;
    outcome[one->number] = 'N';
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0)
        fail("socket");
    one->began = at;
    if (connect(one->fd, (struct sockaddr *)&gate, sizeof gate) < 0 && errno != EINPROGRESS)
        fail("connect");
    if (epoll_ctl(loop, EPOLL_CTL_ADD, one->fd, &wanted) < 0)
        fail("epoll_ctl");
}

static void send_header(struct session *one)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = one};
    int which = (first + one->number) % header_count;
    const char *at = headers[which], *end = headers[which + 1];
    for (const char *stop; at < end; at = stop) {
        stop = (const char *)memchr(at, '\n', end - at) + 1;
        put(one, at, stop - at);
    }
    sent[one->number] = now() - one->began;
    one->connected = 1;
    epoll_ctl(loop, EPOLL_CTL_MOD, one->fd, &wanted);
}

static void answer(struct session *one, char *line)
{
    char reply[160];
    char *verdict = strstr(line, "DIALPACT_VERDICT");
    if (verdict) {
        verdict += strcspn(verdict, "= ");
        verdict += strspn(verdict, "= \"");
        heard[one->number] = now() - one->began;
        outcome[one->number] = *verdict == 'A'                              ? 'A'
                               : strstr(line, "DIALPACT_REASON=deadline")   ? 'D'
                               : strstr(line, "DIALPACT_REASON=gate-error") ? 'E'
                                                                            : 'B';
    }
    if (!strncmp(line, "GET FULL VARIABLE ", 18))
        snprintf(reply, sizeof reply, "200 result=1 (%s)\n", caller_id);
    else
        strcpy(reply, strncmp(line, "SET VARIABLE ", 13) ? "200 result=0\n" : "200 result=1\n");
    put(one, reply, strlen(reply));
}

static void finish(struct session *one)
{
    struct linger at_once = {1, 0}; /* the gate has closed: no port is kept waiting */
    seconds[one->number] = now() - one->began;
    setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(one->fd);
    done++;
    if (!rate && next < total)
        begin(one, now());
}

static void begin_due(int timer, double began)
{
    uint64_t ticks;
    if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN)
        fail("timer");
    for (double at; next < total && (at = began + (double)next / rate) <= now();)
        begin(&sessions[next], at);
}

static int start_timer(void)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
    long period = 1000000000L / rate;
    struct itimerspec every = {{period / 1000000000L, period % 1000000000L}, {0, 1}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, timer, &wanted) < 0)
        fail("timer");
    return timer;
}

static void receive(struct session *one)
{
    ssize_t came = read(one->fd, one->line + one->held, sizeof one->line - 1 - one->held);
    if (came < 0 && errno == EAGAIN)
        return;
    if (came <= 0) { /* closed, or cut */
        finish(one);
        return;
    }
    one->held += came;
    one->line[one->held] = 0;
    char *line = one->line;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        answer(one, line);
    }
    one->held -= line - one->line;
    memmove(one->line, line, one->held);
    if (one->held == sizeof one->line - 1)
        errno = EMSGSIZE, fail("a command");
}

static void print(const char *name, const double *each)
{
    printf(", \"%s\": [", name);
    for (int one = 0; one < total; one++)
        printf("%s%.6f", one ? ", " : "", each[one]);
    printf("]");
}

static void play(int concurrent)
{
    struct epoll_event events[256];
    double began = now();
    int timer = rate ? start_timer() : -1;
    sessions = calloc(rate ? total : concurrent, sizeof *sessions);
    next = done = 0;
    for (int one = 0; !rate && one < concurrent && next < total; one++)
        begin(&sessions[one], now());
    while (done < total) {
        int ready = epoll_wait(loop, events, 256, PATIENCE_MS);
        if (ready == 0)
            errno = ETIMEDOUT;
        if (ready <= 0)
            fail("waiting for the gate");
        for (int each = 0; each < ready; each++) {
            struct session *one = events[each].data.ptr;
            if (!one)
                begin_due(timer, began);
            else if (!one->connected && !(events[each].events & (EPOLLERR | EPOLLHUP)))
                send_header(one);
            else
                receive(one);
        }
    }
    double all = now() - began;
    printf("{\"total\": %.6f, \"outcomes\": \"%.*s\"", all, total, outcome);
    print("seconds", seconds);
    print("sent", sent);
    print("heard", heard);
    printf("}\n");
    fflush(stdout);
    free(sessions);
    if (rate)
        close(timer);
}

/* A clock must not wait for whom it times: an answer is heard when it is there, whoever else has a processor. As
 * dialpact/cli/scheduling.py does it, which says since which Linux; an older one takes no notice. */
static void promptly(void)
{
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } wish = {.size = sizeof wish, .nice = getpriority(PRIO_PROCESS, 0), .runtime = 100000};
    syscall(SYS_sched_setattr, 0, &wish, 0);
}

int main(int count, char **words)
{
    int port, concurrent;
    char line[128];
    struct rlimit files;
    if (count != 3)
        return fprintf(stderr, "usage: agi_client HEADERS CALLER_ID\n"), 2;
    signal(SIGPIPE, SIG_IGN); /* a gate that cuts a crowd's connection while its header is written is an outcome */
    promptly();
    load(words[1]);
    snprintf(caller_id, sizeof caller_id, "%s", words[2]);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((loop = epoll_create1(0)) < 0)
        fail("epoll");
    gate.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    while (fgets(line, sizeof line, stdin)) {
        rate = 0;
        if (sscanf(line, "%d %d %d %d %d", &port, &concurrent, &total, &first, &rate) < 4)
            return fprintf(stderr, "agi_client: what is %s", line), 2;
        gate.sin_port = htons(port);
        seconds = realloc(seconds, total * sizeof *seconds);
        sent = realloc(sent, total * sizeof *sent);
        heard = realloc(heard, total * sizeof *heard);
        outcome = realloc(outcome, total);
        play(concurrent);
    }
    return 0;
}
