/* Is it recorded and kept? The carrier leg of call i: Asterisk, the interlock, the listener of its node. */

#define n call[i].node
#define d (call[i].stray < 2 -> i : call[i].stray - 2) /* the decision whose id it carries */
#define own (call[i].stray < 2 -> 1 : 2)
#define listens(i) (node[n].listener && reads(i))
#define reads(i) (node[n].reach || call[d].aside)
#define has_row(i) (call[i].stray != WITHOUT && call[d].row == 1 && call[d].rowof == own - 1)
#define goes_round(i) (i == 2 && call[i].ans == IDLE && call[i].stray == HONEST)

#ifdef NO_NODE_CHECK
#define is_same_node(i) true
#else
#define is_same_node(i) (call[d].node == n)
#endif
#ifdef ROWS_ARE_NO_USE
#define is_unused(i) (call[d].claim == 0 || call[d].claim == own)
#else
#define is_unused(i) (call[d].claim == own || (call[d].claim == 0 && call[d].row == 0))
#endif
#define fits(i) (call[i].stray != WITHOUT && (is_allowed(d) || call[d].aside) && !call[d].mark && \
    is_same_node(i) && is_unused(i))
#ifdef MARKED_THOUGH_USED
#define may_have_row(i) reads(i)
#else
#define may_have_row(i) (reads(i) && !call[d].mark)
#endif
#ifdef NO_INTERLOCK
#define is_let_through(i) true
#else
#define is_let_through(i) call[i].open
#endif
#ifdef ADOPTED_UNSEEN
#define is_believed(i) true
#else
#define is_believed(i) call[i].mixing
#endif

inline proven(i) {
    call[i].proof = call[i].proof || call[i].mixing; call[i].open = 1; call[i].eye = RECORDED;
    p7(i)
}

/* Its files are measured: what they lack is reported, and the row is ended. */
inline finished(i) {
    if
    :: has_row(i) -> call[d].row = 2
    :: else
    fi;
    call[i].gap = 0; call[i].eye = DONE;
    over(i)
}

inline ended(i) {
    call[i].leg = (call[i].leg == TALKS -> TALKED : QUIET);
    call[i].mixing = 0; call[i].open = 0;
    if
    :: listens(i) && call[i].eye != UNSEEN -> finished(i)
    :: else
    fi
}

inline cut(i) {
    call[i].leg = (call[i].leg == TALKS -> STOPPED : CUT);
    call[i].mixing = 0; call[i].open = 0
}

/* No recorder: the interlock stays shut; who talks already is cut. */
inline unrecorded(i) {
    call[i].eye = UNRECORDED;
    if
    :: call[i].leg == TALKS -> cut(i)
    :: else
    fi
}

