-- What is going on now, on all nodes: as in units/sql/live.sql.

-- name: under_way(all, businesses, any_campaign, campaigns, any_agent, agents, looked)
SELECT decision.id FROM (
    SELECT DISTINCT decision FROM recording
    WHERE state IN ('starting', 'running') LIMIT :looked
) AS open JOIN decision ON decision.id = open.decision
WHERE (CAST(:all AS bigint) = 1 OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
ORDER BY decided_at DESC, decision.id DESC;

-- name: states(decisions)
SELECT id, decision, part,
       CASE WHEN disposed_at IS NOT NULL THEN 'disposed' WHEN unseen = 0 OR state = 'failed' THEN state
            WHEN settled IS NULL THEN 'unseen' WHEN settled = 1 THEN 'kept' ELSE 'unanswered' END AS state
FROM (
    SELECT id, decision, part, state, disposed_at, unseen, started_at,
           CASE WHEN unseen = 1 THEN (
               SELECT CASE CAST(detail AS json) ->> 'answered' WHEN 'true' THEN 1
                 WHEN 'false' THEN 0 END FROM register_change
               WHERE register = 'recording' AND key = recording.id AND action = 'settle' ORDER BY seq DESC LIMIT 1
           ) END AS settled
    FROM recording WHERE decision IN (SELECT jsonb_array_elements_text(CAST(:decisions AS jsonb)))
) AS found
ORDER BY started_at, id;

-- name: slices(all, businesses, any_campaign, campaigns, any_agent, agents, since, looked)
SELECT substr(near.decided_at, 1, length('2026-11-24T02:00:1')) AS slice,
       CASE WHEN undelivered.reason IS NULL THEN near.verdict ELSE 'BLOCK' END AS verdict,
       CASE WHEN undelivered.reason IS NULL THEN near.reasons
            ELSE CAST(json_build_array(undelivered.reason) AS text) END AS reasons,
       count(*) AS count
FROM (
    SELECT decided_at, id, verdict, campaign, business, reasons FROM decision
    WHERE decided_at >= :since ORDER BY decided_at DESC LIMIT :looked
) AS near LEFT JOIN undelivered ON undelivered.decision = near.id
WHERE (CAST(:all AS bigint) = 1 OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR (SELECT agent FROM decision WHERE id = near.id)
                         IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: slices_end(since, looked)^
SELECT decided_at FROM decision
WHERE decided_at >= :since ORDER BY decided_at DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: incidents(all, businesses, any_campaign, campaigns, any_agent, agents, since, looked)
SELECT kind, count(*) AS count, min(at) AS first, max(at) AS last
FROM (SELECT seq, at, kind, decision FROM incident ORDER BY seq DESC LIMIT :looked) AS near
     LEFT JOIN decision ON near.decision <> '' AND decision.id = near.decision
WHERE at >= :since
  AND (CAST(:all AS bigint) = 1 OR decision.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:any_campaign AS bigint) = 1 OR decision.campaign
    IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:any_agent AS bigint) = 1 OR decision.agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
GROUP BY kind ORDER BY last DESC, kind;
