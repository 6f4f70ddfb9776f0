/* A FastAGI server that does nothing, as fast as it can be done: nothing_server

Prints its port and serves until stdin ends: one GET FULL VARIABLE, three SET VARIABLE, and it closes. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 8192 /* descriptors */

static const char *const COMMANDS[] = {
    "GET FULL VARIABLE ${FILTER(0-9+,${CALLERID(num)})}\n",
    "SET VARIABLE DIALPACT_NUMBER 13800138000\n",
    "SET VARIABLE DIALPACT_REASON none\n",
    "SET VARIABLE DIALPACT_VERDICT ALLOW\n",
};
#define LAST (int)(sizeof COMMANDS / sizeof *COMMANDS)

static struct {
    int asked; /* commands so far */
    char last; /* byte that came */
} sessions[MOST];

static int say(int fd)
{
    const char *command = COMMANDS[sessions[fd].asked++];
    return write(fd, command, strlen(command)) < 0;
}

/* Non-zero when the session is over. */
static int receive(int fd)
{
    char bytes[4096];
    ssize_t came = read(fd, bytes, sizeof bytes);
    if (came <= 0)
        return 1;
    for (ssize_t each = 0; each < came; each++) {
        int whole = bytes[each] == '\n' && (sessions[fd].asked || sessions[fd].last == '\n');
        sessions[fd].last = bytes[each];
        if (whole && (sessions[fd].asked == LAST || say(fd)))
            return 1;
    }
    return 0;
}

int main(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    struct rlimit files = {MOST, MOST};
    struct epoll_event wanted = {.events = EPOLLIN}, events[256];
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), loop = epoll_create1(0);

    setrlimit(RLIMIT_NOFILE, &files);
    if (bind(listening, (struct sockaddr *)&here, length) < 0 || listen(listening, 4096) < 0)
        return perror("nothing_server"), 1;
    getsockname(listening, (struct sockaddr *)&here, &length);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    wanted.data.fd = listening;
    epoll_ctl(loop, EPOLL_CTL_ADD, listening, &wanted);
    wanted.data.fd = STDIN_FILENO;
    epoll_ctl(loop, EPOLL_CTL_ADD, STDIN_FILENO, &wanted);
    for (;;) {
        int ready = epoll_wait(loop, events, 256, -1);
        for (int each = 0; each < ready; each++) {
            int fd = events[each].data.fd;
            if (fd == STDIN_FILENO)
                return 0;
            if (fd != listening) {
                if (receive(fd))
                    close(fd);
                continue;
            }
            while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                if (fd >= MOST) {
                    close(fd);
                    continue;
                }
                sessions[fd].asked = sessions[fd].last = 0;
                wanted.data.fd = fd;
                epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted);
            }
        }
    }
}
