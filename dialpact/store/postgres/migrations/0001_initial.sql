-- The store in PostgreSQL: what all migrations of SQLite come to, with the same names and the same meaning
-- (tests/postgres/test_schema.py holds one against the other).
--
-- Times and JSON are text as there: records of the ledger are made of them byte for byte. The database's collation is
-- C (migrate.py looks), so times and days compare as they do in SQLite. Truth is 0 or 1.
--
-- Several nodes share the database. Each connection says for which it speaks: SET dialpact.node. Every node has a log,
-- a clock and webhooks of its own: their rows name it. Registers, calls and recordings are everybody's. A setting that
-- was SET LOCAL is '' afterwards, and not unset: no row may be of the node ''.
--
-- Numbers (IDENTITY) are unique over all nodes and not without gaps; decision.seq and ledger.leaf_index have none, for
-- a node. Whoever writes for a node does it alone (the engine holds the node's lock), else two readings of its clock
-- would be weighed against the same one before.

-- One row: the number of the last migration. (migrate.py writes it.)
CREATE TABLE schema_version (
    version bigint NOT NULL
);
CREATE UNIQUE INDEX schema_version_is_one ON schema_version ((true));
INSERT INTO schema_version (version) VALUES (0);

-- Whether it is a day that there is: 2027-11-24.
CREATE FUNCTION is_day(day text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN day ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$' THEN
        substr(day, 9, 2)::int BETWEEN 1 AND extract(day FROM
            make_date(substr(day, 1, 4)::int, substr(day, 6, 2)::int, 1) + interval '1 month' - interval '1 day')
    ELSE false
END;

-- Microseconds since 1970; null for what is no time.
CREATE FUNCTION instant_us(at text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN is_day(substr(at, 1, 10)) AND substr(at, 11, 9) ~ '^T([01][0-9]|2[0-3])(:[0-5][0-9]){2}$' THEN
    extract(epoch FROM make_timestamp(
        substr(at, 1, 4)::int, substr(at, 6, 2)::int, substr(at, 9, 2)::int,
        substr(at, 12, 2)::int, substr(at, 15, 2)::int, substr(at, 18, 2)::int))::bigint * 1000000
    + coalesce(substring(at FROM '^.{19}\.([0-9]{6})')::bigint, 0)
END;

-- A value in JSON; null's is null. Objects are put together of these: json_build_object would put spaces between, and
-- the details of acts are to be what SQLite makes of them.
CREATE FUNCTION json_said(said anyelement) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT coalesce(to_json(said)::text, 'null') $$;

-- Who calls, and what for.

CREATE TABLE business (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    actor      text NOT NULL CHECK (actor IN ('own-business', 'licensed-call-centre')),
    created_at text NOT NULL
);

CREATE TABLE campaign (
    id          text PRIMARY KEY,
    business    text NOT NULL REFERENCES business (id),
    industry    text NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('marketing', 'service', 'survey', 'collection')),
    script      text NOT NULL DEFAULT '',
    created_at  text NOT NULL,
    scrub_leads bigint NOT NULL DEFAULT 0 CHECK (scrub_leads IN (0, 1))
);

CREATE TABLE caller_id (
    number        text PRIMARY KEY,
    business      text NOT NULL REFERENCES business (id),
    licence       text NOT NULL,
    carrier       text NOT NULL,
    authenticated bigint NOT NULL CHECK (authenticated IN (0, 1)),
    trunks        text NOT NULL,  -- JSON list of trunk names, or ["*"]
    purposes      text NOT NULL,  -- JSON list of purposes, or ["*"]
    valid_from    text NOT NULL,
    valid_to      text,  -- last valid day
    created_at    text NOT NULL,
    sent_as       text NOT NULL DEFAULT '[]'
);

CREATE TABLE script (
    id          text NOT NULL,
    version     bigint NOT NULL,
    text        text NOT NULL,
    sha256      text NOT NULL,  -- of the text in UTF-8
    added_at    text NOT NULL,
    added_by    text NOT NULL,
    approved_by text NOT NULL DEFAULT '',
    approved_at text,
    expires_at  text,
    checked     text NOT NULL DEFAULT '[]',  -- JSON list: digests of the phrase lists it was checked for
    PRIMARY KEY (id, version),
    CHECK ((approved_by = '') = (approved_at IS NULL))
);

CREATE TABLE registration (
    holder     text NOT NULL CHECK (holder IN ('business', 'campaign')),
    id         text NOT NULL,
    kind       text NOT NULL,
    valid_from text NOT NULL,
    valid_to   text,  -- the last valid day
    number     text NOT NULL,
    created_at text NOT NULL,
    PRIMARY KEY (holder, id, kind, valid_from)
);

-- Whom one may call.

CREATE TABLE consent (
    number          bigint NOT NULL,
    business        text NOT NULL,
    industry        text NOT NULL,
    granted_at      text NOT NULL,
    expires_at      text,
    evidence        text NOT NULL CHECK (evidence <> ''),
    withdrawn_at    text,
    created_at      text NOT NULL,
    evidence_sha256 text NOT NULL DEFAULT '',
    wording         text NOT NULL DEFAULT '',
    PRIMARY KEY (number, business, industry, granted_at)
);

CREATE TABLE do_not_call (
    number       bigint NOT NULL,
    scope        text NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value        text NOT NULL CHECK ((scope = 'all') = (value = '')),
    requested_at text NOT NULL,
    source       text NOT NULL,
    created_at   text NOT NULL,
    PRIMARY KEY (number, scope, value)
);

CREATE TABLE batch (
    id           bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    campaign     text NOT NULL REFERENCES campaign (id),
    partner      text NOT NULL CHECK (partner <> ''),
    contract     text NOT NULL CHECK (contract <> ''),
    basis        text NOT NULL CHECK (basis <> ''),
    file         text NOT NULL,
    sha256       text NOT NULL,
    imported_at  text NOT NULL,
    imported_by  text NOT NULL,
    rows         bigint NOT NULL,
    finding      text NOT NULL DEFAULT '',  -- JSON: what the range detector saw
    held         text NOT NULL DEFAULT '',  -- why nothing of it may be dialled; empty when released
    withdrawn_at text
);

CREATE TABLE lead (
    number bigint NOT NULL,
    batch  bigint NOT NULL REFERENCES batch (id),
    PRIMARY KEY (number, batch)
);

CREATE TABLE arriving (
    -- never used again: what a killed import left stays nobody's
    id       bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    register text NOT NULL CHECK (register IN ('dnc', 'consent', 'leads')),
    counts   bigint NOT NULL DEFAULT 0 CHECK (counts IN (0, 1)),
    owner    text NOT NULL,  -- the process that reads the file: when it is gone, what has arrived is swept
    at       text NOT NULL,  -- created_at of its rows
    batch    bigint REFERENCES batch (id)  -- of leads: until they are all in, its time of withdrawal is empty
);

CREATE TABLE arriving_dnc (
    arrival      bigint NOT NULL,
    number       bigint NOT NULL,
    scope        text NOT NULL,
    value        text NOT NULL,
    requested_at text NOT NULL,
    source       text NOT NULL,
    PRIMARY KEY (arrival, number, scope, value)
);

CREATE TABLE arriving_consent (
    arrival         bigint NOT NULL,
    number          bigint NOT NULL,
    business        text NOT NULL,
    industry        text NOT NULL,
    granted_at      text NOT NULL,
    expires_at      text,
    evidence        text NOT NULL CHECK (evidence <> ''),  -- refused here, and not when it counts
    evidence_sha256 text NOT NULL,
    wording         text NOT NULL,
    PRIMARY KEY (arrival, number, business, industry, granted_at)
);

-- What was done, and by whom.

CREATE TABLE register_change (
    seq      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at       text NOT NULL,
    actor    text NOT NULL,
    register text NOT NULL,
    action   text NOT NULL,
    key      text NOT NULL,
    detail   text NOT NULL,  -- JSON
    node     text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> '')  -- whose log has its leaf
);

CREATE TABLE incident (
    seq      bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at       text NOT NULL,
    node     text NOT NULL,
    kind     text NOT NULL,
    decision text NOT NULL,
    channel  text NOT NULL,
    detail   text NOT NULL
);

CREATE TABLE opt_out (
    seq       bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at        text NOT NULL,
    number    bigint NOT NULL,
    scope     text NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value     text NOT NULL,
    how       text NOT NULL CHECK (how IN ('callee-key', 'agent-key', 'line', 'command', 'api', 'import')),
    by        text NOT NULL,  -- the agent, the officer, or the person's own number
    node      text NOT NULL DEFAULT '',
    channel   text NOT NULL DEFAULT '',
    decision  text NOT NULL DEFAULT '',  -- the call, where it was one of ours
    recording text NOT NULL DEFAULT '',
    position  double precision  -- seconds from the recording's start
);

CREATE TABLE register_difference (
    register text NOT NULL,
    key      text NOT NULL,  -- of the entry, as the log has it
    code     text NOT NULL,
    leaf     bigint,  -- of the act that says otherwise
    at       text NOT NULL,  -- when it was found
    node     text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),  -- whose log has its leaf
    PRIMARY KEY (register, key, code)
);

