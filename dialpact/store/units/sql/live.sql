-- What is going on now. Each statement looks at so many entries of an index and no further; whoever watches asks again every
-- few seconds. Limits (:all, :businesses, ...) as in listings.sql.

-- Calls that are being recorded: few at a time, and an index has them alone.
-- name: under_way(all, businesses, any_campaign, campaigns, any_agent, agents, looked)
SELECT decision.id FROM (
    SELECT DISTINCT decision FROM recording INDEXED BY recording_open
    WHERE state IN ('starting', 'running') LIMIT :looked
) AS open CROSS JOIN decision ON decision.id = open.decision
WHERE (:all OR business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR agent IN (SELECT value FROM json_each(:agents)))
ORDER BY decided_at DESC, decision.id DESC;

-- How it stands with the recordings of these calls; the states as in list_recordings.
-- name: states(decisions)
SELECT id, decision, part,
       CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN NOT unseen OR state = 'failed' THEN state
            WHEN settled IS NULL THEN 'unseen' WHEN settled THEN 'kept' ELSE 'unanswered' END AS state
FROM (
    SELECT id, decision, part, state, disposed_at, unseen, started_at,
           CASE WHEN unseen THEN (
               SELECT json_extract(detail, '$.answered') FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording WHERE decision IN (SELECT value FROM json_each(:decisions))
)
ORDER BY started_at, id;

-- By ten seconds. An ALLOW that was never delivered counts as the block that it became.
-- name: slices(all, businesses, any_campaign, campaigns, any_agent, agents, since, looked)
SELECT substr(near.decided_at, 1, length('2026-11-24T02:00:1')) AS slice,
       iif(undelivered.reason IS NULL, near.verdict, 'BLOCK') AS verdict,
       iif(undelivered.reason IS NULL, near.reasons, json_array(undelivered.reason)) AS reasons,
       count(*) AS count
FROM (
    SELECT decided_at, id, verdict, campaign, business, reasons FROM decision INDEXED BY decision_in_report
    WHERE decided_at >= :since ORDER BY decided_at DESC LIMIT :looked
) AS near LEFT JOIN undelivered ON undelivered.decision = near.id
WHERE (:all OR business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR (SELECT agent FROM decision WHERE id = near.id) IN (SELECT value FROM json_each(:agents)))
GROUP BY 1, 2, 3;

-- name: slices_end(since, looked)^
SELECT decided_at FROM decision INDEXED BY decision_in_report
WHERE decided_at >= :since ORDER BY decided_at DESC LIMIT 1 OFFSET :looked - 1;

-- Of the newest so many: what is not about a call is nobody's who sees some calls alone.
-- name: incidents(all, businesses, any_campaign, campaigns, any_agent, agents, since, looked)
SELECT kind, count(*) AS count, min(at) AS first, max(at) AS last
FROM (SELECT seq, at, kind, decision FROM incident ORDER BY seq DESC LIMIT :looked) AS near
     LEFT JOIN decision ON near.decision <> '' AND decision.id = near.decision
WHERE at >= :since
  AND (:all OR decision.business IN (SELECT value FROM json_each(:businesses)))
  AND (:any_campaign OR decision.campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:any_agent OR decision.agent IN (SELECT value FROM json_each(:agents)))
GROUP BY kind ORDER BY last DESC, kind;
