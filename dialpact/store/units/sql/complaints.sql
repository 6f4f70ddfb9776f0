-- Of whoever speaks for some businesses alone (:businesses, else null): theirs, and those that were matched to no call.
-- The same complaint from the same source, perhaps without the caller ID that the first one was matched to.
-- name: same_complaint(number, called_at, source, caller_id, businesses)^
SELECT id FROM complaint
WHERE number = :number AND called_at = :called_at AND source = :source
  AND (:caller_id = '' OR caller_id = :caller_id)
  AND (:businesses IS NULL OR decision = '' OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))))
ORDER BY id LIMIT 1;

-- The same, filed again after it was corrected: the log has what it was, in the log's own spelling.
-- name: same_before(number, called_at, source, caller_id, businesses)^
SELECT CAST(key AS INTEGER) AS id FROM register_change
WHERE register = 'complaint' AND action = 'correct' AND json_extract(detail, '$.from.number') = :number
  AND json_extract(detail, '$.from.called_at') = :called_at AND json_extract(detail, '$.from.source') = :source
  AND (:caller_id = '' OR json_extract(detail, '$.from.caller_id') = :caller_id)
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM complaint LEFT JOIN decision AS call ON call.id = complaint.decision
       WHERE complaint.id = CAST(register_change.key AS INTEGER)
         AND (complaint.decision = '' OR call.business IN (SELECT value FROM json_each(:businesses)))))
ORDER BY seq LIMIT 1;

-- A call that was put through: there was something to dial, and the PBX was told.
-- name: nearest_call(number, caller_id, since, until, called_at, businesses)^
SELECT id, business, campaign, caller_id, agent FROM decision
WHERE number = :number AND (:caller_id = '' OR caller_id = :caller_id)
  AND decided_at BETWEEN :since AND :until AND dial <> ''
  AND (:businesses IS NULL OR business IN (SELECT value FROM json_each(:businesses)))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY abs(julianday(decided_at) - julianday(:called_at)), seq LIMIT 1;

-- name: insert_complaint(number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due)<!
INSERT INTO complaint (number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due)
VALUES (:number, :called_at, :source, :caller_id, :campaign, :agent, :decision, :note, :received_at, :due);

-- name: list_complaints(id, number, status, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE id >= iif(:id = 0, 1, :id) AND id < iif(:id = 0, :after, min(:after, :id + 1))
  AND (:number = 0 OR number = :number) AND (:status = '' OR status = :status)
ORDER BY id DESC LIMIT :most;

-- Lists for whoever answers them. Each goes along an index in its own order, and stops where the page is full.
-- :campaigns, :agents, :businesses: JSON of those alone whose call they are about, else null.
-- name: inbox_open(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, before, after_due_key, after_id, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing, ifnull(due, '') AS due_key FROM complaint INDEXED BY complaint_by_due
WHERE status = 'open' AND (ifnull(due, ''), id) > (:after_due_key, :after_id) AND ifnull(due, '') < :before
  AND (:number = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (NOT :unmatched OR decision = '')
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))))
ORDER BY ifnull(due, ''), id LIMIT :most;

-- name: inbox_answered(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint INDEXED BY complaint_to_close
WHERE status = 'answered' AND closed_at IS NULL AND id < :after
  AND (:number = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (NOT :unmatched OR decision = '')
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))))
ORDER BY id DESC LIMIT :most;

-- name: inbox_closed(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint INDEXED BY complaint_closed
WHERE closed_at IS NOT NULL AND id < :after
  AND (:number = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (NOT :unmatched OR decision = '')
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))))
ORDER BY id DESC LIMIT :most;

-- name: inbox_all(number, source, caller_id, campaign, agent, unmatched, campaigns, agents, businesses, after, most)
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE id < :after
  AND (:number = 0 OR number = :number) AND (:source = '' OR source = :source)
  AND (:caller_id = '' OR caller_id = :caller_id) AND (:campaign = '' OR campaign = :campaign)
  AND (:agent = '' OR agent = :agent) AND (NOT :unmatched OR decision = '')
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))))
ORDER BY id DESC LIMIT :most;

-- name: waiting(today, campaigns, agents, businesses)^
SELECT count(*) AS open, ifnull(sum(due < :today), 0) AS overdue, ifnull(sum(due = :today), 0) AS today,
       ifnull(sum(due IS NULL), 0) AS unknown
FROM complaint INDEXED BY complaint_by_due
WHERE status = 'open'
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))));

-- name: complaint_of_theirs(id, campaigns, agents, businesses)^
SELECT id, number, called_at, source, caller_id, campaign, agent, decision, note, received_at, due, status,
       answered_at, answer, closed_at, closing FROM complaint
WHERE id = :id
  AND (:campaigns IS NULL OR campaign IN (SELECT value FROM json_each(:campaigns)))
  AND (:agents IS NULL OR agent IN (SELECT value FROM json_each(:agents)))
  AND (:businesses IS NULL OR EXISTS (
       SELECT 1 FROM decision AS call
       WHERE call.id = complaint.decision AND call.business IN (SELECT value FROM json_each(:businesses))));

-- What it was is in the log.
-- name: correct_complaint(id, called_at, caller_id, campaign, agent, decision)!
UPDATE complaint SET called_at = :called_at, caller_id = :caller_id, campaign = :campaign, agent = :agent,
       decision = :decision WHERE id = :id;

-- name: call_of_decision(id)^
SELECT id, number, business, campaign, caller_id, agent FROM decision WHERE id = :id;

-- name: answer_complaint(id, answered_at, answer)!
UPDATE complaint SET status = 'answered', answered_at = :answered_at, answer = :answer WHERE id = :id;

-- name: close_complaint(id, closed_at, closing)!
UPDATE complaint SET closed_at = :closed_at, closing = :closing WHERE id = :id;

-- name: complaints_agent(key, since)
SELECT id FROM complaint WHERE agent = :key AND received_at > :since ORDER BY id;

-- name: complaints_campaign(key, since)
SELECT id FROM complaint WHERE campaign = :key AND received_at > :since ORDER BY id;

-- name: complaints_caller_id(key, since)
SELECT id FROM complaint WHERE caller_id = :key AND received_at > :since ORDER BY id;

-- name: business_of_decision(id)^
SELECT business FROM decision WHERE id = :id;

-- name: purpose(campaign)^
SELECT purpose FROM campaign WHERE id = :campaign;

-- name: holds_caller_id(key, businesses)^
SELECT 1 FROM caller_id WHERE number = :key AND business IN (SELECT value FROM json_each(:businesses));