CREATE TABLE register_look (
    register text PRIMARY KEY,
    at       text NOT NULL,
    rows     bigint NOT NULL,
    unbound  bigint NOT NULL,
    whole    bigint NOT NULL CHECK (whole IN (0, 1))
);

-- Decisions, calls and recordings.

CREATE TABLE decision (
    seq        bigint NOT NULL,
    id         text NOT NULL UNIQUE,
    node       text NOT NULL,
    decided_at text NOT NULL,
    verdict    text NOT NULL CHECK (verdict IN ('ALLOW', 'BLOCK')),
    reasons    text NOT NULL,  -- JSON list
    number     text NOT NULL,  -- E.164 with plus; empty when it is none
    given      text NOT NULL,  -- as dialled, escaped and bounded
    dial       text NOT NULL,
    caller_id  text NOT NULL,
    campaign   text NOT NULL,
    business   text NOT NULL,
    agent      text NOT NULL,
    trunk      text NOT NULL,
    channel    text NOT NULL,
    uniqueid   text NOT NULL,
    attack     text NOT NULL,
    retry_at   text,
    record     text NOT NULL,  -- JSON of the whole compliance.model.Decision: all inputs, findings, versions
    mode       text NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'shadow')),
    behind_us  bigint NOT NULL DEFAULT 0 CHECK (behind_us >= 0),
    continues  text NOT NULL DEFAULT '',
    PRIMARY KEY (node, seq),
    CHECK (verdict = 'BLOCK' OR (dial <> '' AND reasons = '[]'))
);

CREATE TABLE undelivered (
    decision text PRIMARY KEY REFERENCES decision (id),
    at       text NOT NULL,
    reason   text NOT NULL
);

CREATE TABLE recorder_lease (
    node       text PRIMARY KEY,
    boot_id    text NOT NULL,
    expires_ns bigint NOT NULL,
    ready      bigint NOT NULL CHECK (ready IN (0, 1)),
    why        text NOT NULL,
    renewed_at text NOT NULL
);

CREATE TABLE recording (
    id            text PRIMARY KEY,
    decision      text NOT NULL REFERENCES decision (id),
    node          text NOT NULL,
    channel       text NOT NULL,
    uniqueid      text NOT NULL,
    state         text NOT NULL CHECK (state IN ('starting', 'running', 'kept', 'unanswered', 'failed')),
    number        text NOT NULL,
    caller_id     text NOT NULL,
    campaign      text NOT NULL,
    started_at    text NOT NULL,
    answered_at   text,
    ended_at      text,
    format        text NOT NULL,
    path          text NOT NULL UNIQUE,
    bytes         bigint,
    seconds       double precision,
    talk_seconds  double precision,
    sha256        text,
    callee_path   text NOT NULL,  -- what the callee said (the leg's received side)
    callee_sha256 text,
    callee_dbfs   double precision,  -- level, dB relative to full scale; null: silence or no file
    agent_path    text NOT NULL,  -- what the callee was sent
    agent_sha256  text,
    agent_dbfs    double precision,
    keep_until    text,  -- local day through which it must be kept
    disposed_at   text,
    part          text NOT NULL DEFAULT 'carrier' CHECK (part IN ('carrier', 'joined', 'supervisor')),
    sound         text NOT NULL DEFAULT '',
    unseen        bigint NOT NULL DEFAULT 0 CHECK (unseen IN (0, 1))
);

CREATE TABLE waveform (
    recording text NOT NULL REFERENCES recording (id),
    side      text NOT NULL CHECK (side IN ('callee', 'agent')),
    stretches bigint NOT NULL CHECK (stretches > 0),  -- of 20 ms, in a level
    levels    bytea NOT NULL CHECK (length(levels) <= 1200),  -- of 255, a byte each
    PRIMARY KEY (recording, side)
);

CREATE TABLE carrier_leg (
    id           text PRIMARY KEY,  -- of decision, node and unique id; says nothing by itself
    decision     text NOT NULL,
    node         text NOT NULL,
    channel      text NOT NULL,
    uniqueid     text NOT NULL,
    linkedid     text NOT NULL,  -- of the call that the leg belongs to; empty: not known
    sip_call_id  text NOT NULL,  -- empty: not known, or no SIP
    dialled_at   text NOT NULL,
    ringing_at   text,
    answered_at  text,
    ended_at     text,
    dial_status  text NOT NULL,  -- Dial's word: ANSWER, BUSY, NOANSWER, ...; empty: not seen
    hangup_cause bigint,  -- Q.850; null: the end was not seen
    sent_from    text NOT NULL DEFAULT '',
    interlock    text NOT NULL DEFAULT '',
    supervision  text NOT NULL DEFAULT '{}' CHECK (json_typeof(supervision::json) = 'object')
);

CREATE TABLE refused (
    kind     text NOT NULL,
    key      text NOT NULL,
    at       text NOT NULL,
    decision text NOT NULL,
    PRIMARY KEY (kind, key, at, decision)
);

-- Complaints, suspensions, and what keeps a recording.

CREATE TABLE suspension (
    seq         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('agent', 'campaign', 'caller-id')),
    key         text NOT NULL CHECK (key <> ''),
    since       text NOT NULL,
    by          text NOT NULL,
    cause       text NOT NULL,  -- in words
    evidence    text NOT NULL,  -- JSON: ids of the decisions or complaints that led to it
    lifted_at   text,
    lifted_by   text NOT NULL DEFAULT '',
    lift_reason text NOT NULL DEFAULT '',
    CHECK ((lifted_at IS NULL) = (lift_reason = ''))
);

CREATE TABLE complaint (
    id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    number      bigint NOT NULL,  -- who complains
    called_at   text NOT NULL,  -- when the call is said to have been
    source      text NOT NULL,  -- 12321, or another
    caller_id   text NOT NULL DEFAULT '',
    campaign    text NOT NULL DEFAULT '',
    agent       text NOT NULL DEFAULT '',
    decision    text NOT NULL DEFAULT '',  -- the call that it was matched to
    note        text NOT NULL DEFAULT '',
    received_at text NOT NULL,
    due         text,  -- local day by which it must be answered; null when the calendar ends before
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered')),
    answered_at text,
    answer      text NOT NULL DEFAULT '',
    closed_at   text,
    closing     text NOT NULL DEFAULT ''
);

CREATE TABLE hold (
    id             bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    scope          text NOT NULL CHECK (scope IN ('recording', 'call', 'callee')),
    key            text NOT NULL CHECK (key <> ''),  -- id of the recording or decision, or E.164
    since          text NOT NULL,
    by             text NOT NULL CHECK (by <> ''),
    reason         text NOT NULL CHECK (reason <> ''),
    released_at    text,
    released_by    text NOT NULL DEFAULT '',
    release_reason text NOT NULL DEFAULT '',
    CHECK ((released_at IS NULL) = (released_by = '') AND (released_at IS NULL) = (release_reason = ''))
);

