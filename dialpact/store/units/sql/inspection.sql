-- Figures of the inspection report. :since is inside the period, :until is not.
--
-- "Put through": there was something to dial and the PBX was told of it. decision_in_report has all the columns
-- that the statements over a period look at; a decision's JSON is read only for the rows that they return.
-- :exempt is a JSON list of campaigns that never had a purpose which the rule in question binds.

-- name: minutes(since, until, exempt)
SELECT substr(decided_at, 1, 16) AS minute,
       sum(verdict = 'ALLOW' AND undelivered.decision IS NULL) AS passed,
       sum(verdict = 'BLOCK' AND dial = '') AS blocked,
       sum(verdict = 'BLOCK' AND dial <> '' AND undelivered.decision IS NULL) AS shadow,
       sum(undelivered.decision IS NOT NULL) AS undelivered,
       sum(dial <> '' AND undelivered.decision IS NULL
           AND campaign NOT IN (SELECT value FROM json_each(:exempt))) AS bound
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until
GROUP BY 1;

-- Purposes of the calls put through in some minutes: how many of each.
-- name: purposes_in_minutes(since, until, minutes, exempt)
SELECT substr(decided_at, 1, 16) AS minute,
       coalesce((SELECT json_extract(nullif(same.record, ''), '$.facts.campaign.purpose') FROM decision AS same
                 WHERE same.seq = decision.seq), 'marketing') AS purpose,
       count(*) AS calls
FROM decision
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND substr(decided_at, 1, 16) IN (SELECT value FROM json_each(:minutes))
  AND campaign NOT IN (SELECT value FROM json_each(:exempt))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
GROUP BY 1, 2;

-- name: reasons(since, until)
SELECT CASE WHEN undelivered.decision IS NULL THEN reasons ELSE json_array(undelivered.reason) END AS reasons,
       count(*) AS calls
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until
  AND (dial = '' OR undelivered.decision IS NOT NULL)
GROUP BY 1;

-- Of those that were not erased.
-- name: ends(since, until)
SELECT record FROM decision
WHERE seq IN (SELECT first FROM (SELECT seq AS first FROM decision
                                 WHERE decided_at >= :since AND decided_at < :until AND record <> ''
                                 ORDER BY decided_at LIMIT 1)
              UNION SELECT last FROM (SELECT seq AS last FROM decision
                                      WHERE decided_at >= :since AND decided_at < :until AND record <> ''
                                      ORDER BY decided_at DESC LIMIT 1))
ORDER BY seq;

-- name: caller_uses(since, until)
SELECT decision.caller_id AS number, count(*) AS attempts,
       sum(dial <> '' AND undelivered.decision IS NULL) AS put_through,
       sum(dial = '' AND instr(reasons, '"caller-id-') > 0) AS blocked_for_it,
       sum(dial <> '' AND undelivered.decision IS NULL AND caller_id.business IS NOT NULL
           AND caller_id.business <> decision.business) AS by_others,
       caller_id.number IS NOT NULL AS registered,
       coalesce(caller_id.business, '') AS business, coalesce(caller_id.carrier, '') AS carrier,
       coalesce(caller_id.authenticated, 0) AS authenticated, caller_id.valid_from, caller_id.valid_to
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
              LEFT JOIN caller_id ON caller_id.number = decision.caller_id
WHERE decided_at >= :since AND decided_at < :until
GROUP BY decision.caller_id
ORDER BY put_through DESC, attempts DESC, decision.caller_id;

-- name: by_campaign(since, until)
SELECT campaign, business, trunk, count(*) AS put_through
FROM decision
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
GROUP BY campaign, business, trunk ORDER BY campaign, business, trunk;

