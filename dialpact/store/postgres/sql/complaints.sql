-- The register of complaints, as units/sql/complaints.sql has it.

-- name: same_complaint(number, called_at, source, caller_id, businesses)^
SELECT id FROM complaint
WHERE number = :number AND called_at = :called_at AND source = :source
  AND (:caller_id = '' OR caller_id = :caller_id)
  AND (CAST(:businesses AS text) IS NULL OR decision = '' OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))))
ORDER BY id LIMIT 1;

-- name: same_before(number, called_at, source, caller_id, businesses)^
SELECT CAST(key AS bigint) AS id FROM register_change
WHERE register = 'complaint' AND action = 'correct' AND CAST(detail AS json) #>> '{from,number}' = :number
  AND CAST(detail AS json) #>> '{from,called_at}' = :called_at AND CAST(detail AS json) #>> '{from,source}' = :source
  AND (:caller_id = '' OR CAST(detail AS json) #>> '{from,caller_id}' = :caller_id)
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM complaint LEFT JOIN decision AS call ON call.id = complaint.decision
       WHERE complaint.id = CAST(register_change.key AS bigint)
         AND (complaint.decision = '' OR call.business
           IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))))
ORDER BY seq LIMIT 1;

-- name: nearest_call(number, caller_id, since, until, called_at, businesses)^
SELECT id, business, campaign, caller_id, agent FROM decision
WHERE number = :number AND (:caller_id = '' OR caller_id = :caller_id)
  AND decided_at BETWEEN :since AND :until AND dial <> ''
  AND (CAST(:businesses AS text) IS NULL OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY abs(instant_us(decided_at) - instant_us(:called_at)), decided_at, node, seq LIMIT 1;

-- name: insert_complaint(number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due)<!
INSERT INTO complaint (number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due)
VALUES (:number, :called_at, :source, :caller_id, :campaign, :agent, :decision, :note, :received_at, :due)
RETURNING id;

-- name: list_complaints(id, number, status, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE (CAST(:id AS bigint) = 0 OR id = :id) AND id >= 1 AND id < :after
  AND (CAST(:number AS bigint) = 0 OR number = :number) AND (:status = '' OR status = :status)
ORDER BY id DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: inbox_open(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, before, after_due_key, after_id, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing, coalesce(due, '') AS due_key FROM complaint
WHERE status = 'open' AND (coalesce(due, ''), id) > (:after_due_key, :after_id) AND coalesce(due, '') < :before
  AND (CAST(:number AS bigint) = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (CAST(:unmatched AS bigint) = 0 OR decision = '')
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))))
ORDER BY coalesce(due, ''), id LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: inbox_answered(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE status = 'answered' AND closed_at IS NULL AND id < :after
  AND (CAST(:number AS bigint) = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (CAST(:unmatched AS bigint) = 0 OR decision = '')
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))))
ORDER BY id DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: inbox_closed(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE closed_at IS NOT NULL AND id < :after
  AND (CAST(:number AS bigint) = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (CAST(:unmatched AS bigint) = 0 OR decision = '')
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))))
ORDER BY id DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: inbox_all(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE id < :after
  AND (CAST(:number AS bigint) = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (CAST(:unmatched AS bigint) = 0 OR decision = '')
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))))
ORDER BY id DESC LIMIT NULLIF(CAST(:most AS bigint), -1);

-- name: waiting(today, campaigns, agents, businesses)^
SELECT count(*) AS open, count(*) FILTER (WHERE due < :today) AS overdue, count(*) FILTER (WHERE due = :today) AS today,
       count(*) FILTER (WHERE due IS NULL) AS unknown
FROM complaint
WHERE status = 'open'
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision
         AND call.business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))));

-- name: complaint_of_theirs(id, campaigns, agents, businesses)^
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE id = :id
  AND (CAST(:campaigns AS text) IS NULL OR campaign IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
  AND (CAST(:agents AS text) IS NULL OR agent IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb))))
  AND (CAST(:businesses AS text) IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business
         IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)))));

-- name: holds_caller_id(key, businesses)^
SELECT 1 FROM caller_id WHERE number = :key AND business
  IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb)));