-- One log for each node: what is of one names it.

CREATE TABLE clock_reading (
    node      text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    seq       bigint GENERATED BY DEFAULT AS IDENTITY,
    at        text NOT NULL,
    boot_id   text NOT NULL,
    uptime_us bigint NOT NULL,
    by        text NOT NULL,  -- which part took it: gate, listener, purge, ...
    PRIMARY KEY (node, seq),
    UNIQUE (seq)
);

CREATE TABLE witnessed (
    node      text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    reading   bigint NOT NULL,
    us        bigint NOT NULL,  -- microseconds since 1970: the time that the readings up to this one bear out
    behind_us bigint NOT NULL,  -- of the host's uptime, in which the wall clock has stayed behind that time
    PRIMARY KEY (node, reading),
    FOREIGN KEY (node, reading) REFERENCES clock_reading (node, seq)
);

CREATE TABLE ledger (
    node       text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    leaf_index bigint NOT NULL,  -- from 0, without a gap
    kind       text NOT NULL,
    key        text NOT NULL,  -- of the row in the kind's own table
    version    bigint NOT NULL,  -- of the record's form
    salt       bytea,  -- null when the record was erased
    leaf       bytea NOT NULL CHECK (length(leaf) = 32),
    PRIMARY KEY (node, leaf_index),
    UNIQUE (kind, key, node)
);

CREATE TABLE ledger_node (
    node   text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    level  bigint NOT NULL,
    number bigint NOT NULL,
    hash   bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (node, level, number)
);

-- A row for each node that has a log; whoever opens the store for a node puts it in.
CREATE TABLE ledger_log (
    node       text PRIMARY KEY DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    log        bigint NOT NULL DEFAULT 1 CHECK (log = 1),  -- its number in a store of one node
    forked     text NOT NULL DEFAULT '',
    remembered bigint NOT NULL DEFAULT 0 CHECK (remembered IN (0, 1))
);

CREATE TABLE unsealed (
    node text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    seq  bigint GENERATED BY DEFAULT AS IDENTITY,
    kind text NOT NULL,
    key  text NOT NULL,
    PRIMARY KEY (node, seq)
);

CREATE TABLE checkpoint (
    node text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    size bigint NOT NULL,
    at   text NOT NULL,
    note text NOT NULL,  -- the signed note, as it was given out
    PRIMARY KEY (node, size, at)
);

CREATE TABLE checkpoint_stamp (
    node   text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    size   bigint NOT NULL,
    at     text NOT NULL,  -- when it was asked for
    note   text NOT NULL,
    answer bytea NOT NULL,
    PRIMARY KEY (node, size, at)
);

CREATE TABLE witness (
    node          text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    vkey          text NOT NULL,
    url           text NOT NULL,
    word          text NOT NULL,  -- what its last answer was (compliance/witness.py)
    detail        text NOT NULL,
    size          bigint NOT NULL,  -- of the largest tree that it is known to hold
    asked_at      text NOT NULL,
    failing_since text,
    cosigned_at   text,
    told          bigint NOT NULL CHECK (told IN (0, 1)),
    PRIMARY KEY (node, vkey)
);

CREATE TABLE cosignature (
    node text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    size bigint NOT NULL,
    vkey text NOT NULL,
    at   bigint NOT NULL,  -- POSIX seconds, by the witness
    line text NOT NULL,  -- as it stands under the checkpoint
    PRIMARY KEY (node, size, vkey, at)
);

CREATE TABLE overwriting (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at text NOT NULL  -- of the erasure
);

CREATE TABLE disposal (
    recording  text PRIMARY KEY REFERENCES recording (id),
    at         text NOT NULL,
    by         text NOT NULL CHECK (by <> ''),
    keep_until text NOT NULL,
    reading    bigint NOT NULL REFERENCES clock_reading (seq),  -- by which it was late enough
    done_at    text
);

-- Doors: keys, jobs, webhooks, accounts.

CREATE TABLE api_key (
    id         text PRIMARY KEY,
    scopes     text NOT NULL,  -- JSON
    businesses text NOT NULL,  -- JSON; none: all
    expires    text NOT NULL,  -- the last valid day
    mac        text NOT NULL,
    added_at   text NOT NULL,
    added_by   text NOT NULL,
    revoked_at text,
    revoked_by text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT ''
);

CREATE TABLE api_key_use (
    id text PRIMARY KEY,
    at text NOT NULL
);

CREATE TABLE idempotency (
    key     text NOT NULL,  -- of the API
    name    text NOT NULL,  -- the Idempotency-Key
    at      text NOT NULL,
    request text NOT NULL,  -- keyed hash of method, address and body
    act     text NOT NULL,  -- 128 random bits, for what the act makes
    owner   text NOT NULL,  -- the process that is at it
    written text NOT NULL DEFAULT '[]',  -- JSON: kind and key of each record
    status  bigint,  -- of the answer; none: there is none yet
    headers text NOT NULL DEFAULT '{}',  -- JSON
    body    bytea NOT NULL DEFAULT '',
    sealed  text NOT NULL DEFAULT '',
    PRIMARY KEY (key, name)
);

CREATE TABLE job (
    seq          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id           text NOT NULL UNIQUE,
    kind         text NOT NULL,
    state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'expired')),
    by           text NOT NULL,
    key          text NOT NULL,  -- the API key's id; empty: a person
    businesses   text NOT NULL,  -- JSON: whose data it is about; []: not known, or everybody's
    detail       text NOT NULL,  -- JSON: how it is to be done; {} once nothing of it is kept
    bytes        bigint NOT NULL,  -- of what was sent with it
    created_at   text NOT NULL,
    started_at   text,
    finished_at  text,
    starts       bigint NOT NULL,  -- how often it was begun
    rows         bigint NOT NULL,  -- done so far
    of           bigint,  -- of so many; NULL: not known
    result       text,  -- JSON: what came out, beside the file
    error        text NOT NULL,  -- code; empty: none
    error_detail text NOT NULL  -- JSON: what fills its text
);

CREATE TABLE webhook (
    node          text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    name          text NOT NULL,
    since         text NOT NULL,
    next_leaf     bigint NOT NULL,  -- of the log: the first that was not looked at for it
    looked_at     text NOT NULL,  -- when somebody last did
    failures      bigint NOT NULL DEFAULT 0,  -- in a row
    failing_since text,
    why           text NOT NULL DEFAULT '',
    paused_until  text,
    disabled_at   text,
    delivered     bigint NOT NULL DEFAULT 0,
    delivered_at  text,
    told          bigint NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),  -- that there are dead letters
    PRIMARY KEY (node, name)
);

CREATE TABLE webhook_delivery (
    node        text NOT NULL DEFAULT current_setting('dialpact.node') CHECK (node <> ''),
    seq         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    hook        text NOT NULL,
    id          text NOT NULL UNIQUE,  -- webhook-id
    type        text NOT NULL,
    subjects    text NOT NULL,  -- JSON list of digests: whose order is kept
    body        bytea,  -- null once it was delivered
    happened_at text NOT NULL,  -- what it tells of
    made_at     text NOT NULL,
    state       text NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts    bigint NOT NULL DEFAULT 0,
    next_at     text,  -- of what waits
    last_at     text,
    why         text NOT NULL DEFAULT '',
    away        bigint NOT NULL DEFAULT 0 CHECK (away IN (0, 1)),  -- it failed since the receiver was away
    CHECK (body IS NOT NULL OR state = 'delivered')
);

CREATE TABLE webhook_told (
    hook text NOT NULL,
    key  text NOT NULL,
    at   text NOT NULL,
    PRIMARY KEY (hook, key)
);

