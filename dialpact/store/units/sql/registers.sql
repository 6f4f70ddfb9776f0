-- name: log_change(at, actor, register, action, key, detail)!
INSERT INTO register_change (at, actor, register, action, key, detail)
VALUES (:at, :actor, :register, :action, :key, :detail);

-- name: history(register, keys)
SELECT at, actor, action, detail FROM register_change
WHERE register = :register AND key IN (SELECT value FROM json_each(:keys)) ORDER BY seq;

-- name: made(seqs)
SELECT seq, at, actor AS by, register, action, key, detail FROM register_change
WHERE seq IN (SELECT value FROM json_each(:seqs)) ORDER BY seq;

-- name: get_business(id)^
SELECT id, name, actor FROM business WHERE id = :id;

-- name: list_businesses(id, after_id, most)
SELECT id, name, actor FROM business WHERE (:id = '' OR id = :id) AND id > :after_id ORDER BY id LIMIT :most;

-- name: insert_business(id, name, actor, created_at)!
INSERT INTO business (id, name, actor, created_at) VALUES (:id, :name, :actor, :created_at);

-- name: get_campaign(id)^
SELECT id, business, industry, purpose, script, scrub_leads FROM campaign WHERE id = :id;

-- name: list_campaigns(id, business, after_id, most)
SELECT id, business, industry, purpose, script, scrub_leads FROM campaign
WHERE (:id = '' OR id = :id) AND (:business = '' OR business = :business) AND id > :after_id
ORDER BY id LIMIT :most;

-- name: reading_script(script)
SELECT DISTINCT business FROM campaign WHERE script = :script ORDER BY business;

-- name: has_industry(industry)^
SELECT 1 FROM campaign WHERE industry = :industry LIMIT 1;

-- name: insert_campaign(id, business, industry, purpose, script, scrub_leads, created_at)!
INSERT INTO campaign (id, business, industry, purpose, script, scrub_leads, created_at)
VALUES (:id, :business, :industry, :purpose, :script, :scrub_leads, :created_at);

-- name: change_campaign(id, industry, purpose, script, scrub_leads)!
UPDATE campaign SET industry = :industry, purpose = :purpose, script = :script, scrub_leads = :scrub_leads
WHERE id = :id;

-- name: list_caller_ids(business, after_number, most)
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as
FROM caller_id
WHERE (:business = '' OR business = :business) AND number > :after_number
ORDER BY number LIMIT :most;

-- name: find_caller_id(number, business)
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as
FROM caller_id WHERE number = :number AND (:business = '' OR business = :business);

-- name: put_caller_id(number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as, created_at)!
INSERT INTO caller_id (number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to,
                       sent_as, created_at)
VALUES (:number, :business, :licence, :carrier, :authenticated, :trunks, :purposes, :valid_from, :valid_to,
        :sent_as, :created_at)
ON CONFLICT (number) DO UPDATE SET business = excluded.business, licence = excluded.licence,
    carrier = excluded.carrier, authenticated = excluded.authenticated, trunks = excluded.trunks,
    purposes = excluded.purposes, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    sent_as = excluded.sent_as;

-- name: delete_caller_id(number)!
DELETE FROM caller_id WHERE number = :number;

-- A number is looked up: the bounds of the key are that number's, :until as the last one.
-- name: list_consents(number, until, business, industry, after_number, after_business, after_industry, after_granted_at, most)
SELECT number, business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
FROM consent_now
WHERE number <= :until AND (CAST(:number AS BIGINT) = 0 OR number = :number) AND (:business = '' OR business = :business)
  AND (:industry = '' OR industry = :industry)
  AND (number, business, industry, granted_at)
      > (:after_number, :after_business, :after_industry, :after_granted_at)
ORDER BY number, business, industry, granted_at LIMIT :most;

-- name: get_consent(number, business, industry, granted_at)^
SELECT expires_at, evidence, evidence_sha256, wording FROM consent
WHERE number = :number AND business = :business AND industry = :industry AND granted_at = :granted_at;

-- A consent older than a withdrawal in its scope was withdrawn with it, even if it is registered later.
-- name: insert_consent(number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording, created_at)!
INSERT INTO consent (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording,
                     withdrawn_at, created_at)
VALUES (:number, :business, :industry, :granted_at, :expires_at, :evidence, :evidence_sha256, :wording,
        (SELECT max(withdrawn_at) FROM consent
         WHERE number = :number AND business = :business AND industry = :industry
           AND withdrawn_at >= :granted_at),
        :created_at);

-- name: shorten_consent(number, business, industry, granted_at, expires_at)!
UPDATE consent SET expires_at = :expires_at
WHERE number = :number AND business = :business AND industry = :industry AND granted_at = :granted_at;

-- name: withdraw_consents(number, business, industry, withdrawn_at)!
UPDATE consent SET withdrawn_at = :withdrawn_at
WHERE number = :number AND business = :business AND (:industry = '' OR industry = :industry)
  AND withdrawn_at IS NULL;

-- name: list_dnc(number, until, scope, value, after_number, after_scope, after_value, most)
SELECT number, scope, value, requested_at, source FROM dnc_now
WHERE number <= :until AND (CAST(:number AS BIGINT) = 0 OR number = :number) AND (:scope = '' OR scope = :scope)
  AND (:value = '' OR value = :value)
  AND (number, scope, value) > (:after_number, :after_scope, :after_value)
ORDER BY number, scope, value LIMIT :most;

-- name: get_dnc(number, scope, value)^
SELECT requested_at, source, created_at FROM do_not_call
WHERE number = :number AND scope = :scope AND value = :value;

-- name: insert_dnc(number, scope, value, requested_at, source, created_at)!
INSERT OR IGNORE INTO do_not_call (number, scope, value, requested_at, source, created_at)
VALUES (:number, :scope, :value, :requested_at, :source, :created_at);

-- name: delete_dnc(number, scope, value)!
DELETE FROM do_not_call WHERE number = :number AND scope = :scope AND value = :value;
