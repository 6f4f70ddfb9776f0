-- Staging tables are temporary: they vanish with the connection, whatever happens. Their primary key is the
-- whole row, so a line that is repeated exactly counts once, and the rows come out in the order of the target.
-- Opt-outs, the longest files, are staged as they come and sorted once.

-- name: cache_size!
PRAGMA temp.cache_size = -16384;

-- name: drop_dnc!
DROP TABLE IF EXISTS temp.staged_dnc;

-- name: create_dnc!
CREATE TEMP TABLE staged_dnc (
    number INTEGER, scope TEXT, value TEXT, requested_at TEXT, source TEXT, batch INTEGER
);

-- name: stage_dnc*!
INSERT INTO staged_dnc VALUES (?, ?, ?, ?, ?, ?);

-- name: drop_new_dnc!
DROP TABLE IF EXISTS temp.new_dnc;

-- With every constraint of the register: what is in here need not be checked again under the lock.
-- name: create_new_dnc!
CREATE TEMP TABLE new_dnc (
    number       INTEGER NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value        TEXT NOT NULL CHECK ((scope = 'all') = (value = '')),
    requested_at TEXT NOT NULL,
    source       TEXT NOT NULL,
    PRIMARY KEY (number, scope, value)  -- an opt-out twice, with other dates, is still one
) STRICT, WITHOUT ROWID;

-- name: sort_dnc!
INSERT OR IGNORE INTO new_dnc SELECT number, scope, value, requested_at, source FROM staged_dnc
ORDER BY number, scope, value, batch, requested_at, source;

-- What the register has is looked for when all is in its order: in that of the file each look-up would be at
-- another end of it.
-- name: leave_out_known_dnc!
DELETE FROM new_dnc WHERE EXISTS (
    SELECT 1 FROM do_not_call AS old
    WHERE old.number = new_dnc.number AND old.scope = new_dnc.scope AND old.value = new_dnc.value
);

-- name: last_change^
SELECT coalesce(max(seq), 0) FROM register_change;

-- In the order of its key: there is no other index.
-- name: digest_dnc^
SELECT feed(number, scope, value, requested_at, source) FROM new_dnc;

-- Of those, what has been registered one by one since.
-- name: met_dnc(seq)
SELECT new.number, new.scope, new.value, new.requested_at, new.source
FROM (SELECT DISTINCT CAST(substr(key, 2) AS INTEGER) AS number, json_extract(detail, '$.scope') AS scope,
             json_extract(detail, '$.value') AS value
      FROM register_change WHERE seq > :seq AND register = 'dnc' AND action = 'add') AS single
JOIN new_dnc AS new USING (number, scope, value)
ORDER BY new.number, new.scope, new.value;

-- name: same_time(register, at)^
SELECT 1 FROM register_change WHERE register = :register AND action = 'import' AND at = :at;

-- name: left_dnc^
SELECT count(*) FROM new_dnc;

-- What was left out may be what was removed meanwhile, or what is new, new no longer. (Single additions are counted.)
-- name: changed_since_dnc(seq)^
SELECT EXISTS (SELECT 1 FROM register_change
               WHERE seq > :seq AND register = 'dnc' AND action IN ('remove', 'import'));

-- In the order of the first number of each.
-- name: unknown_dnc
SELECT value FROM (
    SELECT scope, value, min(number) AS first FROM staged_dnc
    WHERE (scope = 'business' AND value NOT IN (SELECT id FROM business))
       OR (scope = 'industry' AND value NOT IN (SELECT industry FROM campaign))
    GROUP BY scope, value
) AS unknown
GROUP BY value ORDER BY min(first), min(scope), value LIMIT 20;

-- name: apply_dnc(at)!
INSERT OR IGNORE INTO do_not_call (number, scope, value, requested_at, source, created_at)
SELECT number, scope, value, requested_at, source, :at FROM new_dnc ORDER BY number, scope, value;

-- name: drop_consent!
DROP TABLE IF EXISTS temp.staged_consent;

