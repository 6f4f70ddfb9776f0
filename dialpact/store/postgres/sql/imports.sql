-- As units/sql/imports.sql. Staging tables go with the session; nobody analyses them, and none of what is asked
-- of them needs it.

-- name: cache_size!
SET work_mem = '16MB';

-- name: drop_dnc!
DROP TABLE IF EXISTS pg_temp.staged_dnc;

-- name: create_dnc!
CREATE TEMP TABLE staged_dnc (
    number bigint, scope text, value text, requested_at text, source text, batch bigint
);

-- name: stage_dnc*!
INSERT INTO staged_dnc VALUES ($1, $2, $3, $4, $5, $6);

-- name: drop_new_dnc!
DROP TABLE IF EXISTS pg_temp.new_dnc;

-- name: create_new_dnc!
CREATE TEMP TABLE new_dnc (
    number       bigint NOT NULL,
    scope        text NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value        text NOT NULL CHECK ((scope = 'all') = (value = '')),
    requested_at text NOT NULL,
    source       text NOT NULL,
    PRIMARY KEY (number, scope, value)
);

-- name: sort_dnc!
INSERT INTO new_dnc
SELECT DISTINCT ON (number, scope, value) number, scope, value, requested_at, source FROM staged_dnc
ORDER BY number, scope, value, batch, requested_at, source;

-- name: digest_dnc^
SELECT number, scope, value, requested_at, source FROM new_dnc ORDER BY number, scope, value;

-- name: met_dnc(seq)
SELECT new.number, new.scope, new.value, new.requested_at, new.source
FROM (SELECT DISTINCT CAST(substr(key, 2) AS bigint) AS number, CAST(detail AS json) ->> 'scope' AS scope,
             CAST(detail AS json) ->> 'value' AS value
      FROM register_change WHERE seq > :seq AND register = 'dnc' AND action = 'add') AS single
JOIN new_dnc AS new USING (number, scope, value)
ORDER BY new.number, new.scope, new.value;

-- name: apply_dnc(at)!
INSERT INTO do_not_call (number, scope, value, requested_at, source, created_at)
SELECT number, scope, value, requested_at, source, :at FROM new_dnc ORDER BY number, scope, value
ON CONFLICT DO NOTHING;

-- name: drop_consent!
DROP TABLE IF EXISTS pg_temp.staged_consent;

-- name: create_consent!
CREATE TEMP TABLE staged_consent (
    number bigint, business text, industry text, granted_at text, expires_at text, evidence text,
    evidence_sha256 text, wording text, line bigint,
    PRIMARY KEY (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording)
);

-- name: stage_consent*!
INSERT INTO staged_consent VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING;

-- name: drop_clash_consent*!
DELETE FROM staged_consent WHERE line = $1;

-- name: replaced_consent
SELECT number, business, industry, granted_at, consent.expires_at, nullif(new.expires_at, '') AS shortened_to
FROM staged_consent AS new
    JOIN consent USING (number, business, industry, granted_at)
WHERE consent.expires_at IS DISTINCT FROM nullif(new.expires_at, '')
ORDER BY number, business, industry, granted_at;

-- name: leave_out_known_consent!
DELETE FROM staged_consent AS new WHERE EXISTS (
    SELECT 1 FROM consent AS old
    WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
      AND old.granted_at = new.granted_at AND old.expires_at IS NOT DISTINCT FROM nullif(new.expires_at, '')
);

-- name: digest_consent^
SELECT number, business, industry, granted_at, nullif(expires_at, ''), evidence, evidence_sha256, wording
FROM staged_consent
ORDER BY number, business, industry, granted_at, staged_consent.expires_at, evidence, evidence_sha256, wording;

-- name: apply_consent(at)!
INSERT INTO consent (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording,
                     withdrawn_at, created_at)
SELECT number, business, industry, granted_at, nullif(expires_at, ''), evidence, evidence_sha256, wording,
       (SELECT max(old.withdrawn_at) FROM consent AS old
        WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
          AND old.withdrawn_at >= new.granted_at),
       :at
FROM staged_consent AS new
ORDER BY number, business, industry, granted_at
ON CONFLICT (number, business, industry, granted_at) DO UPDATE SET expires_at = excluded.expires_at
WHERE consent.expires_at IS DISTINCT FROM excluded.expires_at;

-- name: drop_leads!
DROP TABLE IF EXISTS pg_temp.staged_leads;

-- name: create_leads!
CREATE TEMP TABLE staged_leads (number bigint PRIMARY KEY, line bigint);

-- name: stage_leads*!
INSERT INTO staged_leads VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: digest_leads^
SELECT number FROM staged_leads WHERE number > 0 ORDER BY number;

-- name: drop_caller_id!
DROP TABLE IF EXISTS pg_temp.staged_caller_id;

-- name: create_caller_id!
CREATE TEMP TABLE staged_caller_id (
    number text, business text, licence text, carrier text, authenticated bigint, trunks text, purposes text,
    valid_from text, valid_to text, sent_as text, line bigint,
    PRIMARY KEY (number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as)
);

-- name: stage_caller_id*!
INSERT INTO staged_caller_id VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING;

-- name: drop_clash_caller_id*!
DELETE FROM staged_caller_id WHERE line = $1;

-- name: replaced_caller_id
SELECT caller_id.* FROM staged_caller_id AS new JOIN caller_id USING (number)
WHERE (caller_id.business, caller_id.licence, caller_id.carrier, caller_id.authenticated, caller_id.trunks,
       caller_id.purposes, caller_id.valid_from, coalesce(caller_id.valid_to, ''), caller_id.sent_as)
   <> (new.business, new.licence, new.carrier, new.authenticated, new.trunks, new.purposes, new.valid_from,
       new.valid_to, new.sent_as)
ORDER BY number;