-- name: by_others(since, until, holders)^
SELECT count(*) FROM decision LEFT JOIN caller_id ON caller_id.number = decision.caller_id
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
  AND (coalesce(caller_id.business <> decision.business, 0)
       OR EXISTS (SELECT 1 FROM json_each(:holders) AS holder  -- (a decision may name several trunks)
                  WHERE holder.value <> '' AND holder.value <> decision.business
                    AND instr('&' || decision.trunk || '&', '&' || holder.key || '&')));

-- name: clock_marks(since, until)^
SELECT sum(behind_us > 0) AS marked, max(behind_us) AS most_us FROM decision
WHERE decided_at >= :since AND decided_at < :until;

-- One row for each call that was answered: as a recording says, or an incident that tells of an answer.
-- name: answered(since, until, gaps, answers)
WITH gap AS MATERIALIZED (
    SELECT decision, group_concat(DISTINCT kind) AS kinds,
           max(kind IN (SELECT value FROM json_each(:answers))) AS answered
    FROM incident
    WHERE kind IN (SELECT value FROM json_each(:gaps)) AND decision <> '' GROUP BY decision
)
SELECT decision.id, decision.decided_at, decision.seq, decision.number, decision.caller_id, decision.campaign,
       total(recording.answered_at IS NOT NULL AND recording.part = 'carrier') AS legs,
       total(recording.answered_at IS NOT NULL AND recording.ended_at IS NULL) AS running,
       total(recording.answered_at IS NOT NULL AND recording.ended_at IS NOT NULL
             AND recording.state = 'failed') AS failed,
       total(recording.answered_at IS NOT NULL AND recording.ended_at IS NOT NULL
             AND recording.state <> 'failed' AND recording.sha256 IS NULL) AS unhashed,
       total(recording.answered_at IS NOT NULL AND recording.sha256 IS NOT NULL
             AND coalesce(recording.seconds, 0) + 1.0 < 0.9 * (
                 recording.talk_seconds - (SELECT total(json_extract(value, '$[2]'))
                                           FROM json_each(nullif(recording.sound, ''), '$.unsent')))) AS short,
       coalesce(gap.kinds, '') AS kinds
FROM decision LEFT JOIN recording ON recording.decision = decision.id
              LEFT JOIN gap ON gap.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
GROUP BY decision.decided_at, decision.id
HAVING legs > 0 OR gap.answered;

-- name: purposes(ids)
SELECT id, coalesce(json_extract(nullif(record, ''), '$.facts.campaign.purpose'), 'marketing') AS purpose FROM decision
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: recordings_begun(since, until)^
SELECT count(*) AS rows, total(state = 'failed') AS failed, total(seconds) AS seconds FROM recording
WHERE started_at >= :since AND started_at < :until;

-- name: recordings_kept(today)^
SELECT total(keep_until < :today AND NOT EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id)) AS past_due,
       total(keep_until IS NULL) AS missing
FROM recording WHERE state = 'kept' AND disposed_at IS NULL;

-- name: holds_in_force()^
SELECT count(*) FROM hold WHERE released_at IS NULL;

-- name: disposals_unfinished()^
SELECT count(*) FROM disposal WHERE done_at IS NULL;

