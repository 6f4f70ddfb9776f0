-- The registers as a person looks through them, of all nodes. A look keeps to the order of its keys, whatever the plan.

-- name: businesses(find, all, businesses, after_id, looked, most)
SELECT id, name, actor FROM (
    SELECT id, name, actor FROM business WHERE id > :after_id ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR strpos(lower(id), lower(:find)) > 0 OR strpos(lower(name), lower(:find)) > 0)
  AND (CAST(:all AS bigint) = 1 OR id IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
ORDER BY id LIMIT :most;

-- name: businesses_end(after_id, looked)^
SELECT id FROM business WHERE id > :after_id ORDER BY id LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: campaigns(find, business, purpose, all, businesses, all_campaigns, campaigns, after_id, looked, most)
SELECT id, business, industry, purpose, script, scrub_leads FROM (
    SELECT id, business, industry, purpose, script, scrub_leads FROM campaign
    WHERE id > :after_id ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR strpos(lower(id), lower(:find)) > 0 OR strpos(lower(industry), lower(:find)) > 0
       OR strpos(lower(script), lower(:find)) > 0)
  AND (:business = '' OR business = :business) AND (:purpose = '' OR purpose = :purpose)
  AND (CAST(:all AS bigint) = 1 OR business IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
  AND (CAST(:all_campaigns AS bigint) = 1 OR id IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))
ORDER BY id LIMIT :most;

-- name: campaigns_end(after_id, looked)^
SELECT id FROM campaign WHERE id > :after_id ORDER BY id LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: caller_ids(find, business, state, today, after_number, looked, most)
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as FROM (
    SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as
    FROM caller_id WHERE number > :after_number ORDER BY number LIMIT :looked
) AS near
WHERE (:find = '' OR strpos(number, :find) > 0 OR strpos(lower(licence), lower(:find)) > 0
  OR strpos(lower(carrier), lower(:find)) > 0)
  AND (:business = '' OR business = :business)
  AND (:state = '' OR :state = CASE WHEN valid_from > :today THEN 'coming' WHEN valid_to < :today THEN 'ended'
                                    ELSE 'valid' END)
ORDER BY number LIMIT :most;

-- name: caller_ids_end(after_number, looked)^
SELECT number FROM caller_id WHERE number > :after_number ORDER BY number LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: scripts(find, all, businesses, all_campaigns, campaigns, after_id, looked, most)
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM (
    SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM script
    WHERE version = (SELECT max(version) FROM script AS other WHERE other.id = script.id) AND id > :after_id
    ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR strpos(lower(id), lower(:find)) > 0)
  AND (CAST(:all AS bigint) = 1 AND CAST(:all_campaigns AS bigint) = 1
       OR id IN (SELECT script FROM campaign
                 WHERE (CAST(:all AS bigint) = 1 OR business
                   IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
                   AND (CAST(:all_campaigns AS bigint) = 1 OR campaign.id
                     IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))))
ORDER BY id LIMIT :most;

-- name: scripts_end(after_id, looked)^
SELECT id FROM script
WHERE version = (SELECT max(version) FROM script AS other WHERE other.id = script.id) AND id > :after_id
ORDER BY id LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: consents(number, until, business, industry, state, now, after_number, after_business, after_industry, after_granted_at, looked, most)
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording FROM (
    SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
    FROM consent_now
    WHERE (CAST(:number AS bigint) = 0 OR number = :number) AND (number, business, industry, granted_at)
          > (:after_number, :after_business, :after_industry, :after_granted_at) AND number <= :until
    ORDER BY number, business, industry, granted_at LIMIT :looked
) AS near
WHERE (:business = '' OR business = :business) AND (:industry = '' OR industry = :industry)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN expires_at < :now THEN 'expired'
                                    ELSE 'valid' END)
ORDER BY number, business, industry, granted_at LIMIT :most;

-- name: consents_end(number, until, after_number, after_business, after_industry, after_granted_at, looked)^
SELECT number, business, industry, granted_at FROM consent_now
WHERE (CAST(:number AS bigint) = 0 OR number = :number) AND (number, business, industry, granted_at)
      > (:after_number, :after_business, :after_industry, :after_granted_at) AND number <= :until
ORDER BY number, business, industry, granted_at LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: opt_outs(number, until, scope, value, after_number, after_scope, after_value, looked, most)
SELECT number, scope, value, requested_at, source FROM (
    SELECT number, scope, value, requested_at, source FROM dnc_now
    WHERE (CAST(:number AS bigint) = 0 OR number = :number)
      AND (number, scope, value) > (:after_number, :after_scope, :after_value)
      AND number <= :until
    ORDER BY number, scope, value LIMIT :looked
) AS near
WHERE (:scope = '' OR scope = :scope) AND (:value = '' OR value = :value)
ORDER BY number, scope, value LIMIT :most;

-- name: opt_outs_end(number, until, after_number, after_scope, after_value, looked)^
SELECT number, scope, value FROM dnc_now
WHERE (CAST(:number AS bigint) = 0 OR number = :number)
  AND (number, scope, value) > (:after_number, :after_scope, :after_value) AND number <= :until
ORDER BY number, scope, value LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: batches(find, campaign, state, after_id, looked, most)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, '' AS finding, held,
       withdrawn_at
