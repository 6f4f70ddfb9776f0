-- name: call(id)^
SELECT node, number, business, agent, channel,
       CASE record WHEN '' THEN '' ELSE coalesce(CAST(record AS json) #>> '{facts,campaign,industry}', '') END AS industry
FROM decision WHERE id = :id;

-- Recordings of before have no index of time against file: there the length tells the position better than the start
-- did, since until there was sound (ringing) Asterisk wrote none.
-- name: of_number(number)
SELECT opt_out.at, opt_out.how, opt_out.by, opt_out.scope, opt_out.value, opt_out.node, opt_out.channel,
       opt_out.decision, opt_out.recording, recording.path, recording.sound, recording.ended_at,
       CASE WHEN opt_out.position IS NULL OR recording.seconds IS NULL OR recording.ended_at IS NULL
            THEN opt_out.position
            ELSE greatest(0, least(recording.seconds, CAST(round(CAST(recording.seconds AS numeric)
                     - (instant_us(recording.ended_at) - instant_us(opt_out.at)) / 1000000.0, 2) AS double precision)))
       END AS position
FROM opt_out LEFT JOIN recording ON recording.id = opt_out.recording
WHERE opt_out.number = :number
ORDER BY opt_out.seq;
