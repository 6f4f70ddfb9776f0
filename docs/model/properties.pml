/* What must hold. P1, P2, P6 and P7 are the promises of docs/guarantees.md; cap: a cap is never passed. */

mtype = { P1, P2, P6, P7, cap };
#ifdef ONLY
#define is_asked(property) (property == ONLY)
#else
#define is_asked(property) true
#endif
#define must(property, condition) \
    if \
    :: is_asked(property) && !(condition) -> printf("broken: %e\n", property); assert(false) \
    :: else \
    fi

#ifdef NO_FENCE
#define is_allowed(j) (call[j].allow || call[j].stale)
#else
#define is_allowed(j) call[j].allow
#endif
#ifdef MARKED_THOUGH_USED
#define is_markable(j) true
#else
#define is_markable(j) (call[j].row == 0)
#endif
#ifdef NO_LEG_CHECK
#define is_missed(i) (call[i].stray == HONEST)
#else
#define is_missed(i) true
#endif

/* P1, at the dial: an ALLOW is recorded. */
inline p1(i) { must(P1, is_allowed(i) || call[i].aside) }

/* P2, at the bridge: a recorder was proven on this leg. */
inline p2(i) { must(P2, call[i].proof) }

/* P6, where ALLOW is told: the call had asked before the opt-out was answered. */
inline p6(i) { must(P6, call[i].heard == 0); call[i].heard = 0 }

/* P6 under the lease: an opt-out of this node counts at once. One from elsewhere may be missed if it was answered
   after the copy was made, for the N minutes of the lease and no longer. */
inline p6_alone(i) {
    must(P6, call[i].heard == 0 || (call[i].heard == 1 && !knewthen && lease == HELD && holder == call[i].node))
}

/* P7: one decision lets one leg through. */
#define p7(i) must(P7, call[d].used == 0 || call[d].used == own); call[d].used = own

/* A block was told, or nobody was told anything, and nothing can come of it any more. */
inline settled(i) {
    if
    :: call[i].tx == NONE && !call[i].owe && (call[i].ans == BLOCKED || call[i].ans == FORGOTTEN) ->
        /* P1: an ALLOW that nobody was told is marked, unless the gate has died with it. */
        must(P1, !is_allowed(i) || call[i].mark || call[i].ans == FORGOTTEN);
        /* What nobody looks at any more is made the same in all such states: they are fewer. */
        call[i].node = 0; call[i].heard = 0;
        call[i].allow = call[i].allow && !call[i].mark; call[i].mark = 0
    :: else
    fi
}

/* Whether a stray call may still come with this decision. */
#define is_watched(i) (i != 2 && (call[2].ans == IDLE && call[2].stray != WITHOUT))

#define passed(i) (call[i].stray == HONEST && call[i].eye >= DONE && call[i].leg == TALKED)

/* A leg has ended, and the listener has done with it. */
inline over(i) {
    if
    :: call[i].eye == DONE && call[i].stray == HONEST && !call[i].owe && !call[i].aside ->
        /* P1: whoever talked did so by an ALLOW that stands. */
        must(P1, !has_talked(i) || (is_allowed(i) && !call[i].mark));
        /* P2: what was talked was recorded, each gap is reported, and the recording is ended. */
        must(P2, !has_talked(i) || (call[i].proof && !call[i].gap && call[i].row == 2));
        call[i].leg = (call[i].leg == CUT || call[i].mark && !has_talked(i) -> CUT : TALKED);
        /* The cap: legs that the carrier got by an ALLOW that was not taken back, and whoever talked. */
        must(cap, passed(0) + passed(1) + passed(2) <= CAP);
        call[i].eye = CLOSED; call[i].proof = 0; call[i].alone = 0;
        if
        :: !is_watched(i) ->
            call[i].node = 0; call[i].claim = 0; call[i].row = 0; call[i].rowof = 0; call[i].used = 0;
            call[i].allow = call[i].allow && !call[i].mark; call[i].mark = 0
        :: else
        fi
    :: else
    fi
}

#define stands(i) (!passed(i) || is_allowed(i))
/* P7: no leg is left that nobody has seen: it fits, or it is cut, or it is reported. */
#define is_seen(i) (call[i].leg == UNDIALLED || (is_over(i) && call[i].eye == (call[i].stray == HONEST -> CLOSED : DONE)))

/* In the end, when nothing can happen any more. */
active proctype End() {
    d_step { timeout ->
        must(P7, is_seen(0) && is_seen(1) && is_seen(2));
        must(P1, stands(0) && stands(1) && stands(2)) }
}
