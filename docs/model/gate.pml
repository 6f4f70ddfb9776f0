/* May this call be placed? The session of call i with its gate, and the decision's transaction. */

#define n call[i].node

#ifdef NO_FENCE
#define counts(m, j) ((node[m].old -> call[j].stale : call[j].allow) && !call[j].mark)
#define sees_opt(m) (node[m].old -> oldopt : opt == ANSWERED)
#else
#define counts(m, j) (call[j].allow && !call[j].mark)
#define sees_opt(m) (opt == ANSWERED)
#endif
#define allows(m) (counts(m, 0) + counts(m, 1) + counts(m, 2))

#ifdef NO_LOCK
#define is_free true
#else
#define is_free (lock == 0)
#endif

#ifdef LEASE_ENDS_BY_ITSELF
#define is_leased_elsewhere(m) (lease == HELD && holder != m)
#else
#define is_leased_elsewhere(m) (lease != IN && holder != m)
#endif

/* The holder has what the database has not got yet: decisions, or an opt-out. */
#define has_aside (call[0].aside || call[1].aside || call[2].aside)
#ifdef OPT_OUT_NOT_HANDED_IN
#define is_outstanding(m) (lease != IN && holder == m && has_aside)
#else
#define is_outstanding(m) (lease != IN && holder == m && (has_aside || opt == ALONGSIDE))
#endif

#define may(m) (allows(m) < CAP && !sees_opt(m) && node[m].ready && !is_leased_elsewhere(m))

#ifdef ALONE_WITHOUT_LEASE
#define alone_at(j, m) (call[j].alone && call[j].node == m)
#define may_alone(m) (alone_at(0, m) + alone_at(1, m) + alone_at(2, m) < CAP && node[m].ready)
#else
#ifdef ALONE_FOR_EVER
#define is_holder(m) (lease != IN && holder == m)
#else
#define is_holder(m) (lease == HELD && holder == m)
#endif
#define may_alone(m) (is_holder(m) && copied < CAP && !copiedopt && node[m].ready)
#endif

#define open_at(j, m) (call[j].tx == OPEN && call[j].node == m)
#ifdef ALONE_WITH_OPEN
#define has_open(m) false
#else
#define has_open(m) (open_at(0, m) || open_at(1, m) || open_at(2, m))
#endif

inline ask(i, where) {
    n = where;
    call[i].ans = ASKED;
    if
    :: opt != UNSAID -> call[i].heard = (optnode == where -> 2 : 1)
    :: else
    fi
}

/* A block is told, or it was already. */
inline blocked(i) {
    if
    :: call[i].ans == ASKED -> call[i].ans = BLOCKED
    :: else
    fi
}

inline committed(i) {
    call[i].tx = NONE; lock = 0;
#ifdef NO_FENCE
    if
    :: node[n].old -> call[i].stale = 1
    :: else -> call[i].allow = 1
    fi;
#else
    call[i].allow = 1;
#endif
#ifndef COPY_NOT_NOTED
    if
    :: lease != IN && holder == n && copied < CAP -> copied++
    :: else
    fi
#endif
}