CREATE TABLE account (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    role        text NOT NULL,
    businesses  text NOT NULL,  -- JSON; none: all
    campaigns   text NOT NULL,  -- likewise
    agents      text NOT NULL,  -- likewise
    until       text,  -- the last valid day
    language    text NOT NULL,
    subject     text NOT NULL,  -- at the identity provider; empty: none
    added_at    text NOT NULL,
    added_by    text NOT NULL,
    disabled_at text,
    disabled_by text NOT NULL DEFAULT '',
    reason      text NOT NULL DEFAULT ''
);

CREATE TABLE account_factor (
    account  text NOT NULL,
    kind     text NOT NULL,
    id       text NOT NULL,  -- of a passkey
    data     text NOT NULL,
    added_at text NOT NULL,
    added_by text NOT NULL,
    PRIMARY KEY (account, kind, id)
);

CREATE TABLE account_use (
    account text PRIMARY KEY,
    step    bigint NOT NULL
);

CREATE TABLE account_session (
    id        text PRIMARY KEY,
    account   text NOT NULL,
    way       text NOT NULL,
    opened_at text NOT NULL,
    ends_at   text NOT NULL,
    seen_at   text NOT NULL,
    address   text NOT NULL,
    browser   text NOT NULL,
    mac       text NOT NULL,
    ended_at  text,
    ended_by  text NOT NULL DEFAULT ''
);

CREATE TABLE approval (
    id        bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    about     text NOT NULL,  -- JSON: what is asked for
    seen      text NOT NULL,  -- JSON: how that stood when it was asked
    reason    text NOT NULL CHECK (reason <> ''),
    asked_by  text NOT NULL CHECK (asked_by <> ''),
    asked_at  text NOT NULL,
    lapses_at text NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'confirmed', 'done', 'declined', 'withdrawn')),
    closed_by text NOT NULL DEFAULT '',
    closed_at text,
    note      text NOT NULL DEFAULT '',  -- why it was declined
    came      text,  -- JSON: what an erasure took
    CHECK ((state = 'open') = (closed_by = '') AND (state = 'open') = (closed_at IS NULL)),
    CHECK (state NOT IN ('confirmed', 'done') OR closed_by <> asked_by),
    CHECK ((state = 'done') = (came IS NOT NULL))
);

-- What is looked for by other than its key.

CREATE INDEX decision_by_number ON decision (number, decided_at);
CREATE INDEX recording_by_decision ON recording (decision);
CREATE INDEX recording_open ON recording (node, state) WHERE state IN ('starting', 'running');
CREATE INDEX decision_by_caller_id ON decision (caller_id, decided_at);
CREATE INDEX decision_by_campaign ON decision (campaign, number, decided_at);
CREATE UNIQUE INDEX suspension_in_force ON suspension (kind, key) WHERE lifted_at IS NULL;
CREATE INDEX complaint_by_caller_id ON complaint (caller_id, received_at);
CREATE INDEX complaint_by_campaign ON complaint (campaign, received_at);
CREATE INDEX complaint_by_agent ON complaint (agent, received_at);
CREATE INDEX opt_out_by_number ON opt_out (number, at);
CREATE INDEX register_change_by_action ON register_change (register, action, at);
CREATE INDEX incident_by_kind ON incident (kind, channel, at);
CREATE INDEX register_change_of_ledger ON register_change (node, action, seq) WHERE register = 'ledger';
CREATE INDEX ledger_of_clocks ON ledger (node, leaf_index) WHERE kind = 'clock';
CREATE INDEX hold_in_force ON hold (scope, key) WHERE released_at IS NULL;
CREATE INDEX recording_by_keep_until ON recording (keep_until, id)
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL;
CREATE INDEX disposal_unfinished ON disposal (recording) WHERE done_at IS NULL;
CREATE INDEX register_change_by_key ON register_change (register, key);
CREATE INDEX decision_by_time ON decision (decided_at);
CREATE INDEX carrier_leg_of ON carrier_leg (decision);
CREATE INDEX decision_by_first ON decision (continues) WHERE continues <> '';
CREATE UNIQUE INDEX arriving_that_counts ON arriving (register) WHERE counts = 1;
CREATE INDEX suspension_by_key ON suspension (kind, key);
CREATE INDEX cosignature_by_witness ON cosignature (node, vkey, size);
CREATE INDEX checkpoint_stamp_by_time ON checkpoint_stamp (node, at);
CREATE INDEX idempotency_by_time ON idempotency (at);
CREATE INDEX job_by_state ON job (state, seq);
CREATE INDEX job_by_kind ON job (kind, seq);
CREATE INDEX job_by_key ON job (key, state);
CREATE INDEX webhook_delivery_by_state ON webhook_delivery (node, hook, state, seq);
CREATE UNIQUE INDEX account_by_subject ON account (subject) WHERE subject <> '';
CREATE INDEX account_factor_by_id ON account_factor (id) WHERE kind = 'passkey';
CREATE INDEX account_session_by_account ON account_session (account, opened_at);
CREATE INDEX account_session_running ON account_session (ends_at) WHERE ended_at IS NULL;
CREATE INDEX approval_open ON approval (lapses_at) WHERE state = 'open';
CREATE INDEX complaint_by_due ON complaint (status, coalesce(due, ''), id);
CREATE INDEX complaint_to_close ON complaint (id) WHERE status = 'answered' AND closed_at IS NULL;
CREATE INDEX complaint_closed ON complaint (id) WHERE closed_at IS NOT NULL;

-- Time that the readings of the node's clock bear out.

CREATE VIEW clock_us AS
SELECT seq, boot_id, uptime_us, instant_us(at) AS at_us, node FROM clock_reading;

-- Of the node that asks, and its last reading.
CREATE VIEW witness_rule AS
WITH step AS (
    SELECT now.seq AS reading, now.at_us, now.uptime_us AS up, now.boot_id = earlier.boot_id AS same_boot,
           earlier.at_us AS old_at, earlier.uptime_us AS old_up, before.us AS old_us, before.behind_us AS old_behind
    FROM clock_us AS now
    LEFT JOIN witnessed AS before
           ON before.node = now.node
          AND before.reading = (SELECT max(reading) FROM witnessed WHERE node = now.node AND reading < now.seq)
    LEFT JOIN clock_us AS earlier ON earlier.seq = before.reading
    WHERE now.node = current_setting('dialpact.node')
      AND now.seq = (SELECT max(seq) FROM clock_reading WHERE node = current_setting('dialpact.node'))
), moved AS (
    SELECT reading, at_us, old_us, old_behind,
           CASE WHEN same_boot THEN greatest(up - old_up, 0) ELSE up END AS seen,
           greatest(0, CASE WHEN same_boot THEN up - old_up
                            ELSE least(at_us - old_at, up + least(old_up, 86400000000)) END) AS most
    FROM step WHERE old_us IS NOT NULL
), weighed AS (
    SELECT reading, at_us, old_us, most,
           CASE WHEN at_us < old_us - 3600000000 THEN old_behind + seen ELSE 0 END AS behind
    FROM moved
)
SELECT reading, greatest(old_us, least(at_us, old_us + most)) AS us, behind AS behind_us
FROM weighed WHERE behind < 604800000000
UNION ALL
SELECT reading, at_us, 0 FROM weighed WHERE behind >= 604800000000
UNION ALL
SELECT reading,
       least(at_us, coalesce((SELECT instant_us(decided_at) + behind_us
                              FROM decision WHERE node = current_setting('dialpact.node')
                              ORDER BY seq DESC LIMIT 1) + 86400000000, at_us)), 0
FROM step WHERE old_us IS NULL;

