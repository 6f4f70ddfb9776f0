/* What befalls a node, the database and the callee, and how the lease of a lead list goes round. */

#ifdef GRANT_WITHOUT_LOCK
#define is_grantable true
#else
#define is_grantable is_free
#endif

inline gate_dies(m, i) {
    if
    :: call[i].node == m && call[i].stray == HONEST ->
        if
        :: call[i].tx == OPEN -> call[i].tx = LOST
        :: else
        fi;
        if
        :: call[i].ans == ASKED && call[i].tx == NONE -> call[i].ans = BLOCKED
        :: call[i].ans == ASKED && call[i].tx == LOST -> call[i].ans = FORGOTTEN
        :: call[i].ans == BLOCKED && call[i].owe -> call[i].ans = FORGOTTEN
        :: else
        fi;
        call[i].owe = 0;
        settled(i); over(i)
    :: else
    fi
}

inline listener_dies(m, i) {
    if
    :: call[i].node == m ->
        call[i].claim = 0;
        call[i].eye = (call[i].eye >= DONE -> call[i].eye : UNSEEN)
    :: else
    fi
}

inline copy(m) { copied = allows(m); copiedopt = sees_opt(m); knewthen = (opt == ANSWERED) }

#define waits(i, m) (call[i].node == m && (call[i].ans == ASKED || call[i].owe))

proctype Host(byte m) {
end: do
    /* [gate-dies] dialpact.cli.daemons:gate
       And is started anew. Whoever waits gets no word, which [dialpact-refused] takes for a no. */
    :: d_step { faults < FAULTS && (waits(0, m) || waits(1, m) || waits(2, m)) ->
            printf("node %d: the gate dies, and is started anew\n", m);
            faults++;
            gate_dies(m, 0); gate_dies(m, 1); gate_dies(m, 2) }
    /* [listener-dies] ami_listener.listener:Listener.run */
    :: d_step { node[m].listener && faults < FAULTS ->
            printf("node %d: the listener dies\n", m);
            faults++;
            node[m].listener = 0;
            listener_dies(m, 0); listener_dies(m, 1); listener_dies(m, 2) }
    /* [recorder-lease-ends] dialpact.store.units.facts:Registered.recorder */
    :: d_step { !node[m].listener && node[m].ready ->
            printf("node %d: the recorder's lease is over\n", m);
            node[m].ready = 0 }
    /* [listener-starts] ami_listener.lease:Lease.renew */
    :: d_step { !node[m].listener ->
            printf("node %d: the listener starts\n", m);
            node[m].listener = 1; node[m].ready = 1 }
    /* [cut-off] nobody's: the network between this node and the database */
    :: d_step { node[m].reach && faults < FAULTS ->
            printf("node %d: the database is away\n", m);
            faults++;
            node[m].reach = 0 }
    /* [fail-over] to be built: only to a standby that has every answered commit; the old primary is fenced */
    :: d_step { m == 0 && faults < FAULTS ->
            printf("fail-over\n");
            faults++;
#ifdef NO_FENCE
            oldup = 1; oldopt = sees_opt(m);
            call[0].stale = call[0].allow; call[1].stale = call[1].allow; call[2].stale = call[2].allow;
#endif
#ifdef ASYNCHRONOUS
            call[0].allow = 0;
            opt = (opt == ANSWERED -> PROMISED : opt);
#endif
            node[0].reach = 0; node[1].reach = 0 }
    /* [back] to be built: connects to the one primary there is */
    :: d_step { !node[m].reach ->
            printf("node %d: the database is back\n", m);
#ifdef NO_FENCE
            node[m].old = 0;
#endif
            node[m].reach = 1 }
#ifdef NO_FENCE
    :: d_step { !node[m].reach && oldup ->
            printf("node %d: has found the old primary\n", m);
            node[m].old = 1; node[m].reach = 1 }
#endif

    /* [lease-granted] to be built: under the caps' own lock, and the copy is made of what is committed then */
    :: d_step { lease == IN && !granted && node[m].reach && is_grantable ->
            printf("node %d gets the lease\n", m);
            lease = HELD; holder = m; granted = 1; copy(m) }
    /* [lease-renewed] to be built: a new copy, and N minutes from now on; after everything is handed in */
    :: d_step { lease != IN && holder == m && node[m].reach && is_free && !is_outstanding(m) &&
            (lease == RAN_OUT || copied != allows(m) || knewthen != (opt == ANSWERED)) ->
            printf("node %d renews the lease\n", m);
            lease = HELD; copy(m) }
    /* [lease-runs-out] to be built: by the holder's own clock, N minutes after its copy was made */
    :: d_step { lease == HELD && holder == m && !node[m].reach ->
            printf("node %d: the lease has run out\n", m);
            lease = RAN_OUT }
    /* [lease-handed-back] to be built: never by time alone; after everything is handed in */
    :: d_step { lease != IN && holder == m && node[m].reach && is_free && !is_outstanding(m) ->
            printf("node %d hands the lease back\n", m);
            lease = IN; holder = 0; copied = 0; copiedopt = 0; knewthen = 0 }

    /* [opt-out] dialpact.store.units.optout:OptOuts.from_call
       Answered when it is on disk: dialpact.application.opt_out:OptOutQueue.take. */
    :: d_step { (opt == UNSAID || opt == PROMISED && optnode == m) && node[m].reach ->
            printf("the callee opts out on node %d\n", m);
            optnode = m;
            opt = ANSWERED;
#ifdef NO_FENCE
            oldopt = oldopt || node[m].old;
#endif
            copiedopt = copiedopt || (lease != IN && holder == m) }
#ifdef OPT_OUT_ANSWERED_FIRST
    :: d_step { opt == UNSAID ->
            printf("the callee opts out on node %d, and that is answered\n", m);
            optnode = m;
            opt = PROMISED }
#endif
    /* [opt-out-alone] to be built: the holder takes it in its own store, and it counts there at once */
    :: d_step { opt == UNSAID && !node[m].reach && lease != IN && holder == m ->
            printf("the callee opts out on node %d, in the holder's own store\n", m);
            optnode = m;
            opt = ALONGSIDE; copiedopt = 1 }
    /* [opt-out-handed-in] to be built: before any other decision on these numbers */
    :: d_step { opt == ALONGSIDE && optnode == m && node[m].reach ->
            printf("the opt-out is handed in\n");
            opt = ANSWERED }
    od
}