proctype Session(byte i) {
end: do
    /* [ask] agi.call:OutboundCall._answer
       Calls are numbered in the order in which they ask, and the first one's node is node 0: a matter of names. */
    :: d_step { call[i].ans == IDLE && call[i].stray == HONEST && (i == 0 || call[i - 1].ans != IDLE) ->
            printf("call %d asks on node 0\n", i); ask(i, 0) }
    :: d_step { i != 0 && call[i].ans == IDLE && call[i].stray == HONEST && call[i - 1].ans != IDLE ->
            printf("call %d asks on node 1\n", i); ask(i, 1) }

    /* [allow] dialpact.store.units.decisions:Decisions.decide
       To be built for PostgreSQL: the lock in a statement of its own, then the facts in READ COMMITTED. */
    :: d_step { call[i].ans == ASKED && call[i].tx == NONE && node[n].reach && is_free &&
            !is_outstanding(n) && may(n) ->
            printf("call %d: ALLOW is written, not committed\n", i);
            call[i].tx = OPEN; lock = i + 1 }
    /* [block] dialpact.store.units.decisions:Decisions.decide */
    :: d_step { call[i].ans == ASKED && call[i].tx == NONE && node[n].reach && is_free &&
            !is_outstanding(n) && !may(n) ->
            printf("call %d: BLOCK\n", i);
            call[i].ans = BLOCKED; settled(i) }

    /* [tell] agi.call:OutboundCall._allow
       After the commit is answered. To be built for PostgreSQL: that is when the standby has it. */
    :: d_step { call[i].tx == OPEN && node[n].reach && call[i].ans == ASKED ->
            printf("call %d: committed, and ALLOW told\n", i);
            committed(i); call[i].ans = ALLOWED; p6(i) }
    /* [tell-not] dialpact.application.gate:Gate.withdraw
       Past the deadline, or the caller is gone: he is told nothing, or a block. */
    :: d_step { call[i].tx == OPEN && node[n].reach ->
            printf("call %d: committed, and ALLOW not told\n", i);
            committed(i); call[i].owe = 1; blocked(i) }
    /* [unconfirmed] agi.call:OutboundCall._tell
       The PBX has got ALLOW and goes on, but the gate does not hear so in time: it takes it back. */
    :: d_step { call[i].ans == ALLOWED && !is_over(i) && !call[i].owe && faults < FAULTS ->
            printf("call %d: ALLOW not confirmed\n", i);
            faults++;
            call[i].owe = 1 }
    /* [commit-unknown] dialpact.application.gate:Gate._fail */
    :: d_step { call[i].tx == OPEN && (faults < FAULTS || !node[n].reach) ->
            printf("call %d: commit unknown\n", i);
            faults = faults + node[n].reach;
            call[i].tx = LOST;
#ifdef UNKNOWN_TOLD
            if
            :: call[i].ans == ASKED -> call[i].ans = ALLOWED
            :: else
            fi
#else
            blocked(i);
#ifndef UNKNOWN_FORGOTTEN
            call[i].owe = 1
#endif
#endif
            }
    /* [rolled-back] dialpact.application.gate:Gate._fail */
    :: d_step { call[i].tx == OPEN && !node[n].reach ->
            printf("call %d: rolled back\n", i);
            call[i].tx = NONE; call[i].owe = 0; lock = 0; blocked(i); settled(i) }
    /* [lost-happens] the database's: a statement that timed out is executed all the same */
    :: d_step { call[i].tx == LOST ->
            printf("call %d: the unknown commit has happened\n", i);
            call[i].tx = NONE; call[i].allow = 1; lock = 0; settled(i) }
    /* [lost-is-lost] the database's: it has died with the primary, or was rolled back */
    :: d_step { call[i].tx == LOST ->
            printf("call %d: the unknown commit has not happened\n", i);
            call[i].tx = NONE; lock = 0; settled(i) }
    /* [too-late] dialpact.application.gate:Gate._too_late */
    :: d_step { call[i].ans == ASKED ->
            printf("call %d: deadline\n", i);
            call[i].ans = BLOCKED; call[i].owe = (call[i].tx != NONE); settled(i) }
    /* [mark] dialpact.application.decide:Deciding.mark
       Waits for an unknown commit, as both write the same id. Not of one that a leg uses: it was told. */
    :: d_step { call[i].owe && call[i].tx == NONE && node[n].reach && !call[i].aside ->
            printf("call %d: what is owed is stored\n", i);
            call[i].owe = 0;
            if
            :: is_allowed(i) && is_markable(i) -> call[i].mark = 1
            :: else
            fi;
            settled(i); over(i) }

    /* [allow-alone] to be built: the database is away, and the holder of the lease decides on its own store.
       First each transaction that it has open there is given up: what becomes of it is never told. */
    :: d_step { call[i].ans == ASKED && call[i].tx == NONE && !node[n].reach && may_alone(n) && !has_open(n) ->
            printf("call %d: ALLOW, decided alone and told\n", i);
            p6_alone(i);
            if
            :: copied < CAP -> copied++
            :: else
            fi;
            call[i].alone = 1; call[i].aside = 1; call[i].ans = ALLOWED; call[i].heard = 0 }
    /* [block-alone] to be built: what the copy does not permit, and everything once the lease has run out */
    :: d_step { call[i].ans == ASKED && call[i].tx == NONE && !node[n].reach && !may_alone(n) ->
            printf("call %d: BLOCK, the database is away\n", i);
            call[i].ans = BLOCKED; settled(i) }
    /* [hand-in] to be built: what was decided alone is stored, under its own id, and marked as such */
    :: d_step { call[i].aside && node[n].reach ->
            printf("call %d: handed in\n", i);
            call[i].aside = 0; call[i].allow = 1; over(i) }

    /* [dial] dialplan/extensions_dialpact.conf:[dialpact-outbound] */
    :: d_step { call[i].ans == ALLOWED && call[i].leg == UNDIALLED ->
            printf("call %d is dialled\n", i);
            p1(i);
            call[i].leg = RINGING }
    od
}
#undef n
