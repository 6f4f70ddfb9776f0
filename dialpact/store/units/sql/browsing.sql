-- The registers as a person looks through them: each statement looks at :looked entries behind a cursor, in the order of
-- their keys, and no further. What it finds there may be less than was asked for; where the look ended is asked by the
-- statement beside it. :all is 1 where nobody is left out.

-- name: businesses(find, all, businesses, after_id, looked, most)
SELECT id, name, actor FROM (
    SELECT id, name, actor FROM business WHERE id > :after_id ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR instr(lower(id), lower(:find)) OR instr(lower(name), lower(:find)))
  AND (:all OR id IN (SELECT value FROM json_each(:businesses)))
LIMIT :most;

-- name: businesses_end(after_id, looked)^
SELECT id FROM business WHERE id > :after_id ORDER BY id LIMIT 1 OFFSET :looked - 1;

-- name: campaigns(find, business, purpose, all, businesses, all_campaigns, campaigns, after_id, looked, most)
SELECT id, business, industry, purpose, script, scrub_leads FROM (
    SELECT id, business, industry, purpose, script, scrub_leads FROM campaign
    WHERE id > :after_id ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR instr(lower(id), lower(:find)) OR instr(lower(industry), lower(:find))
       OR instr(lower(script), lower(:find)))
  AND (:business = '' OR business = :business) AND (:purpose = '' OR purpose = :purpose)
  AND (:all OR business IN (SELECT value FROM json_each(:businesses)))
  AND (:all_campaigns OR id IN (SELECT value FROM json_each(:campaigns)))
LIMIT :most;

-- name: campaigns_end(after_id, looked)^
SELECT id FROM campaign WHERE id > :after_id ORDER BY id LIMIT 1 OFFSET :looked - 1;

-- name: caller_ids(find, business, state, today, after_number, looked, most)
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as FROM (
    SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as
    FROM caller_id WHERE number > :after_number ORDER BY number LIMIT :looked
) AS near
WHERE (:find = '' OR instr(number, :find) OR instr(lower(licence), lower(:find)) OR instr(lower(carrier), lower(:find)))
  AND (:business = '' OR business = :business)
  AND (:state = '' OR :state = CASE WHEN valid_from > :today THEN 'coming' WHEN valid_to < :today THEN 'ended'
                                    ELSE 'valid' END)
LIMIT :most;

-- name: caller_ids_end(after_number, looked)^
SELECT number FROM caller_id WHERE number > :after_number ORDER BY number LIMIT 1 OFFSET :looked - 1;

-- name: scripts(find, all, businesses, all_campaigns, campaigns, after_id, looked, most)
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM (
    SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM script
    WHERE version = (SELECT max(version) FROM script AS other WHERE other.id = script.id) AND id > :after_id
    ORDER BY id LIMIT :looked
) AS near
WHERE (:find = '' OR instr(lower(id), lower(:find)))
  AND (:all AND :all_campaigns
       OR id IN (SELECT script FROM campaign
                 WHERE (:all OR business IN (SELECT value FROM json_each(:businesses)))
                   AND (:all_campaigns OR campaign.id IN (SELECT value FROM json_each(:campaigns)))))
LIMIT :most;

-- name: scripts_end(after_id, looked)^
SELECT id FROM script
WHERE version = (SELECT max(version) FROM script AS other WHERE other.id = script.id) AND id > :after_id
ORDER BY id LIMIT 1 OFFSET :looked - 1;

-- A number is looked up: the bounds of the key are that number's, :until as the last one.
-- name: consents(number, until, business, industry, state, now, after_number, after_business, after_industry, after_granted_at, looked, most)
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording FROM (
    SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
    FROM consent_now
    WHERE (:number = 0 OR number = :number) AND (number, business, industry, granted_at)
          > (:after_number, :after_business, :after_industry, :after_granted_at) AND number <= :until
    ORDER BY number, business, industry, granted_at LIMIT :looked
) AS near
WHERE (:business = '' OR business = :business) AND (:industry = '' OR industry = :industry)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN expires_at < :now THEN 'expired'
                                    ELSE 'valid' END)