-- Calls to somebody who had opted out when they were made. Opt-outs come from all that tells of one, so that an
-- entry which vanished from the register without a trace is still missed: the register, each opt-out, and the
-- log of what was added and taken back. A decision that is marked as behind is taken to be as late as its mark.
-- name: calls_after_opt_out(since, until, exempt)
WITH opted_out AS (
    SELECT decision.seq, do_not_call.number, scope, value, created_at AS registered_at, requested_at
    FROM decision CROSS JOIN do_not_call ON do_not_call.number = CAST(substr(decision.number, 2) AS INTEGER)
    WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
      AND (decided_at > requested_at OR behind_us > 0)
    UNION ALL  -- those that count already and are yet to be moved into the register
    SELECT decision.seq, dnc_arrived.number, scope, value, created_at, requested_at
    FROM decision CROSS JOIN dnc_arrived ON dnc_arrived.number = CAST(substr(decision.number, 2) AS INTEGER)
    WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
      AND (decided_at > requested_at OR behind_us > 0)
    UNION ALL
    SELECT decision.seq, opt_out.number, scope, value, at, at
    FROM opt_out CROSS JOIN decision ON decision.number = '+' || opt_out.number
    WHERE decided_at >= :since AND decided_at < :until AND dial <> '' AND (decided_at > at OR behind_us > 0)
    UNION ALL
    SELECT decision.seq, CAST(substr(key, 2) AS INTEGER), json_extract(detail, '$.scope'),
           json_extract(detail, '$.value'),
           CASE action WHEN 'add' THEN at ELSE json_extract(detail, '$.created_at') END,
           CASE action WHEN 'add' THEN at ELSE json_extract(detail, '$.requested_at') END
    FROM register_change CROSS JOIN decision ON decision.number = register_change.key
    WHERE register = 'dnc' AND action IN ('add', 'remove')
      AND decided_at >= :since AND decided_at < :until AND dial <> ''
)
SELECT decision.seq, decision.id, decision.decided_at, decision.behind_us, decision.number, decision.campaign,
       decision.business, scope, value, registered_at, requested_at,
       coalesce(json_extract(nullif(record, ''), '$.facts.campaign.purpose'), 'marketing') AS purpose,
       coalesce(json_extract(record, '$.facts.campaign.industry'), '') AS industry
FROM opted_out JOIN decision ON decision.seq = opted_out.seq
WHERE decision.campaign NOT IN (SELECT value FROM json_each(:exempt))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY decision.seq, registered_at;

-- name: removals()
SELECT CAST(substr(key, 2) AS INTEGER) AS number, json_extract(detail, '$.scope') AS scope,
       json_extract(detail, '$.value') AS value, at
FROM register_change WHERE register = 'dnc' AND action = 'remove' ORDER BY at;

-- name: calls_without_consent(since, until, exempt)
SELECT seq, id, decided_at, number, campaign,
       coalesce((SELECT json_extract(nullif(same.record, ''), '$.facts.campaign.purpose') FROM decision AS same
                 WHERE same.seq = decision.seq), 'marketing') AS purpose
FROM decision
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND campaign NOT IN (SELECT value FROM json_each(:exempt))
  AND NOT EXISTS (SELECT 1 FROM consent_now AS consent
                  WHERE consent.number = CAST(substr(decision.number, 2) AS INTEGER)
                    AND consent.business = decision.business AND granted_at <= decided_at
                    AND (expires_at IS NULL OR expires_at > decided_at)
                    AND (withdrawn_at IS NULL OR withdrawn_at > decided_at))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id);

-- name: consents(since, until)^
SELECT count(*) AS entries, total(evidence_sha256 <> '') AS with_hash, total(wording <> '') AS with_wording,
       total(granted_at >= :since AND granted_at < :until) AS granted,
       total(withdrawn_at >= :since AND withdrawn_at < :until) AS withdrawn,
       total(expires_at >= :since AND expires_at < :until) AS expired
FROM consent_now;

-- name: opt_outs_in_force()^
SELECT (SELECT count(*) FROM do_not_call) + (SELECT count(*) FROM dnc_arrived);

-- name: opt_outs_added(since, until)^
SELECT count(*) FROM dnc_now WHERE created_at >= :since AND created_at < :until;

-- name: opt_outs(since, until)
SELECT how AS key, count(*) AS count FROM opt_out WHERE at >= :since AND at < :until GROUP BY how ORDER BY how;

-- name: campaigns()
SELECT campaign.id, campaign.business, campaign.purpose, campaign.script,
       (SELECT json_group_array(json_extract(detail, '$.from')) FROM register_change
        WHERE register = 'campaign' AND action = 'purpose' AND key = campaign.id) AS purposes_before,
       script.version, script.approved_by, script.approved_at, script.expires_at, script.checked