-- By the clock of the node that asks.
CREATE VIEW today AS
SELECT to_char(to_timestamp(least(witnessed.us, clock_us.at_us) / 1000000 - 43200) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
           AS day
FROM witnessed JOIN clock_us ON clock_us.seq = witnessed.reading
WHERE witnessed.node = current_setting('dialpact.node')
  AND witnessed.reading = (SELECT max(reading) FROM witnessed WHERE node = current_setting('dialpact.node'));

-- By the clock of the node whose log has the recording's leaf.
CREATE VIEW recording_end AS
SELECT recording.id AS recording, recording.ended_at,
       CASE WHEN decision.behind_us > 0 THEN
           (SELECT witnessed.us
            FROM ledger AS leaf
            CROSS JOIN LATERAL (
                SELECT clock.key::bigint AS reading FROM ledger AS clock
                WHERE clock.node = leaf.node AND clock.kind = 'clock' AND clock.leaf_index < leaf.leaf_index
                ORDER BY clock.leaf_index DESC LIMIT 1) AS last
            JOIN witnessed ON witnessed.node = leaf.node AND witnessed.reading = last.reading
            WHERE leaf.kind = 'recording' AND leaf.key = recording.id
            ORDER BY witnessed.us DESC LIMIT 1)
       END AS witnessed_us
FROM recording LEFT JOIN decision ON decision.id = recording.decision;

-- What is under a legal hold.

CREATE VIEW held AS
SELECT recording.id AS recording, hold.id AS hold
FROM recording JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'recording' AND hold.key = recording.id) OR (hold.scope = 'call' AND hold.key = recording.decision)
    OR (hold.scope = 'callee' AND hold.key = recording.number));

CREATE VIEW call_under_hold AS
SELECT decision.id AS decision
FROM decision JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'call' AND hold.key = decision.id) OR (hold.scope = 'callee' AND hold.key = decision.number)
    OR (hold.scope = 'recording' AND hold.key IN (SELECT id FROM recording WHERE recording.decision = decision.id)));

CREATE VIEW call_of_leaf AS
SELECT 'decision' AS kind, id AS key, id AS decision FROM decision
UNION ALL SELECT 'recording', id, decision FROM recording
UNION ALL SELECT 'carrier-leg', id, decision FROM carrier_leg;

-- The registers with the one import that counts already.

CREATE VIEW dnc_arrived AS
SELECT new.number, new.scope, new.value, new.requested_at, new.source,
       (SELECT at FROM arriving WHERE arriving.id = new.arrival) AS created_at
FROM arriving_dnc AS new
WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'dnc' AND counts = 1)
  AND NOT EXISTS (SELECT 1 FROM do_not_call AS old
                  WHERE old.number = new.number AND old.scope = new.scope AND old.value = new.value);

CREATE VIEW dnc_now AS
SELECT number, scope, value, requested_at, source, created_at FROM do_not_call
UNION ALL
SELECT number, scope, value, requested_at, source, created_at FROM dnc_arrived;

CREATE VIEW consent_now AS
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, created_at, evidence_sha256, wording
FROM consent AS old
WHERE NOT EXISTS (SELECT 1 FROM arriving_consent AS new
                  WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'consent' AND counts = 1)
                    AND new.number = old.number AND new.business = old.business AND new.industry = old.industry
                    AND new.granted_at = old.granted_at)
UNION ALL
SELECT new.number, new.business, new.industry, new.granted_at, new.expires_at, new.evidence,
       (SELECT max(old.withdrawn_at) FROM consent AS old
        WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
          AND old.withdrawn_at >= new.granted_at),
       coalesce((SELECT old.created_at FROM consent AS old
                 WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
                   AND old.granted_at = new.granted_at),
                (SELECT at FROM arriving WHERE arriving.id = new.arrival)),
       new.evidence_sha256, new.wording
FROM arriving_consent AS new
WHERE new.arrival = (SELECT id FROM arriving WHERE register = 'consent' AND counts = 1);

-- What is never done, whoever asks. Each trigger's function is called as it is, and looks nowhere but in this schema:
-- pg_temp last, so that no temporary table stands in for one of these.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = TG_ARGV[0];
END $$;

CREATE TRIGGER decision_stays BEFORE DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION refuse('a decision is never deleted');
CREATE TRIGGER script_text_is_final BEFORE UPDATE OF id, version, text, sha256 ON script
    FOR EACH ROW EXECUTE FUNCTION refuse('the text of a script is never changed: add a new version');
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse('a leaf is never deleted');
CREATE TRIGGER undelivered_is_final BEFORE UPDATE ON undelivered
    FOR EACH ROW EXECUTE FUNCTION refuse('an undelivered decision stays undelivered');
CREATE TRIGGER undelivered_stays BEFORE DELETE ON undelivered
    FOR EACH ROW EXECUTE FUNCTION refuse('an undelivered decision stays undelivered');
CREATE TRIGGER register_change_is_final BEFORE UPDATE ON register_change
    FOR EACH ROW EXECUTE FUNCTION refuse('a change of a register is never changed');
CREATE TRIGGER register_change_stays BEFORE DELETE ON register_change
    FOR EACH ROW EXECUTE FUNCTION refuse('a change of a register is never deleted');
CREATE TRIGGER incident_is_final BEFORE UPDATE ON incident
    FOR EACH ROW EXECUTE FUNCTION refuse('an incident is never changed');
CREATE TRIGGER incident_stays BEFORE DELETE ON incident
    FOR EACH ROW EXECUTE FUNCTION refuse('an incident is never deleted');
CREATE TRIGGER opt_out_is_final BEFORE UPDATE ON opt_out
    FOR EACH ROW EXECUTE FUNCTION refuse('an opt-out is never changed');
CREATE TRIGGER clock_reading_is_final BEFORE UPDATE ON clock_reading
    FOR EACH ROW EXECUTE FUNCTION refuse('a clock reading is never changed');
CREATE TRIGGER clock_reading_stays BEFORE DELETE ON clock_reading
    FOR EACH ROW EXECUTE FUNCTION refuse('a clock reading is never deleted');
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse('a checkpoint is never changed');
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION refuse('a checkpoint is never deleted');
CREATE TRIGGER ledger_node_is_final BEFORE UPDATE ON ledger_node
    FOR EACH ROW EXECUTE FUNCTION refuse('a hash of the ledger is never changed');
CREATE TRIGGER ledger_node_stays BEFORE DELETE ON ledger_node
    FOR EACH ROW EXECUTE FUNCTION refuse('a hash of the ledger is never deleted');
CREATE TRIGGER witnessed_is_final BEFORE UPDATE ON witnessed
    FOR EACH ROW EXECUTE FUNCTION refuse('witnessed time follows from the clock readings alone');
CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed
    FOR EACH ROW EXECUTE FUNCTION refuse('witnessed time follows from the clock readings alone');
CREATE TRIGGER hold_stays BEFORE DELETE ON hold
    FOR EACH ROW EXECUTE FUNCTION refuse('a hold is only ever released');
CREATE TRIGGER disposal_stays BEFORE DELETE ON disposal
    FOR EACH ROW EXECUTE FUNCTION refuse('a disposal is never taken back');
CREATE TRIGGER recording_stays BEFORE DELETE ON recording
    FOR EACH ROW EXECUTE FUNCTION refuse('a recording is never deleted here: dialpact recordings purge');
CREATE TRIGGER carrier_leg_stays BEFORE DELETE ON carrier_leg
    FOR EACH ROW EXECUTE FUNCTION refuse('a leg is never deleted');
CREATE TRIGGER ledger_log_stays BEFORE DELETE ON ledger_log
    FOR EACH ROW EXECUTE FUNCTION refuse('a log is never deleted');
CREATE TRIGGER cosignature_is_final BEFORE UPDATE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse('a cosignature is never changed');
CREATE TRIGGER cosignature_stays BEFORE DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse('a cosignature is never deleted');
CREATE TRIGGER checkpoint_stamp_is_final BEFORE UPDATE ON checkpoint_stamp
    FOR EACH ROW EXECUTE FUNCTION refuse('a timestamp is never changed');
CREATE TRIGGER checkpoint_stamp_stays BEFORE DELETE ON checkpoint_stamp
    FOR EACH ROW EXECUTE FUNCTION refuse('a timestamp is never deleted');