LIMIT :most;

-- name: consents_end(number, until, after_number, after_business, after_industry, after_granted_at, looked)^
SELECT number, business, industry, granted_at FROM consent_now
WHERE (:number = 0 OR number = :number) AND (number, business, industry, granted_at)
      > (:after_number, :after_business, :after_industry, :after_granted_at) AND number <= :until
ORDER BY number, business, industry, granted_at LIMIT 1 OFFSET :looked - 1;

-- name: opt_outs(number, until, scope, value, after_number, after_scope, after_value, looked, most)
SELECT number, scope, value, requested_at, source FROM (
    SELECT number, scope, value, requested_at, source FROM dnc_now
    WHERE (:number = 0 OR number = :number) AND (number, scope, value) > (:after_number, :after_scope, :after_value)
      AND number <= :until
    ORDER BY number, scope, value LIMIT :looked
) AS near
WHERE (:scope = '' OR scope = :scope) AND (:value = '' OR value = :value)
LIMIT :most;

-- name: opt_outs_end(number, until, after_number, after_scope, after_value, looked)^
SELECT number, scope, value FROM dnc_now
WHERE (:number = 0 OR number = :number) AND (number, scope, value) > (:after_number, :after_scope, :after_value) AND number <= :until
ORDER BY number, scope, value LIMIT 1 OFFSET :looked - 1;

-- Of a batch that is not all in the time of withdrawal is empty.
-- name: batches(find, campaign, state, after_id, looked, most)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, '' AS finding, held,
       withdrawn_at
FROM (SELECT * FROM batch WHERE id < :after_id ORDER BY id DESC LIMIT :looked) AS near
WHERE withdrawn_at IS NOT ''
  AND (:find = '' OR instr(lower(partner), lower(:find)) OR instr(lower(contract), lower(:find))
       OR instr(lower(file), lower(:find)))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN held <> '' THEN 'held'
                                    ELSE 'counting' END)
LIMIT :most;

-- name: batches_end(after_id, looked)^
SELECT id FROM batch WHERE id < :after_id ORDER BY id DESC LIMIT 1 OFFSET :looked - 1;

-- name: batches_with(number, find, campaign, state, after_id, looked, most)
SELECT id, campaign, partner, contract, basis, file, sha256, imported_at, imported_by, rows, '' AS finding, held,
       withdrawn_at
FROM (SELECT batch AS of FROM lead WHERE number = :number AND batch < :after_id ORDER BY batch DESC LIMIT :looked) AS near
     CROSS JOIN batch ON batch.id = near.of
WHERE withdrawn_at IS NOT ''
  AND (:find = '' OR instr(lower(partner), lower(:find)) OR instr(lower(contract), lower(:find))
       OR instr(lower(file), lower(:find)))
  AND (:campaign = '' OR campaign = :campaign)
  AND (:state = '' OR :state = CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN held <> '' THEN 'held'
                                    ELSE 'counting' END)
LIMIT :most;

-- name: batches_with_end(number, after_id, looked)^
SELECT batch AS id FROM lead WHERE number = :number AND batch < :after_id ORDER BY batch DESC LIMIT 1 OFFSET :looked - 1;

-- name: suspensions(kind, find, lifted, everything, all, businesses, all_campaigns, campaigns, agents, after_seq, looked, most)
SELECT seq, kind, key, since, by, cause, evidence, lifted_at, lifted_by, lift_reason FROM (
    SELECT * FROM suspension WHERE seq < :after_seq ORDER BY seq DESC LIMIT :looked
) AS near
WHERE (:kind = '' OR kind = :kind) AND (:lifted OR lifted_at IS NULL)
  AND (:find = '' OR instr(lower(key), lower(:find)))
  AND (:everything
       OR kind = 'agent' AND key IN (SELECT value FROM json_each(:agents))
       OR kind = 'campaign'
          AND EXISTS (SELECT 1 FROM campaign
                      WHERE campaign.id = near.key
                        AND (:all OR business IN (SELECT value FROM json_each(:businesses)))
                        AND (:all_campaigns OR campaign.id IN (SELECT value FROM json_each(:campaigns)))))