-- name: create_consent!
CREATE TEMP TABLE staged_consent (
    number INTEGER, business TEXT, industry TEXT, granted_at TEXT, expires_at TEXT, evidence TEXT,
    evidence_sha256 TEXT, wording TEXT, line INTEGER,
    PRIMARY KEY (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording)
) WITHOUT ROWID;

-- name: stage_consent*!
INSERT OR IGNORE INTO staged_consent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: clashes_consent
SELECT line, 'given-twice', '' FROM staged_consent AS new
WHERE EXISTS (SELECT 1 FROM staged_consent AS other
              WHERE other.number = new.number AND other.business = new.business
                AND other.industry = new.industry AND other.granted_at = new.granted_at AND other.line < new.line)
UNION ALL
SELECT line, 'consent-differs', '' FROM staged_consent AS new
    JOIN consent USING (number, business, industry, granted_at)
WHERE consent.evidence <> new.evidence OR consent.evidence_sha256 <> new.evidence_sha256
   OR consent.wording <> new.wording
   OR (consent.expires_at IS NOT NULL AND (new.expires_at = '' OR new.expires_at > consent.expires_at))
ORDER BY 1;

-- name: drop_clash_consent*!
DELETE FROM staged_consent WHERE line = ?;

-- name: replaced_consent
SELECT number, business, industry, granted_at, consent.expires_at, nullif(new.expires_at, '') AS shortened_to
FROM staged_consent AS new
    JOIN consent USING (number, business, industry, granted_at)
WHERE consent.expires_at IS NOT nullif(new.expires_at, '');

-- name: unknown_consent
SELECT DISTINCT business FROM staged_consent WHERE business NOT IN (SELECT id FROM business)
UNION
SELECT DISTINCT industry FROM staged_consent WHERE industry NOT IN (SELECT industry FROM campaign)
ORDER BY 1 LIMIT 20;

-- name: leave_out_known_consent!
DELETE FROM staged_consent AS new WHERE EXISTS (
    SELECT 1 FROM consent AS old
    WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
      AND old.granted_at = new.granted_at AND old.expires_at IS nullif(new.expires_at, '')
);

-- With those that were replaced.
-- name: digest_consent^
SELECT feed(number, business, industry, granted_at, nullif(expires_at, ''), evidence, evidence_sha256, wording)
FROM staged_consent;

-- name: left_consent^
SELECT count(*) FROM staged_consent;

-- name: changed_since_consent(seq)^
SELECT EXISTS (SELECT 1 FROM register_change WHERE seq > :seq AND register = 'consent');

-- A consent that is there can only be shortened (the clashes are out by now), and one that is older than a
-- withdrawal in its scope comes in as withdrawn.
-- name: apply_consent(at)!
INSERT INTO consent (number, business, industry, granted_at, expires_at, evidence, evidence_sha256, wording,
                     withdrawn_at, created_at)
SELECT number, business, industry, granted_at, nullif(expires_at, ''), evidence, evidence_sha256, wording,
       (SELECT max(old.withdrawn_at) FROM consent AS old
        WHERE old.number = new.number AND old.business = new.business AND old.industry = new.industry
          AND old.withdrawn_at >= new.granted_at),
       :at
FROM staged_consent AS new WHERE true
ORDER BY number, business, industry, granted_at
ON CONFLICT (number, business, industry, granted_at) DO UPDATE SET expires_at = excluded.expires_at
WHERE consent.expires_at IS NOT excluded.expires_at;

-- name: drop_leads!
DROP TABLE IF EXISTS temp.staged_leads;

-- A negative number is one that nobody is allotted: counted, never applied.
-- name: create_leads!
CREATE TEMP TABLE staged_leads (number INTEGER PRIMARY KEY, line INTEGER);

-- name: stage_leads*!
INSERT OR IGNORE INTO staged_leads VALUES (?, ?);