CREATE TRIGGER api_key_stays BEFORE DELETE ON api_key
    FOR EACH ROW EXECUTE FUNCTION refuse('a key is revoked, never deleted');
CREATE TRIGGER opt_out_stays BEFORE DELETE ON opt_out
    FOR EACH ROW EXECUTE FUNCTION refuse('an opt-out is never deleted');
CREATE TRIGGER account_stays BEFORE DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION refuse('an account is disabled, never deleted');
CREATE TRIGGER approval_stays BEFORE DELETE ON approval
    FOR EACH ROW EXECUTE FUNCTION refuse('a request is closed, never deleted');
CREATE TRIGGER waveform_is_final BEFORE UPDATE ON waveform
    FOR EACH ROW EXECUTE FUNCTION refuse('a waveform is never changed');

-- TRUNCATE asks no trigger of a row. SQLite has none.
CREATE TRIGGER decision_stays_whole BEFORE TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a decision is never deleted');
CREATE TRIGGER ledger_stays_whole BEFORE TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a leaf is never deleted');
CREATE TRIGGER undelivered_stays_whole BEFORE TRUNCATE ON undelivered
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an undelivered decision stays undelivered');
CREATE TRIGGER register_change_stays_whole BEFORE TRUNCATE ON register_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a change of a register is never deleted');
CREATE TRIGGER incident_stays_whole BEFORE TRUNCATE ON incident
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an incident is never deleted');
CREATE TRIGGER clock_reading_stays_whole BEFORE TRUNCATE ON clock_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a clock reading is never deleted');
CREATE TRIGGER checkpoint_stays_whole BEFORE TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a checkpoint is never deleted');
CREATE TRIGGER ledger_node_stays_whole BEFORE TRUNCATE ON ledger_node
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a hash of the ledger is never deleted');
CREATE TRIGGER witnessed_stays_whole BEFORE TRUNCATE ON witnessed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('witnessed time follows from the clock readings alone');
CREATE TRIGGER hold_stays_whole BEFORE TRUNCATE ON hold
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a hold is only ever released');
CREATE TRIGGER disposal_stays_whole BEFORE TRUNCATE ON disposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a disposal is never taken back');
CREATE TRIGGER recording_stays_whole BEFORE TRUNCATE ON recording
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a recording is never deleted here: dialpact recordings purge');
CREATE TRIGGER carrier_leg_stays_whole BEFORE TRUNCATE ON carrier_leg
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a leg is never deleted');
CREATE TRIGGER ledger_log_stays_whole BEFORE TRUNCATE ON ledger_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a log is never deleted');
CREATE TRIGGER cosignature_stays_whole BEFORE TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a cosignature is never deleted');
CREATE TRIGGER checkpoint_stamp_stays_whole BEFORE TRUNCATE ON checkpoint_stamp
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a timestamp is never deleted');
CREATE TRIGGER api_key_stays_whole BEFORE TRUNCATE ON api_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a key is revoked, never deleted');
CREATE TRIGGER opt_out_stays_whole BEFORE TRUNCATE ON opt_out
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an opt-out is never deleted');
CREATE TRIGGER account_stays_whole BEFORE TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('an account is disabled, never deleted');
CREATE TRIGGER approval_stays_whole BEFORE TRUNCATE ON approval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse('a request is closed, never deleted');

CREATE TRIGGER recording_keep_until_only_rises BEFORE UPDATE OF keep_until ON recording FOR EACH ROW
WHEN (OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until))
EXECUTE FUNCTION refuse('keep_until may be raised, never lowered');

-- (To lower it is refused in its own words.)
CREATE TRIGGER recording_keep_until_is_a_day BEFORE UPDATE OF keep_until ON recording FOR EACH ROW
WHEN (NEW.keep_until IS NOT NULL AND NOT is_day(NEW.keep_until)
      AND (OLD.keep_until IS NULL OR NEW.keep_until >= OLD.keep_until))
EXECUTE FUNCTION refuse('keep_until is a day: 2027-11-24');

CREATE TRIGGER recording_begins_unfinished BEFORE INSERT ON recording FOR EACH ROW
WHEN (NEW.ended_at IS NOT NULL OR NEW.keep_until IS NOT NULL OR NEW.disposed_at IS NOT NULL)
EXECUTE FUNCTION refuse('a recording begins without an end');

CREATE TRIGGER recording_keeps_its_name BEFORE UPDATE OF id, path ON recording FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.path <> OLD.path)
EXECUTE FUNCTION refuse('a recording keeps its id and its path');

CREATE TRIGGER recording_state_is_final BEFORE UPDATE OF state ON recording FOR EACH ROW
WHEN (OLD.ended_at IS NOT NULL AND NEW.state IS DISTINCT FROM OLD.state)
EXECUTE FUNCTION refuse('a recording that has ended is never changed, only erased with its salt');

CREATE TRIGGER ledger_is_final BEFORE UPDATE ON ledger FOR EACH ROW
WHEN ((NEW.node, NEW.leaf_index, NEW.kind, NEW.key, NEW.version, NEW.leaf)
      IS DISTINCT FROM (OLD.node, OLD.leaf_index, OLD.kind, OLD.key, OLD.version, OLD.leaf) OR NEW.salt IS NOT NULL)
EXECUTE FUNCTION refuse('a leaf is never changed, only its content erased');

CREATE TRIGGER clock_reading_is_a_time BEFORE INSERT ON clock_reading FOR EACH ROW
WHEN (instant_us(NEW.at) IS NULL OR substr(NEW.at, 20) !~ '^\.[0-9]{6}Z$' OR NEW.uptime_us < 0)
EXECUTE FUNCTION refuse('not a clock reading');

CREATE TRIGGER hold_is_only_released BEFORE UPDATE ON hold FOR EACH ROW
WHEN (OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
      OR (NEW.id, NEW.scope, NEW.key, NEW.since, NEW.by, NEW.reason)
         IS DISTINCT FROM (OLD.id, OLD.scope, OLD.key, OLD.since, OLD.by, OLD.reason))
EXECUTE FUNCTION refuse('a hold is only ever released');

CREATE TRIGGER disposal_is_only_finished BEFORE UPDATE ON disposal FOR EACH ROW
WHEN (OLD.done_at IS NOT NULL OR NEW.done_at IS NULL
      OR (NEW.recording, NEW.at, NEW.by, NEW.keep_until, NEW.reading)
         IS DISTINCT FROM (OLD.recording, OLD.at, OLD.by, OLD.keep_until, OLD.reading))
EXECUTE FUNCTION refuse('a disposal is never changed');

CREATE TRIGGER approval_is_closed_once BEFORE UPDATE ON approval FOR EACH ROW
WHEN (NOT ((OLD.state = 'open' AND NEW.state IN ('confirmed', 'declined', 'withdrawn'))
           OR (OLD.state = 'confirmed' AND NEW.state = 'done'
               AND NEW.closed_by IS NOT DISTINCT FROM OLD.closed_by
               AND NEW.closed_at IS NOT DISTINCT FROM OLD.closed_at))
      OR (NEW.id, NEW.about, NEW.seen, NEW.reason, NEW.asked_by, NEW.asked_at, NEW.lapses_at)
         IS DISTINCT FROM (OLD.id, OLD.about, OLD.seen, OLD.reason, OLD.asked_by, OLD.asked_at, OLD.lapses_at))
EXECUTE FUNCTION refuse('a request is closed once, and is not changed');

-- What waits to be sealed: in the log of the node that wrote it.