LIMIT :most;

-- name: suspensions_end(after_seq, looked)^
SELECT seq FROM suspension WHERE seq < :after_seq ORDER BY seq DESC LIMIT 1 OFFSET :looked - 1;

-- name: registrations(find, holder, kind, state, today, after_holder, after_id, after_kind, after_valid_from, looked, most)
SELECT holder, id, kind, valid_from, valid_to, number FROM (
    SELECT holder, id, kind, valid_from, valid_to, number FROM registration
    WHERE (holder, id, kind, valid_from) > (:after_holder, :after_id, :after_kind, :after_valid_from)
    ORDER BY holder, id, kind, valid_from LIMIT :looked
) AS near
WHERE (:find = '' OR instr(lower(id), lower(:find)) OR instr(lower(number), lower(:find)))
  AND (:holder = '' OR holder = :holder) AND (:kind = '' OR kind = :kind)
  AND (:state = '' OR :state = CASE WHEN valid_from > :today THEN 'coming' WHEN valid_to < :today THEN 'ended'
                                    ELSE 'valid' END)
LIMIT :most;

-- name: registrations_end(after_holder, after_id, after_kind, after_valid_from, looked)^
SELECT holder, id, kind, valid_from FROM registration
WHERE (holder, id, kind, valid_from) > (:after_holder, :after_id, :after_kind, :after_valid_from)
ORDER BY holder, id, kind, valid_from LIMIT 1 OFFSET :looked - 1;

-- name: script_versions(id)
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked FROM script WHERE id = :id ORDER BY version DESC;

-- name: script_text(id, version)^
SELECT text FROM script WHERE id = :id AND version = :version;

-- What was done to one entry, the newest first, each with its leaf.
-- name: acts(register, key, after, most)
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM register_change AS act LEFT JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(act.seq AS TEXT)
WHERE act.register = :register AND act.key = :key AND act.seq < :after
ORDER BY act.seq DESC LIMIT :most;

-- The file by which an entry came in, where no act of its own has it: its time of entry is the import's.
-- name: import_at(register, at)
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM register_change AS act LEFT JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(act.seq AS TEXT)
WHERE act.register = :register AND act.action = 'import' AND act.at = :at
ORDER BY act.seq DESC;

-- Of caller IDs the import says each, and replaces what was there. The newest ones, and how long they are.
-- name: newest_imports(register, most)
SELECT seq, length(detail) AS size FROM register_change WHERE register = :register AND action = 'import'
ORDER BY at DESC LIMIT :most;

-- name: imports_naming(seqs, number)
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM json_each(:seqs) AS asked CROSS JOIN register_change AS act ON act.seq = asked.value
     LEFT JOIN ledger ON ledger.kind = 'register-change' AND ledger.key = CAST(act.seq AS TEXT)
WHERE EXISTS (SELECT 1 FROM json_each(act.detail, '$.entries') AS one
              WHERE json_extract(one.value, '$.number') = :number);

-- name: act_of_leaf(leaf)^
SELECT act.seq, act.at, act.actor AS by, act.register, act.action, act.key, act.detail, ledger.leaf_index AS leaf
FROM ledger JOIN register_change AS act ON act.seq = CAST(ledger.key AS INTEGER)
WHERE ledger.leaf_index = :leaf AND ledger.kind = 'register-change';

-- name: entered_consents(number)
SELECT created_at FROM consent_now WHERE number = :number;

-- name: entered_opt_outs(number)
SELECT created_at FROM dnc_now WHERE number = :number;

-- name: differs(register, key)^
SELECT 1 FROM register_difference WHERE register = :register AND key = :key LIMIT 1;

-- name: leaves_of_said(number)
SELECT opt_out.seq, ledger.leaf_index AS leaf
FROM opt_out LEFT JOIN ledger ON ledger.kind = 'opt-out' AND ledger.key = CAST(opt_out.seq AS TEXT)
WHERE opt_out.number = :number;