FROM (SELECT * FROM batch WHERE id < :after_id ORDER BY id DESC LIMIT :looked) AS near
WHERE withdrawn_at IS DISTINCT FROM ''
  AND (:find = '' OR strpos(lower(partner), lower(:find)) > 0 OR strpos(lower(contract), lower(:find)) > 0
       OR strpos(lower(file), lower(:find)) > 0)
  AND (:campaign = '' OR campaign = :campaign)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN held <> '' THEN 'held'
                                    ELSE 'counting' END)
ORDER BY id DESC LIMIT :most;

-- name: batches_end(after_id, looked)^
SELECT id FROM batch WHERE id < :after_id ORDER BY id DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: batches_with(number, find, campaign, state, after_id, looked, most)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, '' AS finding, held,
       withdrawn_at
FROM (SELECT batch AS of FROM lead
  WHERE number = :number AND batch < :after_id ORDER BY batch DESC LIMIT :looked) AS near
     JOIN batch ON batch.id = near.of
WHERE withdrawn_at IS DISTINCT FROM ''
  AND (:find = '' OR strpos(lower(partner), lower(:find)) > 0 OR strpos(lower(contract), lower(:find)) > 0
       OR strpos(lower(file), lower(:find)) > 0)
  AND (:campaign = '' OR campaign = :campaign)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN held <> '' THEN 'held'
                                    ELSE 'counting' END)
ORDER BY id DESC LIMIT :most;

-- name: batches_with_end(number, after_id, looked)^
SELECT batch AS id FROM lead WHERE number = :number
  AND batch < :after_id ORDER BY batch DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: suspensions(kind, find, lifted, everything, all, businesses, all_campaigns, campaigns, agents, after_seq, looked, most)
SELECT seq, kind, key, since, by, cause, evidence, lifted_at, lifted_by, lift_reason FROM (
    SELECT * FROM suspension WHERE seq < :after_seq ORDER BY seq DESC LIMIT :looked
) AS near
WHERE (:kind = '' OR kind = :kind) AND (CAST(:lifted AS bigint) = 1 OR lifted_at IS NULL)
  AND (:find = '' OR strpos(lower(key), lower(:find)) > 0)
  AND (CAST(:everything AS bigint) = 1
       OR kind = 'agent' AND key IN (SELECT jsonb_array_elements_text(CAST(:agents AS jsonb)))
       OR kind = 'campaign'
          AND EXISTS (SELECT 1 FROM campaign
                      WHERE campaign.id = near.key
                        AND (CAST(:all AS bigint) = 1 OR business
                          IN (SELECT jsonb_array_elements_text(CAST(:businesses AS jsonb))))
                        AND (CAST(:all_campaigns AS bigint) = 1 OR campaign.id
                          IN (SELECT jsonb_array_elements_text(CAST(:campaigns AS jsonb))))))
ORDER BY seq DESC LIMIT :most;

-- name: suspensions_end(after_seq, looked)^
SELECT seq FROM suspension WHERE seq < :after_seq ORDER BY seq DESC LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: registrations(find, holder, kind, state, today, after_holder, after_id, after_kind, after_valid_from, looked, most)
SELECT holder, id, kind, valid_from, valid_to, number FROM (
    SELECT holder, id, kind, valid_from, valid_to, number FROM registration
    WHERE (holder, id, kind, valid_from) > (:after_holder, :after_id, :after_kind, :after_valid_from)
    ORDER BY holder, id, kind, valid_from LIMIT :looked
) AS near
WHERE (:find = '' OR strpos(lower(id), lower(:find)) > 0 OR strpos(lower(number), lower(:find)) > 0)
  AND (:holder = '' OR holder = :holder) AND (:kind = '' OR kind = :kind)
  AND (:state = '' OR :state = CASE WHEN valid_from > :today THEN 'coming' WHEN valid_to < :today THEN 'ended'
                                    ELSE 'valid' END)
ORDER BY holder, id, kind, valid_from LIMIT :most;

-- name: registrations_end(after_holder, after_id, after_kind, after_valid_from, looked)^
SELECT holder, id, kind, valid_from FROM registration
WHERE (holder, id, kind, valid_from) > (:after_holder, :after_id, :after_kind, :after_valid_from)
ORDER BY holder, id, kind, valid_from LIMIT 1 OFFSET CAST(:looked AS bigint) - 1;

-- name: imports_naming(seqs, number)
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM jsonb_array_elements_text(CAST(:seqs AS jsonb)) WITH ORDINALITY AS asked(value, place)
     JOIN register_change AS act ON act.seq = CAST(asked.value AS bigint)
     LEFT JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(act.seq AS text)
WHERE EXISTS (
    SELECT 1 FROM json_array_elements(
        CASE json_typeof(CAST(act.detail AS json) -> 'entries')
          WHEN 'array' THEN CAST(act.detail AS json) -> 'entries' END
    ) AS one(entry) WHERE entry ->> 'number' = :number)
ORDER BY asked.place;

-- Of the log of this node.
-- name: act_of_leaf(leaf)^
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM ledger JOIN register_change AS act ON act.seq = CAST(ledger.key AS bigint)
WHERE ledger.node = current_setting('dialpact.node') AND ledger.leaf_index = :leaf AND ledger.kind = 'register-change';