-- name: page_leads(after, most)
SELECT number FROM staged_leads WHERE number > :after ORDER BY number LIMIT :most;

-- name: left_leads^
SELECT count(*) FROM staged_leads WHERE number > 0;

-- name: digest_leads^
SELECT feed(number) FROM staged_leads WHERE number > 0;

-- name: unassigned_leads^
SELECT count(*) FROM staged_leads WHERE number < 0;

-- name: apply_leads(batch)!
INSERT INTO lead (number, batch) SELECT number, :batch FROM staged_leads WHERE number > 0 ORDER BY number;

-- name: drop_caller_id!
DROP TABLE IF EXISTS temp.staged_caller_id;

-- name: create_caller_id!
CREATE TEMP TABLE staged_caller_id (
    number TEXT, business TEXT, licence TEXT, carrier TEXT, authenticated INTEGER, trunks TEXT, purposes TEXT,
    valid_from TEXT, valid_to TEXT, sent_as TEXT, line INTEGER,
    PRIMARY KEY (number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as)
) WITHOUT ROWID;

-- name: stage_caller_id*!
INSERT OR IGNORE INTO staged_caller_id VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: clashes_caller_id
SELECT line, 'unknown-business', business FROM staged_caller_id WHERE business NOT IN (SELECT id FROM business)
UNION ALL
SELECT line, 'given-twice', '' FROM staged_caller_id AS new
WHERE business IN (SELECT id FROM business)
  AND EXISTS (SELECT 1 FROM staged_caller_id AS other WHERE other.number = new.number AND other.line < new.line)
ORDER BY 1;

-- name: drop_clash_caller_id*!
DELETE FROM staged_caller_id WHERE line = ?;

-- name: replaced_caller_id
SELECT caller_id.* FROM staged_caller_id AS new JOIN caller_id USING (number)
WHERE (caller_id.business, caller_id.licence, caller_id.carrier, caller_id.authenticated, caller_id.trunks,
       caller_id.purposes, caller_id.valid_from, coalesce(caller_id.valid_to, ''), caller_id.sent_as)
   <> (new.business, new.licence, new.carrier, new.authenticated, new.trunks, new.purposes, new.valid_from,
       new.valid_to, new.sent_as);

-- What comes in: what is new, and what is not as it was.
-- name: entries_caller_id
SELECT new.number, new.business, new.licence, new.carrier, new.authenticated, new.trunks, new.purposes,
       new.valid_from, nullif(new.valid_to, '') AS valid_to, new.sent_as
FROM staged_caller_id AS new LEFT JOIN caller_id AS old USING (number)
WHERE old.number IS NULL
   OR (old.business, old.licence, old.carrier, old.authenticated, old.trunks, old.purposes, old.valid_from,
       coalesce(old.valid_to, ''), old.sent_as)
      <> (new.business, new.licence, new.carrier, new.authenticated, new.trunks, new.purposes, new.valid_from,
          new.valid_to, new.sent_as)
ORDER BY new.number;

-- name: left_caller_id^
SELECT count(*) FROM staged_caller_id;

-- name: apply_caller_id(at)!
INSERT INTO caller_id (number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to,
                       sent_as, created_at)
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, nullif(valid_to, ''),
       sent_as, :at
FROM staged_caller_id WHERE true
ON CONFLICT (number) DO UPDATE SET business = excluded.business, licence = excluded.licence,
    carrier = excluded.carrier, authenticated = excluded.authenticated, trunks = excluded.trunks,
    purposes = excluded.purposes, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    sent_as = excluded.sent_as
WHERE (caller_id.business, caller_id.licence, caller_id.carrier, caller_id.authenticated, caller_id.trunks,
       caller_id.purposes, caller_id.valid_from, coalesce(caller_id.valid_to, ''), caller_id.sent_as)
   <> (excluded.business, excluded.licence, excluded.carrier, excluded.authenticated, excluded.trunks,
       excluded.purposes, excluded.valid_from, coalesce(excluded.valid_to, ''), excluded.sent_as);
