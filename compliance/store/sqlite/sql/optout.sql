-- name: call(id)^
SELECT node, number, business, agent, channel, coalesce(json_extract(record, '$.facts.campaign.industry'), '') AS industry
FROM decision WHERE id = :id;

-- The same person's same word in the same call, heard by another or said again.
-- name: said(number, decision, how, by, scope, value)^
SELECT at, channel, recording, position FROM opt_out
WHERE number = :number AND decision = :decision AND how = :how AND by = :by AND scope = :scope AND value = :value
ORDER BY seq LIMIT 1;

-- The call's newest recording that had begun by then, of the carrier leg where there are others.
-- name: recording(decision, at)^
SELECT id, started_at, answered_at, ended_at FROM recording
WHERE decision = :decision AND started_at <= :at
ORDER BY part <> 'carrier', started_at DESC LIMIT 1;

-- Not twice: a commit that was reported as failed may have happened all the same.
-- name: insert(at, number, scope, value, how, by, node, channel, decision, recording, position)!
INSERT INTO opt_out (at, number, scope, value, how, by, node, channel, decision, recording, position)
SELECT :at, :number, :scope, :value, :how, :by, :node, :channel, :decision, :recording, :position
WHERE NOT EXISTS (SELECT 1 FROM opt_out
                  WHERE number = :number AND at = :at AND how = :how AND scope = :scope AND value = :value
                    AND channel = :channel AND decision = :decision);

-- Once a recording is complete its length tells the position better than its start did: until there is sound
-- (ringing) Asterisk writes none.
-- name: of_number(number)
SELECT opt_out.at, opt_out.how, opt_out.by, opt_out.scope, opt_out.value, opt_out.node, opt_out.channel,
       opt_out.decision, opt_out.recording, recording.path,
       CASE WHEN opt_out.position IS NULL OR recording.seconds IS NULL OR recording.ended_at IS NULL
            THEN opt_out.position
            ELSE max(0, min(recording.seconds, round(recording.seconds - 86400 * (
                     julianday(recording.ended_at) - julianday(opt_out.at)), 2)))
       END AS position
FROM opt_out LEFT JOIN recording ON recording.id = opt_out.recording
WHERE opt_out.number = :number
ORDER BY opt_out.seq;