FROM campaign LEFT JOIN script ON script.id = campaign.script
 AND script.version = (SELECT max(version) FROM script AS other WHERE other.id = script.id)
ORDER BY campaign.id;

-- Since a day before the period: a trial ends within minutes, and a decision of the period may be one's.
-- name: trials(since, until)
SELECT act.key AS id, act.at, act.actor AS by, json_extract(act.detail, '$.number') AS number,
       count(decision.id) FILTER (WHERE dial <> '' AND undelivered.decision IS NULL) AS put_through,
       count(decision.id) FILTER (WHERE dial = '' OR undelivered.decision IS NOT NULL) AS blocked
FROM register_change AS act
LEFT JOIN decision ON decision.campaign = 'dialpact-trial.' || act.key
LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE act.register = 'trial' AND act.action = 'confirm'
  AND act.at >= datetime(:since, '-1 day') AND act.at < :until
GROUP BY act.seq ORDER BY act.seq;

-- name: businesses()
SELECT id, name, actor FROM business ORDER BY id;

-- name: caller_ids()
SELECT number, business, licence, carrier, authenticated, valid_from, valid_to FROM caller_id ORDER BY number;

-- name: last_imports()
SELECT register, max(at) AS at FROM register_change
WHERE register IN ('dnc', 'consent', 'leads', 'caller-id') AND action = 'import' GROUP BY register;

-- name: last_reconcile()^
SELECT at, key, detail FROM register_change WHERE register = 'caller-id' AND action = 'reconcile'
ORDER BY seq DESC LIMIT 1;

-- name: changes(since, until)
SELECT register || ' ' || action AS key, count(*) AS count FROM register_change
WHERE at >= :since AND at < :until GROUP BY register, action ORDER BY 1;

-- name: incidents(since, until)
SELECT kind AS key, count(*) AS count FROM incident WHERE at >= :since AND at < :until GROUP BY kind ORDER BY kind;

-- name: suspensions(since, until, most)
SELECT kind, key, since, by, cause, lifted_at, lifted_by, lift_reason FROM suspension
WHERE since < :until AND (lifted_at IS NULL OR lifted_at >= :since) ORDER BY seq LIMIT :most;

-- name: complaints(since, until)
SELECT id, received_at, source, caller_id, campaign, decision <> '' AS matched, due, status, answered_at
FROM complaint WHERE received_at >= :since AND received_at < :until ORDER BY received_at, id;

-- name: batches(since, until)^
SELECT count(*) AS batches, total(held NOT IN ('', 'not-scrubbed')) AS held FROM batch
WHERE imported_at >= :since AND imported_at < :until AND withdrawn_at IS NOT '';  -- all in

-- name: ledger_state()^
SELECT (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger) AS size, (SELECT count(*) FROM unsealed) AS unsealed;

-- name: last_checkpoint()^
SELECT size, at, note FROM checkpoint ORDER BY at DESC, size DESC LIMIT 1;

-- Calls that were erased by an act that says nothing of what stays of their rows.
-- name: unproven(since, until)^
SELECT count(*) FROM register_change AS act
CROSS JOIN json_each(act.detail, '$.leaves') AS run
CROSS JOIN ledger ON leaf_index BETWEEN json_extract(run.value, '$[0]') AND json_extract(run.value, '$[1]')
CROSS JOIN decision ON decision.id = ledger.key
WHERE act.register = 'ledger' AND act.action = 'erase' AND json_extract(act.detail, '$.remains') IS NULL
  AND ledger.kind = 'decision' AND ledger.salt IS NULL
  AND decision.decided_at >= :since AND decision.decided_at < :until;

-- The first of either: by its number, whatever a clock said later.
-- name: begun_at()^
SELECT min(at) AS at FROM (
    SELECT at FROM register_change WHERE seq = (SELECT min(seq) FROM register_change)
    UNION ALL SELECT decided_at FROM decision WHERE seq = (SELECT min(seq) FROM decision)) AS begun;