CREATE FUNCTION unsealed_id() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO unsealed (kind, key) VALUES (TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION unsealed_seq() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO unsealed (kind, key) VALUES (TG_ARGV[0], NEW.seq::text);
    RETURN NULL;
END $$;

CREATE FUNCTION unsealed_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO unsealed (kind, key) VALUES (TG_ARGV[0], NEW.decision);
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_decision AFTER INSERT ON decision
    FOR EACH ROW EXECUTE FUNCTION unsealed_id('decision');
CREATE TRIGGER ledger_undelivered AFTER INSERT ON undelivered
    FOR EACH ROW EXECUTE FUNCTION unsealed_decision('undelivered');
CREATE TRIGGER ledger_recording AFTER UPDATE ON recording
    FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION unsealed_id('recording');
CREATE TRIGGER ledger_carrier_leg AFTER UPDATE ON carrier_leg
    FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION unsealed_id('carrier-leg');
CREATE TRIGGER ledger_carrier_leg_ended AFTER INSERT ON carrier_leg
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL) EXECUTE FUNCTION unsealed_id('carrier-leg');
CREATE TRIGGER ledger_register_change AFTER INSERT ON register_change
    FOR EACH ROW EXECUTE FUNCTION unsealed_seq('register-change');
CREATE TRIGGER ledger_incident AFTER INSERT ON incident
    FOR EACH ROW EXECUTE FUNCTION unsealed_seq('incident');
CREATE TRIGGER ledger_opt_out AFTER INSERT ON opt_out
    FOR EACH ROW EXECUTE FUNCTION unsealed_seq('opt-out');
CREATE TRIGGER ledger_clock_reading AFTER INSERT ON clock_reading
    FOR EACH ROW EXECUTE FUNCTION unsealed_seq('clock');

-- Acts that leave a trace by themselves. (BY is a reserved word of PL/pgSQL, and of it alone.)

CREATE FUNCTION campaign_purpose_leaves_a_trace() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'database', 'campaign',
            'purpose', NEW.id,
            '{"from":' || json_said(OLD.purpose) || ',"to":' || json_said(NEW.purpose) || '}');
    RETURN NULL;
END $$;
CREATE TRIGGER campaign_purpose_leaves_a_trace AFTER UPDATE OF purpose ON campaign
    FOR EACH ROW WHEN (OLD.purpose <> NEW.purpose) EXECUTE FUNCTION campaign_purpose_leaves_a_trace();

CREATE FUNCTION hold_is_logged() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.since, NEW."by", 'recording', 'hold', NEW.key,
            '{"hold":' || json_said(NEW.id) || ',"scope":' || json_said(NEW.scope)
            || ',"reason":' || json_said(NEW.reason) || '}');
    RETURN NULL;
END $$;
CREATE TRIGGER hold_is_logged AFTER INSERT ON hold FOR EACH ROW EXECUTE FUNCTION hold_is_logged();

CREATE FUNCTION release_is_logged() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.released_at, NEW.released_by, 'recording', 'release', NEW.key,
            '{"hold":' || json_said(NEW.id) || ',"scope":' || json_said(NEW.scope)
            || ',"reason":' || json_said(NEW.release_reason) || '}');
    RETURN NULL;
END $$;
CREATE TRIGGER release_is_logged AFTER UPDATE ON hold FOR EACH ROW EXECUTE FUNCTION release_is_logged();

CREATE FUNCTION disposal_is_logged() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE recording SET disposed_at = NEW.at WHERE id = NEW.recording;
    INSERT INTO register_change (at, actor, register, action, key, detail)
    SELECT NEW.at, NEW."by", 'recording', 'dispose', NEW.recording,
           '{"keep_until":' || json_said(NEW.keep_until) || ',"reading":' || json_said(NEW.reading)
           || ',"sha256":' || json_said(sha256) || ',"callee_sha256":' || json_said(callee_sha256)
           || ',"agent_sha256":' || json_said(agent_sha256) || '}'
    FROM recording WHERE id = NEW.recording;
    RETURN NULL;
END $$;
CREATE TRIGGER disposal_is_logged AFTER INSERT ON disposal FOR EACH ROW EXECUTE FUNCTION disposal_is_logged();

CREATE FUNCTION disposal_done_is_logged() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.done_at, NEW."by", 'recording', 'disposed', NEW.recording, '{}');
    RETURN NULL;
END $$;
CREATE TRIGGER disposal_done_is_logged AFTER UPDATE ON disposal FOR EACH ROW EXECUTE FUNCTION disposal_done_is_logged();

-- The clock.

CREATE FUNCTION clock_reading_is_not_replaced() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM clock_reading WHERE seq = NEW.seq) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a clock reading is never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clock_reading_is_not_replaced BEFORE INSERT ON clock_reading
    FOR EACH ROW EXECUTE FUNCTION clock_reading_is_not_replaced();

CREATE FUNCTION clock_reading_is_witnessed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO witnessed (reading, us, behind_us)
    SELECT reading, us, behind_us FROM witness_rule WHERE reading = NEW.seq;
    IF NOT FOUND THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'not a clock reading';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER clock_reading_is_witnessed AFTER INSERT ON clock_reading
    FOR EACH ROW EXECUTE FUNCTION clock_reading_is_witnessed();

CREATE FUNCTION witnessed_by_the_rule() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM witnessed WHERE node = NEW.node AND reading >= NEW.reading)
       OR NOT EXISTS (SELECT 1 FROM witness_rule
                      WHERE reading = NEW.reading AND us = NEW.us AND behind_us = NEW.behind_us)
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'witnessed time follows from the clock readings alone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER witnessed_by_the_rule BEFORE INSERT ON witnessed
    FOR EACH ROW EXECUTE FUNCTION witnessed_by_the_rule();

-- Recordings, their holds and how they are disposed of.

CREATE FUNCTION recording_is_not_replaced() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM recording WHERE id = NEW.id OR path = NEW.path) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'there is such a recording already';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recording_is_not_replaced BEFORE INSERT ON recording
    FOR EACH ROW EXECUTE FUNCTION recording_is_not_replaced();

