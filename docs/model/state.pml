/* What is known, and where: three calls of one callee, two nodes, one database.

   Every transition is one d_step with a guard: it happens whole, or not yet. The comment above it names the
   function that is it, or "to be built" and the contract. A break (#ifdef) leaves one rule out.
*/

#define CALLS 3
#define NODES 2

#ifndef CAP
#define CAP 1 /* calls of this callee that may be put through */
#endif
#ifndef FAULTS
#define FAULTS 2 /* of all kinds together, in one run */
#endif

/* ans: what the dialplan has been told */
#define IDLE 0
#define ASKED 1
#define BLOCKED 2
#define ALLOWED 3
#define FORGOTTEN 4 /* no word, and the gate that knew of it has died: [dialpact-refused] takes that for a no */

/* tx: the decision's transaction */
#define NONE 0
#define OPEN 1  /* facts are read, its lock is held, ALLOW is written, nothing is committed */
#define LOST 2  /* the commit was sent and not answered: it happens, or does not, and nobody is told */

/* leg: the carrier leg, as Asterisk has it */
#define UNDIALLED 0
#define RINGING 1
#define UP 2     /* answered, before the interlock */
#define TALKS 3  /* bridged */
#define QUIET 4  /* ended, never bridged */
#define TALKED 5 /* ended, was bridged */
#define CUT 6    /* by the listener, before it was bridged */
#define STOPPED 7 /* by the listener, while it talked */
#define is_live(i) (call[i].leg >= RINGING && call[i].leg <= TALKS)
#define is_over(i) (call[i].leg >= QUIET)
#define has_talked(i) (call[i].leg == TALKS || call[i].leg == TALKED || call[i].leg == STOPPED)

/* eye: what the listener knows of the leg */
#define UNSEEN 0
#define FITS 1     /* its decision lets it be */
#define PREPARED 2 /* the recording's row is on disk */
#define STARTING 3 /* MixMonitor asked for, not proven */
#define RECORDED 4
#define UNRECORDED 5
#define DONE 6
#define CLOSED 7 /* the same, and what must be true of it in the end was looked at */

/* stray: a call that went round the gate */
#define HONEST 0
#define WITHOUT 1 /* carries no decision */
/* n + 2: carries the decision of call n */

/* opt: the callee's no */
#define UNSAID 0
#define PROMISED 1  /* answered, and not on disk yet: the break OPT_OUT_ANSWERED_FIRST alone */
#define ANSWERED 2  /* committed in the database, and "done" was said, 201 was answered */
#define ALONGSIDE 3 /* committed and answered by the holder of the lease, in its own store alone */

typedef Call {
    unsigned node : 1;
    unsigned ans : 3;
    unsigned tx : 2;
    unsigned owe : 1;   /* the gate has told a block, or told nobody: an ALLOW that is stored must be marked */
    unsigned heard : 2; /* when it asked, the opt-out had been answered: 1 elsewhere, 2 on this node */
    unsigned alone : 1; /* decided under the lease, without the database */
    unsigned aside : 1; /* the decision is in the holder's own store alone */
    /* in the database */
    unsigned allow : 1; /* decision: an ALLOW */
    unsigned mark : 1;  /* undelivered */
    unsigned row : 2;   /* recording: 1 open, 2 ended */
    unsigned rowof : 1; /* of whose leg: the decision's own, or (1) of the stray call that carries its id */
    /* Asterisk and the listener */
    unsigned leg : 3;
    unsigned eye : 3;
    unsigned claim : 2; /* who uses this decision, in the listener's memory: 1 its own leg, 2 the stray */
    unsigned mixing : 1; /* MixMonitor runs on the leg */
    unsigned open : 1;  /* DIALPACT_RECORDING is set on the leg */
    unsigned stray : 2;
    /* only looked at by properties */
    unsigned proof : 1; /* a recorder was proven on the leg */
    unsigned gap : 1;   /* talked on while nothing recorded, and nobody has reported it */
    unsigned used : 2   /* by this decision a recorder was proven: 1 on its own leg, 2 on the stray */
#ifdef NO_FENCE
    ; unsigned stale : 1 /* decision: an ALLOW, in the old primary */
#endif
};

Call call[CALLS];

typedef Node {
    unsigned reach : 1;    /* it reaches the database */
    unsigned listener : 1; /* runs */
    unsigned ready : 1     /* the recorder's lease, as the store shows it */
#ifdef NO_FENCE
    ; unsigned old : 1     /* it has found the old primary */
#endif
};

Node node[NODES];

byte lock;           /* the advisory lock of the caps: who holds it, 0 nobody, n + 1 */
unsigned opt : 2;
unsigned optnode : 1; /* where it was said */
byte faults;
#ifdef NO_FENCE
bit oldopt, oldup; /* what the old primary has of the opt-out; it is there, and writable */
#endif

/* The lease of the lead list, in the database. Nobody else decides on its numbers while it is out. */
unsigned lease : 2;
#define IN 0
#define HELD 1
#define RAN_OUT 2 /* its N minutes are over on the holder's own clock */
unsigned holder : 1;
bit granted;          /* once in a run */
unsigned copied : 2;  /* ALLOWs that the holder's copy counts */
bit copiedopt;        /* the opt-out is in the holder's copy */
bit knewthen;         /* property only: the opt-out was answered when the copy was made */