proctype Leg(byte i) {
end: do
    /* [stray] nobody's: a call that is dialled past the gate, with no decision or with that of another call */
    :: d_step { goes_round(i) ->
            printf("a stray call without a decision\n");
            call[i].stray = WITHOUT; call[i].leg = RINGING }
    :: d_step { goes_round(i) && call[0].ans == ALLOWED ->
            printf("a stray call on node 0 with call 0's decision\n");
            call[i].stray = 2; call[i].leg = RINGING }
    :: d_step { goes_round(i) && call[0].ans == ALLOWED ->
            printf("a stray call on node 1 with call 0's decision\n");
            call[i].stray = 2; n = 1; call[i].leg = RINGING }
    :: d_step { goes_round(i) && call[1].ans == ALLOWED ->
            printf("a stray call on node 0 with call 1's decision\n");
            call[i].stray = 3; call[i].leg = RINGING }
    :: d_step { goes_round(i) && call[1].ans == ALLOWED ->
            printf("a stray call on node 1 with call 1's decision\n");
            call[i].stray = 3; n = 1; call[i].leg = RINGING }

    /* [fits] ami_listener.legs.leg_policy:judge_leg */
    :: d_step { listens(i) && call[i].eye == UNSEEN && is_live(i) && !has_row(i) && fits(i) ->
            printf("leg %d fits its decision\n", i);
            call[d].claim = own; call[i].eye = FITS }
    /* [fits-not] ami_listener.legs.leg_control:LegControl.cut
       Nor does one whose decision can not be read: ami_listener.legs.leg_check:judge. */
    :: d_step { node[n].listener && call[i].eye == UNSEEN && is_live(i) && !has_row(i) && !(reads(i) && fits(i)) ->
            printf("leg %d is cut, and reported\n", i);
            cut(i);
#ifdef NO_LEG_CHECK
            if
            :: call[i].stray != HONEST -> call[i].leg = TALKED
            :: else -> call[i].eye = DONE
            fi;
#else
            call[i].eye = DONE;
#endif
            over(i) }
    /* [prepare] ami_listener.legs.leg_recordings:LegRecordings.prepare
       In its row's transaction: no mark stands on the decision. */
    :: d_step { node[n].listener && call[i].eye == FITS && is_live(i) && may_have_row(i) ->
            printf("leg %d: its recording has a row\n", i);
            call[d].row = 1; call[d].rowof = own - 1; call[i].eye = PREPARED }
    /* [prepare-not] ami_listener.legs.leg:Leg._prepare */
    :: d_step { node[n].listener && call[i].eye == FITS && is_live(i) && !may_have_row(i) ->
            printf("leg %d: no row, no recording\n", i);
            unrecorded(i) }
    /* [answer] the carrier's: who went round the gate has no interlock either */
    :: d_step { call[i].leg == RINGING ->
            printf("leg %d is answered\n", i);
            call[i].leg = (call[i].stray == HONEST -> UP : TALKS) }
    /* [start] ami_listener.recording.recorder:Recorder.start */
    :: d_step { node[n].listener && call[i].eye == PREPARED && (call[i].leg == UP || call[i].leg == TALKS) ->
            printf("leg %d: MixMonitor\n", i);
#ifdef OPEN_BEFORE_PROOF
            call[i].open = 1;
#endif
            call[i].mixing = 1; call[i].eye = STARTING }
    /* [prove] ami_listener.recording.recorder:Recorder.prove */
    :: d_step { node[n].listener && call[i].eye == STARTING && is_live(i) && call[i].mixing ->
            printf("leg %d: its recorder is proven, the interlock open\n", i);
            proven(i) }
    /* [prove-not] ami_listener.legs.leg:Leg._record */
    :: d_step { node[n].listener && call[i].eye == STARTING && is_live(i) && (!call[i].mixing || faults < FAULTS) ->
            printf("leg %d: its recorder is not proven\n", i);
            faults = faults + call[i].mixing;
            unrecorded(i) }
    /* [bridge] dialplan/extensions_dialpact.conf:[dialpact-answered] */
    :: d_step { call[i].leg == UP && is_let_through(i) ->
            printf("leg %d is bridged\n", i);
            p2(i);
            call[i].leg = TALKS; call[i].gap = !call[i].mixing }
    /* [refuse] dialplan/extensions_dialpact.conf:[dialpact-unrecorded] */
    :: d_step { call[i].leg == UP && !call[i].open ->
            printf("leg %d is refused at the interlock\n", i);
            ended(i) }
    /* [hangup] dialplan/extensions_dialpact.conf:[dialpact-hangup] */
    :: d_step { is_live(i) ->
            printf("leg %d hangs up\n", i);
            ended(i) }
    /* [finish] ami_listener.endings:Endings.finish */
    :: d_step { listens(i) && call[i].eye != UNSEEN && call[i].eye < DONE && is_over(i) ->
            printf("leg %d: its recording is ended\n", i);
            finished(i) }
    /* [recorder-stops] anybody's: StopMixMonitor, a full disk */
    :: d_step { call[i].mixing && is_live(i) && faults < FAULTS ->
            printf("leg %d: its recorder stops\n", i);
            faults++;
            call[i].mixing = 0; call[i].gap = (call[i].leg == TALKS) }
    /* [resume] ami_listener.legs.leg_recordings:LegRecordings.begin */
    :: d_step { listens(i) && call[i].eye == RECORDED && !call[i].mixing && is_live(i) ->
            printf("leg %d is recorded again, the gap reported\n", i);
            call[i].mixing = 1; call[i].gap = 0 }
    /* [resume-not] ami_listener.legs.leg_control:LegControl.shut */
    :: d_step { node[n].listener && call[i].eye == RECORDED && !call[i].mixing && is_live(i) ->
            printf("leg %d is not recorded again, and cut\n", i);
            call[i].gap = 0; cut(i) }

    /* [adopt] ami_listener.legs.leg_recordings:LegRecordings.adopted */
    :: d_step { listens(i) && call[i].eye == UNSEEN && is_live(i) && has_row(i) && is_believed(i) ->
            printf("leg %d is adopted with its recorder\n", i);
            call[d].claim = own; proven(i) }
    /* [adopt-gap] ami_listener.legs.leg:Leg._adopt */
    :: d_step { listens(i) && call[i].eye == UNSEEN && is_live(i) && has_row(i) && !is_believed(i) ->
            printf("leg %d is adopted, nothing records it\n", i);
            call[d].claim = own;
            call[i].eye = (call[i].leg == TALKS || call[i].open -> RECORDED : PREPARED) }
    /* [ended-unseen] ami_listener.resync:compare */
    :: d_step { listens(i) && call[i].eye == UNSEEN && is_over(i) && has_row(i) ->
            printf("leg %d ended while nobody listened, and is reported\n", i);
            finished(i) }
    /* [missed] ami_listener.missed_calls:report
       What no decision tells of is found in Asterisk's own records: dialpact.application.reconcile.join:reconcile. */
    :: d_step { listens(i) && call[i].eye == UNSEEN && is_over(i) && !has_row(i) && is_missed(i) ->
            printf("leg %d was never seen, and is reported\n", i);
            finished(i) }
    od
}
#undef n
#undef d
#undef own