CREATE FUNCTION hold_begins_in_force() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.released_at IS NOT NULL OR EXISTS (SELECT 1 FROM hold WHERE id = NEW.id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a hold is only ever released';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_begins_in_force BEFORE INSERT ON hold FOR EACH ROW EXECUTE FUNCTION hold_begins_in_force();

CREATE FUNCTION disposal_in_its_time() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    wrong text;
BEGIN
    wrong := CASE
        WHEN EXISTS (SELECT 1 FROM disposal WHERE recording = NEW.recording) THEN 'disposed of already'
        WHEN NOT EXISTS (SELECT 1 FROM recording WHERE id = NEW.recording AND ended_at IS NOT NULL
                         AND keep_until = NEW.keep_until) THEN 'not a recording that has ended'
        WHEN EXISTS (SELECT 1 FROM held WHERE recording = NEW.recording) THEN 'the recording is under a legal hold'
        WHEN NOT coalesce(NEW.keep_until < (SELECT day FROM today), false)
            THEN 'the recording must still be kept, by the witnessed time'
        WHEN EXISTS (SELECT 1 FROM register_change
                     WHERE register = 'recording' AND key = NEW.recording AND action IN ('keep', 'policy')
                       AND NOT coalesce(detail::json ->> 'to' <= NEW.keep_until, false))
            THEN 'the recording must be kept until a later day, by the log'
        WHEN NEW.done_at IS NOT NULL OR NEW.reading IS DISTINCT FROM (
            SELECT max(reading) FROM witnessed WHERE node = current_setting('dialpact.node'))
            THEN 'not the last clock reading'
    END;
    IF wrong IS NOT NULL THEN
        RAISE integrity_constraint_violation USING MESSAGE = wrong;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disposal_in_its_time BEFORE INSERT ON disposal FOR EACH ROW EXECUTE FUNCTION disposal_in_its_time();

CREATE FUNCTION recording_is_disposed_of_by_a_disposal() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.disposed_at IS DISTINCT FROM (SELECT at FROM disposal WHERE recording = NEW.id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a recording is disposed of by its row in disposal';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recording_is_disposed_of_by_a_disposal BEFORE UPDATE OF disposed_at ON recording
    FOR EACH ROW EXECUTE FUNCTION recording_is_disposed_of_by_a_disposal();

CREATE FUNCTION waveform_is_of_a_recording_that_is_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM recording
                   WHERE id = NEW.recording AND ended_at IS NOT NULL AND disposed_at IS NULL)
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a waveform is of a recording that has ended and is there';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waveform_is_of_a_recording_that_is_kept BEFORE INSERT ON waveform
    FOR EACH ROW EXECUTE FUNCTION waveform_is_of_a_recording_that_is_kept();

CREATE FUNCTION waveform_goes_with_the_recording() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM waveform WHERE recording = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER waveform_goes_with_the_recording AFTER UPDATE OF disposed_at ON recording
    FOR EACH ROW WHEN (NEW.disposed_at IS NOT NULL) EXECUTE FUNCTION waveform_goes_with_the_recording();

CREATE FUNCTION approval_begins_open() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'open' OR EXISTS (SELECT 1 FROM approval WHERE id = NEW.id) THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'a request is open first';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_begins_open BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION approval_begins_open();

-- Erasure: the salt of the leaf goes, and with it what the record said of a person. The leaf may be in the log of
-- another node than the record names: it is looked for by kind and key in all of them.

CREATE FUNCTION ledger_erased_with_leave() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    call text := (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key);
    wrong text;
BEGIN
    wrong := CASE
        WHEN OLD.kind NOT IN ('decision', 'recording', 'carrier-leg') THEN 'only the records of calls are erased'
        WHEN EXISTS (SELECT 1 FROM recording
                     WHERE (OLD.kind = 'recording' AND id = OLD.key OR OLD.kind <> 'recording' AND decision = call)
                       AND (ended_at IS NULL OR keep_until IS NOT NULL AND disposed_at IS NULL))
            THEN 'a recording of this call is still kept'
        WHEN EXISTS (SELECT 1 FROM call_under_hold WHERE decision = call) THEN 'this call is under a legal hold'
        WHEN EXISTS (SELECT 1 FROM complaint WHERE status = 'open' AND decision = call)
            THEN 'a complaint about this call is still open'
        WHEN NOT EXISTS (
            SELECT 1 FROM json_array_elements((
                SELECT detail::json -> 'leaves' FROM register_change
                WHERE register = 'ledger' AND action = 'erase' AND node = OLD.node ORDER BY seq DESC LIMIT 1)) AS run
            WHERE OLD.leaf_index BETWEEN (run ->> 0)::bigint AND (run ->> 1)::bigint)
            THEN 'an erasure is logged first'
    END;
    IF wrong IS NOT NULL THEN
        RAISE integrity_constraint_violation USING MESSAGE = wrong;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_erased_with_leave BEFORE UPDATE OF salt ON ledger
    FOR EACH ROW WHEN (OLD.salt IS NOT NULL AND NEW.salt IS NULL) EXECUTE FUNCTION ledger_erased_with_leave();

CREATE FUNCTION ledger_erases() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    CASE NEW.kind
        WHEN 'decision' THEN
            UPDATE decision SET number = '', given = '', dial = CASE dial WHEN '' THEN '' ELSE 'erased' END,
                caller_id = '', agent = '', channel = '', uniqueid = '', attack = '', retry_at = NULL, record = ''
            WHERE id = NEW.key;
        WHEN 'recording' THEN
            UPDATE recording SET number = '', caller_id = '', channel = '', uniqueid = '' WHERE id = NEW.key;
        WHEN 'carrier-leg' THEN
            UPDATE carrier_leg SET channel = '', uniqueid = '', linkedid = '', sip_call_id = '', sent_from = '',
                supervision = '{}'
            WHERE id = NEW.key;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_erases_decision AFTER UPDATE OF salt ON ledger FOR EACH ROW
WHEN (OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'decision') EXECUTE FUNCTION ledger_erases();
CREATE TRIGGER ledger_erases_recording AFTER UPDATE OF salt ON ledger FOR EACH ROW
WHEN (OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'recording') EXECUTE FUNCTION ledger_erases();
CREATE TRIGGER ledger_erases_carrier_leg AFTER UPDATE OF salt ON ledger FOR EACH ROW
WHEN (OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'carrier-leg') EXECUTE FUNCTION ledger_erases();

CREATE FUNCTION decision_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.seq, NEW.id, NEW.node, NEW.decided_at, NEW.behind_us, NEW.verdict, NEW.reasons, NEW.campaign, NEW.business,
        NEW.trunk, NEW.mode, NEW.continues)
       IS DISTINCT FROM
       (OLD.seq, OLD.id, OLD.node, OLD.decided_at, OLD.behind_us, OLD.verdict, OLD.reasons, OLD.campaign, OLD.business,
        OLD.trunk, OLD.mode, OLD.continues)
       OR (NEW.number, NEW.given, NEW.dial, NEW.caller_id, NEW.agent, NEW.channel, NEW.uniqueid, NEW.attack, NEW.record)
          IS DISTINCT FROM ('', '', CASE OLD.dial WHEN '' THEN '' ELSE 'erased' END, '', '', '', '', '', '')
       OR NEW.retry_at IS NOT NULL
       OR NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'decision' AND key = OLD.id AND salt IS NULL)
    THEN
        RAISE integrity_constraint_violation
        USING MESSAGE = 'a decision is never changed, only erased with its salt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision FOR EACH ROW EXECUTE FUNCTION decision_is_final();

CREATE FUNCTION recording_end_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.decision, NEW.node, NEW.campaign, NEW.started_at, NEW.answered_at, NEW.ended_at, NEW.format,
        NEW.path, NEW.bytes, NEW.seconds, NEW.talk_seconds, NEW.sha256, NEW.callee_path, NEW.callee_sha256,
        NEW.callee_dbfs, NEW.agent_path, NEW.agent_sha256, NEW.agent_dbfs, NEW.part, NEW.sound, NEW.unseen)
       IS DISTINCT FROM
       (OLD.id, OLD.decision, OLD.node, OLD.campaign, OLD.started_at, OLD.answered_at, OLD.ended_at, OLD.format,
        OLD.path, OLD.bytes, OLD.seconds, OLD.talk_seconds, OLD.sha256, OLD.callee_path, OLD.callee_sha256,
        OLD.callee_dbfs, OLD.agent_path, OLD.agent_sha256, OLD.agent_dbfs, OLD.part, OLD.sound, OLD.unseen)
       OR (NEW.number, NEW.caller_id, NEW.channel, NEW.uniqueid)
          IS DISTINCT FROM (OLD.number, OLD.caller_id, OLD.channel, OLD.uniqueid)
          AND NOT (NEW.number = '' AND NEW.caller_id = '' AND NEW.channel = '' AND NEW.uniqueid = ''
                   AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND key = OLD.id AND salt IS NULL))
    THEN
        RAISE integrity_constraint_violation
        USING MESSAGE = 'a recording that has ended is never changed, only erased with its salt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER recording_end_is_final BEFORE UPDATE ON recording
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION recording_end_is_final();

CREATE FUNCTION carrier_leg_end_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.decision, NEW.node, NEW.dialled_at, NEW.ringing_at, NEW.answered_at, NEW.ended_at, NEW.dial_status,
        NEW.hangup_cause, NEW.interlock)
       IS DISTINCT FROM
       (OLD.id, OLD.decision, OLD.node, OLD.dialled_at, OLD.ringing_at, OLD.answered_at, OLD.ended_at, OLD.dial_status,
        OLD.hangup_cause, OLD.interlock)
       OR (NEW.channel, NEW.uniqueid, NEW.linkedid, NEW.sip_call_id, NEW.sent_from, NEW.supervision)
          IS DISTINCT FROM ('', '', '', '', '', '{}')
       OR NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND key = OLD.id AND salt IS NULL)
    THEN
        RAISE integrity_constraint_violation
        USING MESSAGE = 'a leg that has ended is never changed, only erased with its salt';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER carrier_leg_end_is_final BEFORE UPDATE ON carrier_leg
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION carrier_leg_end_is_final();
