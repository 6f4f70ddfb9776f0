-- name: call(id)^
SELECT node, number, business, agent, channel, coalesce(json_extract(record, '$.facts.campaign.industry'), '') AS industry
FROM decision WHERE id = :id;

-- The same person's same word in the same call, heard by another or said again.
-- name: said(number, decision, how, by, scope, value)^
SELECT at, channel, recording, position FROM opt_out
WHERE number = :number AND decision = :decision AND how = :how AND by = :by AND scope = :scope AND value = :value
ORDER BY seq LIMIT 1;

-- The call's recording that ran then: the carrier leg's, the newest. Else the newest that had begun.
-- name: recording(decision, at)^
SELECT id FROM recording
WHERE decision = :decision AND started_at <= :at
ORDER BY ended_at IS NULL OR ended_at >= :at DESC, part = 'carrier' DESC, started_at DESC LIMIT 1;

-- Not twice: a commit that was reported as failed may have happened all the same.
-- name: insert(at, number, scope, value, how, by, node, channel, decision, recording, position)!
INSERT INTO opt_out (at, number, scope, value, how, by, node, channel, decision, recording, position)
SELECT :at, CAST(:number AS BIGINT), :scope, :value, :how, :by, :node, :channel, :decision, :recording,
       CAST(:position AS DOUBLE PRECISION)
WHERE NOT EXISTS (SELECT 1 FROM opt_out
                  WHERE number = :number AND at = :at AND how = :how AND scope = :scope AND value = :value
                    AND channel = :channel AND decision = :decision);

-- Recordings of before have no index of time against file: there the length tells the position better than the start
-- did, since until there was sound (ringing) Asterisk wrote none.
-- name: of_number(number)
SELECT opt_out.at, opt_out.how, opt_out.by, opt_out.scope, opt_out.value, opt_out.node, opt_out.channel,
       opt_out.decision, opt_out.recording, recording.path, recording.sound, recording.ended_at,
       CASE WHEN opt_out.position IS NULL OR recording.seconds IS NULL OR recording.ended_at IS NULL
            THEN opt_out.position
            ELSE max(0, min(recording.seconds, round(recording.seconds - 86400 * (
                     julianday(recording.ended_at) - julianday(opt_out.at)), 2)))
       END AS position
FROM opt_out LEFT JOIN recording ON recording.id = opt_out.recording
WHERE opt_out.number = :number
ORDER BY opt_out.seq;
