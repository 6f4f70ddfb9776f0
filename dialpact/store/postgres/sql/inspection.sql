-- As units/sql/inspection.sql, over all nodes, but for the log's own figures. A decision is known by its id: its
-- number counts for each node by itself. What is not a number of ours is nobody's.

-- name: minutes(since, until, exempt)
SELECT substr(decided_at, 1, 16) AS minute,
       count(*) FILTER (WHERE verdict = 'ALLOW' AND undelivered.decision IS NULL) AS passed,
       count(*) FILTER (WHERE verdict = 'BLOCK' AND dial = '') AS blocked,
       count(*) FILTER (WHERE verdict = 'BLOCK' AND dial <> '' AND undelivered.decision IS NULL) AS shadow,
       count(*) FILTER (WHERE undelivered.decision IS NOT NULL) AS undelivered,
       count(*) FILTER (WHERE dial <> '' AND undelivered.decision IS NULL
           AND campaign NOT IN (SELECT jsonb_array_elements_text(CAST(:exempt AS jsonb)))) AS bound
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until
GROUP BY 1 ORDER BY 1;

-- name: purposes_in_minutes(since, until, minutes, exempt)
SELECT substr(decided_at, 1, 16) AS minute,
       coalesce(CAST(nullif(record, '') AS json) #>> '{facts,campaign,purpose}', 'marketing') AS purpose,
       count(*) AS calls
FROM decision
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND substr(decided_at, 1, 16) IN (SELECT jsonb_array_elements_text(CAST(:minutes AS jsonb)))
  AND campaign NOT IN (SELECT jsonb_array_elements_text(CAST(:exempt AS jsonb)))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: reasons(since, until)
SELECT CASE WHEN undelivered.decision IS NULL THEN reasons
            ELSE CAST(json_build_array(undelivered.reason) AS text) END AS reasons,
       count(*) AS calls
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE decided_at >= :since AND decided_at < :until
  AND (dial = '' OR undelivered.decision IS NOT NULL)
GROUP BY 1 ORDER BY 1;

-- name: ends(since, until)
SELECT record FROM (
    (SELECT node, seq, decided_at, record FROM decision
     WHERE decided_at >= :since AND decided_at < :until AND record <> ''
     ORDER BY decided_at, seq, node LIMIT 1)
    UNION
    (SELECT node, seq, decided_at, record FROM decision
     WHERE decided_at >= :since AND decided_at < :until AND record <> ''
     ORDER BY decided_at DESC, seq DESC, node DESC LIMIT 1)
) AS ends ORDER BY decided_at, seq, node;

-- name: caller_uses(since, until)
SELECT decision.caller_id AS number, count(*) AS attempts,
       count(*) FILTER (WHERE dial <> '' AND undelivered.decision IS NULL) AS put_through,
       count(*) FILTER (WHERE dial = '' AND strpos(reasons, '"caller-id-') > 0) AS blocked_for_it,
       count(*) FILTER (WHERE dial <> '' AND undelivered.decision IS NULL AND caller_id.business IS NOT NULL
           AND caller_id.business <> decision.business) AS by_others,
       caller_id.number IS NOT NULL AS registered,
       coalesce(caller_id.business, '') AS business, coalesce(caller_id.carrier, '') AS carrier,
       coalesce(caller_id.authenticated, 0) AS authenticated, caller_id.valid_from, caller_id.valid_to
FROM decision LEFT JOIN undelivered ON undelivered.decision = decision.id
              LEFT JOIN caller_id ON caller_id.number = decision.caller_id
WHERE decided_at >= :since AND decided_at < :until
GROUP BY decision.caller_id, caller_id.number
ORDER BY put_through DESC, attempts DESC, decision.caller_id;

-- name: by_others(since, until, holders)^
SELECT count(*) FROM decision LEFT JOIN caller_id ON caller_id.number = decision.caller_id
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
  AND (coalesce(caller_id.business <> decision.business, false)
       OR EXISTS (SELECT 1 FROM jsonb_each_text(CAST(:holders AS jsonb)) AS holder
                  WHERE holder.value <> '' AND holder.value <> decision.business
                    AND strpos('&' || decision.trunk || '&', '&' || holder.key || '&') > 0));

-- name: clock_marks(since, until)^
SELECT count(*) FILTER (WHERE behind_us > 0) AS marked, max(behind_us) AS most_us FROM decision
WHERE decided_at >= :since AND decided_at < :until;

-- name: answered(since, until, gaps, answers)
WITH gap AS MATERIALIZED (
    SELECT decision, string_agg(DISTINCT kind, ',' ORDER BY kind) AS kinds,
           bool_or(kind IN (SELECT jsonb_array_elements_text(CAST(:answers AS jsonb)))) AS answered
    FROM incident
    WHERE kind IN (SELECT jsonb_array_elements_text(CAST(:gaps AS jsonb))) AND decision <> '' GROUP BY decision
), call AS (
    SELECT decision.id, decision.decided_at, decision.node, decision.seq, decision.number, decision.caller_id,
           decision.campaign,
           count(*) FILTER (WHERE recording.answered_at IS NOT NULL AND recording.part = 'carrier') AS legs,
           count(*) FILTER (WHERE recording.answered_at IS NOT NULL AND recording.ended_at IS NULL) AS running,
           count(*) FILTER (WHERE recording.answered_at IS NOT NULL AND recording.ended_at IS NOT NULL
               AND recording.state = 'failed') AS failed,
           count(*) FILTER (WHERE recording.answered_at IS NOT NULL AND recording.ended_at IS NOT NULL
               AND recording.state <> 'failed' AND recording.sha256 IS NULL) AS unhashed,
           count(*) FILTER (WHERE recording.answered_at IS NOT NULL AND recording.sha256 IS NOT NULL
               AND coalesce(recording.seconds, 0) + 1.0 < 0.9 * (
                   recording.talk_seconds - (
                       SELECT coalesce(sum(CAST(stretch ->> 2 AS double precision)), 0)
                       FROM json_array_elements(CAST(nullif(recording.sound, '') AS json) -> 'unsent')
                           AS stretch))) AS short,
           coalesce(gap.kinds, '') AS kinds, gap.answered
    FROM decision LEFT JOIN recording ON recording.decision = decision.id
                  LEFT JOIN gap ON gap.decision = decision.id
    WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
    GROUP BY decision.node, decision.seq, gap.kinds, gap.answered
)
SELECT id, decided_at, seq, number, caller_id, campaign, legs, running, failed, unhashed, short, kinds
FROM call WHERE legs > 0 OR answered ORDER BY decided_at, id;

-- name: purposes(ids)
SELECT id, coalesce(CAST(nullif(record, '') AS json) #>> '{facts,campaign,purpose}', 'marketing') AS purpose
FROM decision WHERE id IN (SELECT jsonb_array_elements_text(CAST(:ids AS jsonb)));

-- name: recordings_begun(since, until)^
SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'failed') AS failed, coalesce(sum(seconds), 0) AS seconds
FROM recording WHERE started_at >= :since AND started_at < :until;

-- name: recordings_kept(today)^
SELECT count(*) FILTER (WHERE keep_until < :today
                        AND NOT EXISTS (SELECT 1 FROM held WHERE held.recording = recording.id)) AS past_due,
       count(*) FILTER (WHERE keep_until IS NULL) AS missing
FROM recording WHERE state = 'kept' AND disposed_at IS NULL;

-- name: calls_after_opt_out(since, until, exempt)
WITH dialled AS (
    SELECT decision.id, decided_at, behind_us, decision.number AS called,
           CAST(substring(decision.number FROM '^.([0-9]{1,18})$') AS bigint) AS number
    FROM decision WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
), opted_out AS (
    SELECT dialled.id, scope, value, created_at AS registered_at, requested_at
    FROM dialled JOIN do_not_call ON do_not_call.number = dialled.number
    WHERE decided_at > requested_at OR behind_us > 0
    UNION ALL  -- those that count already and are yet to be moved into the register
    SELECT dialled.id, scope, value, created_at, requested_at
    FROM dialled JOIN dnc_arrived ON dnc_arrived.number = dialled.number
    WHERE decided_at > requested_at OR behind_us > 0
    UNION ALL
    SELECT dialled.id, scope, value, at, at
    FROM opt_out JOIN dialled ON dialled.number = opt_out.number
    WHERE decided_at > at OR behind_us > 0
    UNION ALL
    SELECT dialled.id, CAST(detail AS json) ->> 'scope', CAST(detail AS json) ->> 'value',
           CASE action WHEN 'add' THEN at ELSE CAST(detail AS json) ->> 'created_at' END,
           CASE action WHEN 'add' THEN at ELSE CAST(detail AS json) ->> 'requested_at' END
    FROM register_change JOIN dialled ON dialled.called = register_change.key
    WHERE register = 'dnc' AND action IN ('add', 'remove')
)
SELECT decision.seq, decision.id, decision.decided_at, decision.behind_us, decision.number, decision.campaign,
       decision.business, scope, value, registered_at, requested_at,
       coalesce(CAST(nullif(record, '') AS json) #>> '{facts,campaign,purpose}', 'marketing') AS purpose,
       coalesce(CAST(nullif(record, '') AS json) #>> '{facts,campaign,industry}', '') AS industry
FROM opted_out JOIN decision ON decision.id = opted_out.id
WHERE decision.campaign NOT IN (SELECT jsonb_array_elements_text(CAST(:exempt AS jsonb)))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY decision.seq, decision.node, registered_at;

-- name: removals()
SELECT CAST(substr(key, 2) AS bigint) AS number, CAST(detail AS json) ->> 'scope' AS scope,
       CAST(detail AS json) ->> 'value' AS value, at
FROM register_change WHERE register = 'dnc' AND action = 'remove' ORDER BY at;

-- name: calls_without_consent(since, until, exempt)
SELECT seq, id, decided_at, number, campaign,
       coalesce(CAST(nullif(record, '') AS json) #>> '{facts,campaign,purpose}', 'marketing') AS purpose
FROM decision
WHERE decided_at >= :since AND decided_at < :until AND dial <> ''
  AND campaign NOT IN (SELECT jsonb_array_elements_text(CAST(:exempt AS jsonb)))
  AND NOT EXISTS (SELECT 1 FROM consent_now AS consent
                  WHERE consent.number = CAST(substring(decision.number FROM '^.([0-9]{1,18})$') AS bigint)
                    AND consent.business = decision.business AND granted_at <= decided_at
                    AND (expires_at IS NULL OR expires_at > decided_at)
                    AND (withdrawn_at IS NULL OR withdrawn_at > decided_at))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY decided_at, seq, node;

-- name: consents(since, until)^
SELECT count(*) AS entries, count(*) FILTER (WHERE evidence_sha256 <> '') AS with_hash,
       count(*) FILTER (WHERE wording <> '') AS with_wording,
       count(*) FILTER (WHERE granted_at >= :since AND granted_at < :until) AS granted,
       count(*) FILTER (WHERE withdrawn_at >= :since AND withdrawn_at < :until) AS withdrawn,
       count(*) FILTER (WHERE expires_at >= :since AND expires_at < :until) AS expired
FROM consent_now;

-- name: campaigns()
SELECT campaign.id, campaign.business, campaign.purpose, campaign.script,
       (SELECT CAST(coalesce(json_agg(CAST(detail AS json) -> 'from' ORDER BY seq), '[]') AS text) FROM register_change
        WHERE register = 'campaign' AND action = 'purpose' AND key = campaign.id) AS purposes_before,
       script.version, script.approved_by, script.approved_at, script.expires_at, script.checked
FROM campaign LEFT JOIN script ON script.id = campaign.script
 AND script.version = (SELECT max(version) FROM script AS other WHERE other.id = script.id)
ORDER BY campaign.id;

-- name: trials(since, until)
SELECT act.key AS id, act.at, act.actor AS by, CAST(act.detail AS json) ->> 'number' AS number,
       count(decision.id) FILTER (WHERE dial <> '' AND undelivered.decision IS NULL) AS put_through,
       count(decision.id) FILTER (WHERE dial = '' OR undelivered.decision IS NOT NULL) AS blocked
FROM register_change AS act
LEFT JOIN decision ON decision.campaign = 'dialpact-trial.' || act.key
LEFT JOIN undelivered ON undelivered.decision = decision.id
WHERE act.register = 'trial' AND act.action = 'confirm'
  AND act.at >= to_char(CAST(substr(:since, 1, 19) AS timestamp) - interval '1 day', 'YYYY-MM-DD HH24:MI:SS')
  AND act.at < :until
GROUP BY act.seq ORDER BY act.seq;

-- name: batches(since, until)^
SELECT count(*) AS batches, count(*) FILTER (WHERE held NOT IN ('', 'not-scrubbed')) AS held FROM batch
WHERE imported_at >= :since AND imported_at < :until AND withdrawn_at IS DISTINCT FROM '';  -- all in

-- name: ledger_state()^
SELECT (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger WHERE node = current_setting('dialpact.node')) AS size,
       (SELECT count(*) FROM unsealed WHERE node = current_setting('dialpact.node')) AS unsealed;

-- name: last_checkpoint()^
SELECT size, at, note FROM checkpoint WHERE node = current_setting('dialpact.node')
ORDER BY at DESC, size DESC LIMIT 1;

-- name: unproven(since, until)^
SELECT count(*) FROM register_change AS act
CROSS JOIN json_array_elements(CAST(act.detail AS json) -> 'leaves') AS run
JOIN ledger ON ledger.node = act.node
           AND leaf_index BETWEEN CAST(run ->> 0 AS bigint) AND CAST(run ->> 1 AS bigint)
JOIN decision ON decision.id = ledger.key
WHERE act.register = 'ledger' AND act.action = 'erase' AND CAST(act.detail AS json) ->> 'remains' IS NULL
  AND ledger.kind = 'decision' AND ledger.salt IS NULL
  AND decision.decided_at >= :since AND decision.decided_at < :until;
