BEGIN TRANSACTION;
CREATE TABLE batch (
    id           INTEGER PRIMARY KEY,
    campaign     TEXT NOT NULL REFERENCES campaign (id),
    partner      TEXT NOT NULL CHECK (partner <> ''),
    contract     TEXT NOT NULL CHECK (contract <> ''),
    basis        TEXT NOT NULL CHECK (basis <> ''),
    file         TEXT NOT NULL,
    sha256       TEXT NOT NULL,
    imported_at  TEXT NOT NULL,
    imported_by  TEXT NOT NULL,
    rows         INTEGER NOT NULL,
    finding      TEXT NOT NULL DEFAULT '',  -- JSON: what the range detector saw
    held         TEXT NOT NULL DEFAULT '',  -- why nothing of it may be dialled; empty when released
    withdrawn_at TEXT
) STRICT;
INSERT INTO "batch" VALUES(1,'renewal','某某银行','K-1','consent','leads.csv','f0473ce9effc164bd396d58bd588be645d266217cd6d28ed78541b67c9cd4e64','2026-11-24T03:00:07.000000Z','wang',2,'{"cn-hubei-2018":{"flagged":false,"numbers":2,"longest":null,"densest":[{"prefix":"+86138001380","count":1,"size":100},{"prefix":"+861380013","count":1,"size":10000}],"runs":[],"runs_found":0,"blocks":[],"blocks_found":0,"unassigned":0,"unassigned_share":0.0,"unassigned_flagged":false}}','',NULL);
CREATE TABLE business (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    actor      TEXT NOT NULL CHECK (actor IN ('own-business', 'licensed-call-centre')),
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "business" VALUES('acme','某某公司','own-business','2026-11-24T03:00:02.000000Z');
CREATE TABLE caller_id (
    number        TEXT PRIMARY KEY,
    business      TEXT NOT NULL REFERENCES business (id),
    licence       TEXT NOT NULL,
    carrier       TEXT NOT NULL,
    authenticated INTEGER NOT NULL CHECK (authenticated IN (0, 1)),
    trunks        TEXT NOT NULL,  -- JSON list of trunk names, or ["*"]
    purposes      TEXT NOT NULL,  -- JSON list of purposes, or ["*"]
    valid_from    TEXT NOT NULL,
    valid_to      TEXT,           -- last valid day
    created_at    TEXT NOT NULL
, sent_as TEXT NOT NULL DEFAULT '[]') STRICT, WITHOUT ROWID;
INSERT INTO "caller_id" VALUES('02787654321','acme','L-1','电信',1,'["carrier"]','["marketing"]','2026-01-01',NULL,'2026-11-24T03:00:06.000000Z','[]');
CREATE TABLE campaign (
    id         TEXT PRIMARY KEY,
    business   TEXT NOT NULL REFERENCES business (id),
    industry   TEXT NOT NULL,
    purpose    TEXT NOT NULL CHECK (purpose IN ('marketing', 'service', 'survey', 'collection')),
    script     TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "campaign" VALUES('renewal','acme','保险','marketing','pitch','2026-11-24T03:00:05.000000Z');
CREATE TABLE carrier_leg (
    id           TEXT PRIMARY KEY,  -- of decision, node and unique id; says nothing by itself
    decision     TEXT NOT NULL,
    node         TEXT NOT NULL,
    channel      TEXT NOT NULL,
    uniqueid     TEXT NOT NULL,
    linkedid     TEXT NOT NULL,     -- of the call that the leg belongs to; empty: not known
    sip_call_id  TEXT NOT NULL,     -- empty: not known, or no SIP
    dialled_at   TEXT NOT NULL,
    ringing_at   TEXT,
    answered_at  TEXT,
    ended_at     TEXT,
    dial_status  TEXT NOT NULL,     -- Dial's word: ANSWER, BUSY, NOANSWER, ...; empty: not seen
    hangup_cause INTEGER            -- Q.850; null: the end was not seen
, sent_from TEXT NOT NULL DEFAULT '', interlock TEXT NOT NULL DEFAULT '', supervision TEXT NOT NULL DEFAULT '{}'
    CHECK (json_type(supervision) = 'object')) STRICT;
INSERT INTO "carrier_leg" VALUES('278ab8dbaea1e9a7f7cdaf2f157d419f','cd26c2d29a4a2c1a1cb823d4b9257591','pbx1','PJSIP/carrier-1','0.1','0.0','c0ffee@pbx','2026-11-24T02:00:00.000000Z','2026-11-24T02:00:02.000000Z','2026-11-24T02:00:09.000000Z','2026-11-24T02:00:11.000000Z','ANSWER',16,'02787654321','','{}');
CREATE TABLE checkpoint (
    size INTEGER NOT NULL,
    at   TEXT NOT NULL,
    note TEXT NOT NULL,  -- the signed note, as it was given out
    PRIMARY KEY (size, at)
) STRICT, WITHOUT ROWID;
INSERT INTO "checkpoint" VALUES(24,'2026-11-24T03:00:13.000000Z','dialpact/pbx1
24
DrwINwqtGy7zoKzxJ0t0zJmw/XZk3mkArZ2xTeEVvDg=

— dialpact/pbx1 2frEEXuPq1qJb8qyLaOSzf93wjbg+kYhcWFXO1ym853n1658AVuqIBi9Yrh9KPBlz8OLSytioBKVIqldwFcCfxnktgk=
');
INSERT INTO "checkpoint" VALUES(25,'2026-11-24T03:00:14.000000Z','dialpact/pbx1
25
fv9RIpEnKLPKtBbIo177HlV9Xz8N6RVjk3Xm/KKmsk4=

— dialpact/pbx1 2cGi/9FkcGgRZ2z45Ff54B1kNlB3XoH1iYVog9bUJuPRU+Sz4V+uSs3xhXs3cP0qynf7PSE+a2Y9iVCcyudQv7WqtgE=
');
INSERT INTO "checkpoint" VALUES(30,'2026-11-24T03:00:16.000000Z','dialpact/pbx1
30
Vv3l5UujUzbOYhbSbDAhoVDjuItl64LuL8IuJUNL6NI=

— dialpact/pbx1 2cGi//fQKGqjJW0jFPMuuVLT4bBSXfHeAfam0PWsvAV8Vkm4BZOZ1oednq/+gX6HlWjVnkQCdh6w6zMq56SOkwQl4Qc=
');
INSERT INTO "checkpoint" VALUES(33,'2026-11-24T03:00:17.000000Z','dialpact/pbx1
33
miB7jcykybvxIIR7exErHUsPQ8QziXn7wQwMLzarSwM=

— dialpact/pbx1 2cGi/4C8h5vOM46pJx+gJTyeVk9WQFqMGU3qeIbk/lBERB82anpyHomgx4dpp9O1Wo3wiRkpG34juOVdCxttQLPRUQk=
');
CREATE TABLE clock_reading (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    boot_id   TEXT NOT NULL,
    uptime_us INTEGER NOT NULL,
    by        TEXT NOT NULL  -- which part took it: gate, listener, purge, ...
) STRICT;
CREATE TABLE complaint (
    id          INTEGER PRIMARY KEY,
    number      INTEGER NOT NULL,  -- who complains
    called_at   TEXT NOT NULL,     -- when the call is said to have been
    source      TEXT NOT NULL,     -- 12321, or another
    caller_id   TEXT NOT NULL DEFAULT '',
    campaign    TEXT NOT NULL DEFAULT '',
    agent       TEXT NOT NULL DEFAULT '',
    decision    TEXT NOT NULL DEFAULT '',  -- the call that it was matched to
    note        TEXT NOT NULL DEFAULT '',
    received_at TEXT NOT NULL,
    due         TEXT,              -- local day by which it must be answered; null when the calendar ends before
    status      TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'answered')),
    answered_at TEXT,
    answer      TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "complaint" VALUES(1,8613800138000,'2026-11-24T02:05:00.000000Z','12321','02787654321','renewal','1001','b0101e354b023be92d984f7b3184fa7e','午休时来电','2026-11-24T03:00:10.000000Z','2026-12-15','open',NULL,'');
CREATE TABLE consent (
    number       INTEGER NOT NULL,
    business     TEXT NOT NULL,
    industry     TEXT NOT NULL,
    granted_at   TEXT NOT NULL,
    expires_at   TEXT,
    evidence     TEXT NOT NULL CHECK (evidence <> ''),
    withdrawn_at TEXT,
    created_at   TEXT NOT NULL, evidence_sha256 TEXT NOT NULL DEFAULT '', wording TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (number, business, industry, granted_at)
) STRICT, WITHOUT ROWID;
INSERT INTO "consent" VALUES(8613800138000,'acme','保险','2026-01-04T16:00:00.000000Z',NULL,'form-7',NULL,'2026-11-24T03:00:08.000000Z','','');
CREATE TABLE decision (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    node       TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    verdict    TEXT NOT NULL CHECK (verdict IN ('ALLOW', 'BLOCK')),
    reasons    TEXT NOT NULL,  -- JSON list
    number     TEXT NOT NULL,  -- E.164 with plus; empty when it is none
    given      TEXT NOT NULL,  -- as dialled, escaped and bounded
    dial       TEXT NOT NULL,
    caller_id  TEXT NOT NULL,
    campaign   TEXT NOT NULL,
    business   TEXT NOT NULL,
    agent      TEXT NOT NULL,
    trunk      TEXT NOT NULL,
    channel    TEXT NOT NULL,
    uniqueid   TEXT NOT NULL,
    attack     TEXT NOT NULL,
    retry_at   TEXT,
    record     TEXT NOT NULL, mode TEXT NOT NULL DEFAULT 'enforce' CHECK (mode IN ('enforce', 'shadow')), behind_us INTEGER NOT NULL DEFAULT 0 CHECK (behind_us >= 0), continues TEXT NOT NULL DEFAULT '',  -- JSON of the whole compliance.model.Decision: all inputs, findings, versions
    CHECK (verdict = 'BLOCK' OR (dial <> '' AND reasons = '[]'))
) STRICT;
INSERT INTO "decision" VALUES(1,'cd26c2d29a4a2c1a1cb823d4b9257591','pbx1','2026-11-24T02:00:00.000000Z','ALLOW','[]','+8613800138000','+8613800138000','13800138000','02787654321','renewal','acme','1001','carrier','','','',NULL,'{"id":"cd26c2d29a4a2c1a1cb823d4b9257591","decided_at":"2026-11-24T02:00:00Z","attempt":{"callee":{"given":"+8613800138000","e164":"+8613800138000","national":"13800138000","kind":"mobile","region":"CN","zones":[],"problem":"","detail":""},"campaign":"renewal","caller_id":"02787654321","agent":"1001","trunk":"carrier","node":"pbx1","channel":"","uniqueid":"","attack":""},"facts":{"campaign":{"id":"renewal","business":"acme","industry":"保险","purpose":"marketing","script":"pitch"},"business":{"id":"acme","name":"某某公司","actor":"own-business"},"caller_id":{"number":"02787654321","business":"acme","licence":"L-1","carrier":"电信","authenticated":true,"trunks":["carrier"],"purposes":["marketing"],"valid_from":"2026-01-01","valid_to":null,"sent_as":[]},"trunk_known":true,"trunk_business":"","trunk_holders":{},"consents":[{"number":"+8613800138000","business":"acme","industry":"保险","granted_at":"2026-01-04T16:00:00Z","expires_at":null,"evidence":"form-7","withdrawn_at":null,"evidence_sha256":"","wording":""}],"refusals":[],"refusals_at":null,"leads":[{"id":1,"campaign":"renewal","partner":"某某银行","contract":"K-1","basis":"consent","file":"leads.csv","sha256":"f0473ce9effc164bd396d58bd588be645d266217cd6d28ed78541b67c9cd4e64","imported_at":"2026-11-24T03:00:07Z","rows":2,"held":""}],"script":{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"chen","approved_at":"2026-11-24T03:00:04Z","expires_at":null,"checked":["9ef55e5b67987a09"]},"attempts":[],"neighbours":[],"suspensions":[],"recorder":null,"continues":""},"findings":[{"rule":"number","result":"pass","code":null,"clause":"","detail":{},"retry_at":null}],"retry_at":null,"dial":"13800138000","policy":[],"calendar":"","tz":"","number_metadata":"","mode":"enforce"}','enforce',0,'');
INSERT INTO "decision" VALUES(2,'b0101e354b023be92d984f7b3184fa7e','pbx1','2026-11-24T02:05:00.000000Z','ALLOW','[]','+8613800138000','+8613800138000','13800138000','02787654321','renewal','acme','1001','carrier','','','',NULL,'{"id":"b0101e354b023be92d984f7b3184fa7e","decided_at":"2026-11-24T02:05:00Z","attempt":{"callee":{"given":"+8613800138000","e164":"+8613800138000","national":"13800138000","kind":"mobile","region":"CN","zones":[],"problem":"","detail":""},"campaign":"renewal","caller_id":"02787654321","agent":"1001","trunk":"carrier","node":"pbx1","channel":"","uniqueid":"","attack":""},"facts":{"campaign":{"id":"renewal","business":"acme","industry":"保险","purpose":"marketing","script":"pitch"},"business":{"id":"acme","name":"某某公司","actor":"own-business"},"caller_id":{"number":"02787654321","business":"acme","licence":"L-1","carrier":"电信","authenticated":true,"trunks":["carrier"],"purposes":["marketing"],"valid_from":"2026-01-01","valid_to":null,"sent_as":[]},"trunk_known":true,"trunk_business":"","trunk_holders":{},"consents":[{"number":"+8613800138000","business":"acme","industry":"保险","granted_at":"2026-01-04T16:00:00Z","expires_at":null,"evidence":"form-7","withdrawn_at":null,"evidence_sha256":"","wording":""}],"refusals":[],"refusals_at":null,"leads":[{"id":1,"campaign":"renewal","partner":"某某银行","contract":"K-1","basis":"consent","file":"leads.csv","sha256":"f0473ce9effc164bd396d58bd588be645d266217cd6d28ed78541b67c9cd4e64","imported_at":"2026-11-24T03:00:07Z","rows":2,"held":""}],"script":{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"chen","approved_at":"2026-11-24T03:00:04Z","expires_at":null,"checked":["9ef55e5b67987a09"]},"attempts":[],"neighbours":[],"suspensions":[],"recorder":null,"continues":""},"findings":[{"rule":"number","result":"pass","code":null,"clause":"","detail":{},"retry_at":null}],"retry_at":null,"dial":"13800138000","policy":[],"calendar":"","tz":"","number_metadata":"","mode":"enforce"}','enforce',0,'');
INSERT INTO "decision" VALUES(3,'cc453fe6fb55d0f08eafae3dc9a524fe','pbx1','2026-11-24T02:07:00.000000Z','BLOCK','["do-not-call"]','+8613800138001','+8613800138001','','02787654321','renewal','acme','1001','carrier','','','',NULL,'{"id":"cc453fe6fb55d0f08eafae3dc9a524fe","decided_at":"2026-11-24T02:07:00Z","attempt":{"callee":{"given":"+8613800138001","e164":"+8613800138001","national":"13800138001","kind":"mobile","region":"CN","zones":[],"problem":"","detail":""},"campaign":"renewal","caller_id":"02787654321","agent":"1001","trunk":"carrier","node":"pbx1","channel":"","uniqueid":"","attack":""},"facts":{"campaign":{"id":"renewal","business":"acme","industry":"保险","purpose":"marketing","script":"pitch"},"business":{"id":"acme","name":"某某公司","actor":"own-business"},"caller_id":{"number":"02787654321","business":"acme","licence":"L-1","carrier":"电信","authenticated":true,"trunks":["carrier"],"purposes":["marketing"],"valid_from":"2026-01-01","valid_to":null,"sent_as":[]},"trunk_known":true,"trunk_business":"","trunk_holders":{},"consents":[],"refusals":[{"number":"+8613800138001","scope":"all","value":"","requested_at":"2026-11-24T03:00:09Z","source":"letter"}],"refusals_at":null,"leads":[],"script":{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"chen","approved_at":"2026-11-24T03:00:04Z","expires_at":null,"checked":["9ef55e5b67987a09"]},"attempts":[],"neighbours":[],"suspensions":[],"recorder":null,"continues":""},"findings":[{"rule":"number","result":"fail","code":"do-not-call","clause":"","detail":{},"retry_at":null}],"retry_at":null,"dial":"","policy":[],"calendar":"","tz":"","number_metadata":"","mode":"enforce"}','enforce',0,'');
INSERT INTO "decision" VALUES(4,'3bd49c30f55910791b007cd3004cf9b3','pbx1','2026-11-24T02:09:00.000000Z','ALLOW','[]','+8613800138000','+8613800138000','13800138000','02787654321','renewal','acme','1001','carrier','','','',NULL,'{"id":"3bd49c30f55910791b007cd3004cf9b3","decided_at":"2026-11-24T02:09:00Z","attempt":{"callee":{"given":"+8613800138000","e164":"+8613800138000","national":"13800138000","kind":"mobile","region":"CN","zones":[],"problem":"","detail":""},"campaign":"renewal","caller_id":"02787654321","agent":"1001","trunk":"carrier","node":"pbx1","channel":"","uniqueid":"","attack":""},"facts":{"campaign":{"id":"renewal","business":"acme","industry":"保险","purpose":"marketing","script":"pitch"},"business":{"id":"acme","name":"某某公司","actor":"own-business"},"caller_id":{"number":"02787654321","business":"acme","licence":"L-1","carrier":"电信","authenticated":true,"trunks":["carrier"],"purposes":["marketing"],"valid_from":"2026-01-01","valid_to":null,"sent_as":[]},"trunk_known":true,"trunk_business":"","trunk_holders":{},"consents":[{"number":"+8613800138000","business":"acme","industry":"保险","granted_at":"2026-01-04T16:00:00Z","expires_at":null,"evidence":"form-7","withdrawn_at":null,"evidence_sha256":"","wording":""}],"refusals":[],"refusals_at":null,"leads":[{"id":1,"campaign":"renewal","partner":"某某银行","contract":"K-1","basis":"consent","file":"leads.csv","sha256":"f0473ce9effc164bd396d58bd588be645d266217cd6d28ed78541b67c9cd4e64","imported_at":"2026-11-24T03:00:07Z","rows":2,"held":""}],"script":{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"chen","approved_at":"2026-11-24T03:00:04Z","expires_at":null,"checked":["9ef55e5b67987a09"]},"attempts":[],"neighbours":[],"suspensions":[],"recorder":null,"continues":""},"findings":[{"rule":"number","result":"pass","code":null,"clause":"","detail":{},"retry_at":null}],"retry_at":null,"dial":"13800138000","policy":[],"calendar":"","tz":"","number_metadata":"","mode":"enforce"}','enforce',0,'');
CREATE TABLE disposal (
    recording  TEXT PRIMARY KEY REFERENCES recording (id),
    at         TEXT NOT NULL,
    by         TEXT NOT NULL CHECK (by <> ''),
    keep_until TEXT NOT NULL,
    reading    INTEGER NOT NULL REFERENCES clock_reading (seq),  -- by which it was late enough
    done_at    TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE do_not_call (
    number       INTEGER NOT NULL,
    scope        TEXT NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value        TEXT NOT NULL CHECK ((scope = 'all') = (value = '')),
    requested_at TEXT NOT NULL,
    source       TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    PRIMARY KEY (number, scope, value)
) STRICT, WITHOUT ROWID;
INSERT INTO "do_not_call" VALUES(8613800138000,'business','acme','2026-11-24T03:00:10.000000Z','complaint 12321 #1','2026-11-24T03:00:10.000000Z');
INSERT INTO "do_not_call" VALUES(8613800138001,'all','','2026-11-24T03:00:09.000000Z','letter','2026-11-24T03:00:09.000000Z');
INSERT INTO "do_not_call" VALUES(8613800138002,'business','acme','2026-11-24T03:00:15.000000Z','phone','2026-11-24T03:00:15.000000Z');
CREATE TABLE hold (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    scope          TEXT NOT NULL CHECK (scope IN ('recording', 'call', 'callee')),
    key            TEXT NOT NULL CHECK (key <> ''),  -- id of the recording or decision, or E.164
    since          TEXT NOT NULL,
    by             TEXT NOT NULL CHECK (by <> ''),
    reason         TEXT NOT NULL CHECK (reason <> ''),
    released_at    TEXT,
    released_by    TEXT NOT NULL DEFAULT '',
    release_reason TEXT NOT NULL DEFAULT '',
    CHECK ((released_at IS NULL) = (released_by = '') AND (released_at IS NULL) = (release_reason = ''))
) STRICT;
INSERT INTO "hold" VALUES(1,'callee','+8613800138000','2026-11-24T03:00:12.000000Z','chen','court case 12',NULL,'','');
CREATE TABLE incident (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    node     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    decision TEXT NOT NULL,
    channel  TEXT NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
INSERT INTO "incident" VALUES(1,'2026-11-23T02:30:00.000000Z','pbx1','no-decision','','PJSIP/agent1001-00000000','cut; by PJSIP/agent1001-00000000 linkedid=1795624418.1; dialled 13900139000');
INSERT INTO "incident" VALUES(2,'2026-11-24T02:30:00.000000Z','pbx1','recording-muted','','PJSIP/agent1001-00000000','');
INSERT INTO "incident" VALUES(3,'2026-11-24T02:30:00.000000Z','pbx1','of-another-version','','PJSIP/agent1001-00000000','x');
CREATE TABLE lead (
    number INTEGER NOT NULL,
    batch  INTEGER NOT NULL REFERENCES batch (id),
    PRIMARY KEY (number, batch)
) STRICT, WITHOUT ROWID;
INSERT INTO "lead" VALUES(8613800138000,1);
INSERT INTO "lead" VALUES(8613912345678,1);
CREATE TABLE ledger (
    leaf_index INTEGER PRIMARY KEY,  -- from 0, without a gap
    kind       TEXT NOT NULL,
    key        TEXT NOT NULL,        -- of the row in the kind's own table
    version    INTEGER NOT NULL,     -- of the record's form
    salt       BLOB,                 -- null when the record was erased
    leaf       BLOB NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (kind, key)
) STRICT;
INSERT INTO "ledger" VALUES(0,'register-change','1',1,X'BE025142E28CCF9BC861EE6B1160F530',X'A5EB678B343EBFD6D3C35A0D21353EE00E07159B8127AE51C432F8A654F4DE64');
INSERT INTO "ledger" VALUES(1,'register-change','2',1,X'7B69109FE438F20FDA4A6789C650F986',X'F606B6A2B6267014F202F8DBE3344555B3DF743A9DEFE51FFC06958711F22089');
INSERT INTO "ledger" VALUES(2,'register-change','3',1,X'D7B65D563A39271CAA78AAFFF4F84F86',X'D44603CF2940B3173D07AC756FB978A8AAD67D67C21975F3268A45537B0F368D');
INSERT INTO "ledger" VALUES(3,'register-change','4',1,X'F0B1ECCAD35F29CE81683EEA924BE143',X'21AC234B6D7846FC95969A1CFA635A99DA8A6058FF34AB7EB069FB44984F7E62');
INSERT INTO "ledger" VALUES(4,'register-change','5',1,X'96FFE6438E99C4E73322EA84C13E1378',X'4C7257FF9BE3DE99BED89781BA2A8CE14A9557B22777BC022824E6F6CD07DFA0');
INSERT INTO "ledger" VALUES(5,'register-change','6',1,X'7F6A18BE65E6BB7061D212106390BF39',X'5E68B4D9AC10EEB448DF19574CC7813DC5B3A292045C34EDAEFA806BFF86DB8C');
INSERT INTO "ledger" VALUES(6,'register-change','7',1,X'90C73FCF238454A170F3634C435549DE',X'C9FFE295378CC0199B1A2CD2EC3415927DE795C8D4F957CF9096E09AB16B7EA1');
INSERT INTO "ledger" VALUES(7,'opt-out','1',1,X'E3A5FF048ABD0E5DBFFB719242E61B43',X'34769690BC05B283AF74E6784566309A5F60A80592409401ED934553954330F2');
INSERT INTO "ledger" VALUES(8,'register-change','8',1,X'AE24D0E90023B2EB1871D6651C61AFCB',X'5108182D17F8BD23B8B20DF9BE3DA91F5DC8B6B0AC0E8C0F7A8C7D714C471F0D');
INSERT INTO "ledger" VALUES(9,'decision','cd26c2d29a4a2c1a1cb823d4b9257591',2,X'4ABFC6DEE6D76BBA847438E94BC59792',X'081442EDFE37836DD87AD4CE9DCDC6A511A8C62E43A572F10A4E6B0252D4E4A5');
INSERT INTO "ledger" VALUES(10,'carrier-leg','278ab8dbaea1e9a7f7cdaf2f157d419f',3,X'6F784F4D8D930AED887AAC782FE5B41C',X'F443C0F6C2C717F4F8FE6B934BE2F3A557776678D032CF541F3C6A7122E18D12');
INSERT INTO "ledger" VALUES(11,'recording','0cc175b9c0f1b6a831c399e269772661',2,X'1732A9BD50667ECCACBB1869B36603BE',X'3F8076B4D9CC8EE4AB85C87C7C13ABB7395A5BAD2455F997B94B606CD13EBADE');
INSERT INTO "ledger" VALUES(12,'decision','b0101e354b023be92d984f7b3184fa7e',2,X'0DF0A81AD597263D0B64970E6E2FB83C',X'95E1C04C4BE80EF753448F006DA942C965C5EE4644B5CE2E5C649A629E80DD7D');
INSERT INTO "ledger" VALUES(13,'recording','92eb5ffee6ae2fec3ad71c777531578f',2,X'DFA32620D0B4E82B36AF1348AC0F3255',X'E37A7219384CB475A8AC84F6258E582DFD4C74E39F7E9C27A8D97AAE457ABD61');
INSERT INTO "ledger" VALUES(14,'decision','cc453fe6fb55d0f08eafae3dc9a524fe',2,X'1F1645515ECAD49A95061762E15BDC87',X'CBBB3B4768638BAA6F2B6AEBC670F292F61BA018FB40A97514CF666807021658');
INSERT INTO "ledger" VALUES(15,'decision','3bd49c30f55910791b007cd3004cf9b3',2,X'FCA643D6ADE50384457020455E7F8C73',X'B49F439ACC2B7F90975C65F95848D6CA2B68D7F44135F9F77C7B8DBCC2A71FFE');
INSERT INTO "ledger" VALUES(16,'recording','4a8a08f09d37b73795649038408b5f33',2,X'CA8F06883886685123B51BB35D1C7A89',X'2D0A99499AC8581159A04ACB8C8ADB77CF8A95C05E20D03EE746410594652C03');
INSERT INTO "ledger" VALUES(17,'incident','1',1,X'CF0FBCE1F3DFFCD43A18AD4672E6FF51',X'2B8382DB03ADB4A0F7A81542E69DE9DBDBA89301D4E406F470DD7FE9A88F298F');
INSERT INTO "ledger" VALUES(18,'incident','2',1,X'A553B53F098B5DBC9F60A571957343F5',X'7ABEEACBE4E715BD427612A47F490F1672EF0E9BC332A96BB39AE5A30863B391');
INSERT INTO "ledger" VALUES(19,'incident','3',1,X'6A21CD36258AD89AD4EEFF29B8A9684C',X'FBEA5C2D538957CBB06B7431E3DFE961F029577528E9B09D5FE602C7A68FC9C8');
INSERT INTO "ledger" VALUES(20,'register-change','9',1,X'5F8072E6C75ADE44745C0D96B9B9CF9A',X'D72B3A30135F1E46037B71A22E729C83203802C7A2E0BBB6D96E55560A1F19BB');
INSERT INTO "ledger" VALUES(21,'register-change','10',1,X'1958D2027C2395287645C0ACF49A798E',X'1C85AC641255E4723AF9E4DD67432D7D66698A6E3AFB974177844A3A2630242E');
INSERT INTO "ledger" VALUES(22,'register-change','11',1,X'90F85C745C9E81645C1A0CB3DDEE051A',X'89F2F0E4A8F86ABC780F1005E6D7A921C60B3F107402681A34DC873758FCBAD8');
INSERT INTO "ledger" VALUES(23,'register-change','12',1,X'937C4981E21F9790DC2E9AFD97107021',X'6321EE95397A2571E42BB829E40A8F5AA93992817C610E25AC8DDEA51BFA8052');
INSERT INTO "ledger" VALUES(24,'register-change','13',1,X'3077BAACA6CE499E79184CAAE6E3449F',X'D9687334E9E3DE1FD1466F1DD8DB5F96C2C3A2D9EBA9388696DA3596DADCE7F1');
INSERT INTO "ledger" VALUES(25,'opt-out','2',1,X'3DFEEEA381913687A2BC143EAB3682B5',X'D460A9D58CA2632A88522713B6DB5D7FACB460D7C110C397EE1D415C3671C39A');
INSERT INTO "ledger" VALUES(26,'register-change','14',1,X'812C07B21CA523EB3018F30C4B8935A0',X'179B95B4F3FE0047DEC41D91E0FB0A5BD7950E9504BFC69EE453F973A2972937');
INSERT INTO "ledger" VALUES(27,'register-change','15',1,X'8547A52D82CB7E4D83F5ED58582B4F15',X'73B2D8EFF4487AC92C00CC7AB9A394D0AEDBC6DE1EED76F87C01562B0F93CF2E');
INSERT INTO "ledger" VALUES(28,'register-change','16',1,X'18954482A1FD5CD1CB39430E3A4EDDE0',X'3B2C7A23DF0CA181E49FEF537EBB6C2B97944AFA9FF7B5D4AC2323A32F71FF6B');
INSERT INTO "ledger" VALUES(29,'register-change','17',1,X'4F3487E73BB55F988F7ED569E40BE38A',X'CCDCCA10069EFD16FAD4A35F3E8A48355BD2C7A6585BE5C7EA21B761D541BDEB');
INSERT INTO "ledger" VALUES(30,'register-change','18',1,X'7687F550C69BD412DB6D635BC05ABADF',X'D9CFFB4255C355FA3480548EBC456BDA053EF52AB47CB38D5A8F32E93DEED1AD');
INSERT INTO "ledger" VALUES(31,'register-change','19',1,X'EE9F666E959A4B92AF972D12EDF4BFBB',X'AC7381409BF91A22947D89909D935B54E689557C4C86941208B2E0733C836FE8');
INSERT INTO "ledger" VALUES(32,'register-change','20',1,X'E151476065DCDBE4C718AC55158740F0',X'31A77C9E73E02911A144D885E26807E7797B8FD66BB0354F32C29BBA4BDF6ECF');
CREATE TABLE ledger_node (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE opt_out (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    number    INTEGER NOT NULL,
    scope     TEXT NOT NULL CHECK (scope IN ('all', 'industry', 'business')),
    value     TEXT NOT NULL,
    how       TEXT NOT NULL CHECK (how IN ('callee-key', 'agent-key', 'line', 'command', 'import')),
    by        TEXT NOT NULL,             -- the agent, the officer, or the person's own number
    node      TEXT NOT NULL DEFAULT '',
    channel   TEXT NOT NULL DEFAULT '',
    decision  TEXT NOT NULL DEFAULT '',  -- the call, where it was one of ours
    recording TEXT NOT NULL DEFAULT '',
    position  REAL                       -- seconds from the recording's start
) STRICT;
INSERT INTO "opt_out" VALUES(1,'2026-11-24T03:00:09.000000Z',8613800138001,'all','','command','wang','pbx1','','','',NULL);
INSERT INTO "opt_out" VALUES(2,'2026-11-24T03:00:15.000000Z',8613800138002,'business','acme','command','wang','pbx1','','','',NULL);
CREATE TABLE recorder_lease (
    node       TEXT PRIMARY KEY,
    boot_id    TEXT NOT NULL,
    expires_ns INTEGER NOT NULL,
    ready      INTEGER NOT NULL CHECK (ready IN (0, 1)),
    why        TEXT NOT NULL,
    renewed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE recording (
    id           TEXT PRIMARY KEY,
    decision     TEXT NOT NULL REFERENCES decision (id),
    node         TEXT NOT NULL,
    channel      TEXT NOT NULL,
    uniqueid     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('starting', 'running', 'kept', 'unanswered', 'failed')),
    number       TEXT NOT NULL,
    caller_id    TEXT NOT NULL,
    campaign     TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    answered_at  TEXT,
    ended_at     TEXT,
    format       TEXT NOT NULL,
    path         TEXT NOT NULL UNIQUE,
    bytes        INTEGER,
    seconds      REAL,
    talk_seconds REAL,
    sha256       TEXT,
    callee_path  TEXT NOT NULL,  -- what the callee said (the leg's received side)
    callee_sha256 TEXT,
    callee_dbfs  REAL,           -- level, dB relative to full scale; null: silence or no file
    agent_path   TEXT NOT NULL,  -- what the callee was sent
    agent_sha256 TEXT,
    agent_dbfs   REAL,
    keep_until   TEXT            -- local day through which it must be kept
, disposed_at TEXT, part TEXT NOT NULL DEFAULT 'carrier'
    CHECK (part IN ('carrier', 'joined', 'supervisor')), sound TEXT NOT NULL DEFAULT '', unseen INTEGER NOT NULL DEFAULT 0 CHECK (unseen IN (0, 1))) STRICT, WITHOUT ROWID;
INSERT INTO "recording" VALUES('0cc175b9c0f1b6a831c399e269772661','cd26c2d29a4a2c1a1cb823d4b9257591','pbx1','PJSIP/carrier-1','0.1','kept','+8613800138000','02787654321','renewal','2026-11-24T02:00:09.000000Z','2026-11-24T02:00:09.000000Z','2026-11-24T02:00:11.000000Z','wav','spool/a.wav',1644,2.0,2.0,'daafb20e6827461e12120d9fed76daa585d78d88cc73fd99eeb26e348a948dec','spool/a-callee.wav','cc08fda7cb07d7d175a81387587584cd41d7a82e5726019f7d9930b4a2736473',-12.5,'spool/a-agent.wav','3a95da3658df40e0c8c6a4ab7cd2ea7164f16b18cc53ccbd7c3e44cdabe1b0e8',NULL,'2027-11-24',NULL,'carrier','',0);
INSERT INTO "recording" VALUES('4a8a08f09d37b73795649038408b5f33','3bd49c30f55910791b007cd3004cf9b3','pbx1','PJSIP/carrier-1','9.1','failed','+8613800138000','02787654321','renewal','2026-11-24T02:09:09.000000Z','2026-11-24T02:09:09.000000Z','2026-11-24T02:09:11.000000Z','wav','spool/c.wav',1644,2.0,2.0,'5602576026ee6c46c52fd910256d80ea32a29ac410cd5049136a86f043f23a54','spool/c-callee.wav','3f047e7a8affa959519461bcfbafe498c9cff2ba7327ebc8db1610c393c9f421',-12.5,'spool/c-agent.wav','e850cf78f9f3948fc2d740fd4a5d0fe3db89549922778369f81e326e7c4fa9de',NULL,NULL,NULL,'carrier','',0);
INSERT INTO "recording" VALUES('92eb5ffee6ae2fec3ad71c777531578f','b0101e354b023be92d984f7b3184fa7e','pbx1','PJSIP/carrier-1','5.1','kept','+8613800138000','02787654321','renewal','2026-11-24T02:05:09.000000Z','2026-11-24T02:05:09.000000Z','2026-11-24T02:05:11.000000Z','wav','spool/b.wav',1644,2.0,2.0,'a9fcf7bcc836a08f1643fd9cda9ac1cb1aed278c56441b07e8c826c5e0d78131','spool/b-callee.wav','903bb6abed56b6fd975bb8079cd0a2a818c13c3f612cb7e397b1c50f644ad8d5',-12.5,'spool/b-agent.wav','e485102329fd0e7ac4fc00659e486f4d569fa3f8dcc4d47bbc1b5330880f8648',NULL,'2027-11-24',NULL,'carrier','{"distorted":"19.7 s of 7.9 s","index":[[0,0],[10,10]],"late":4,"silent":{"callee":[{"begin":3,"end":9,"heard_from":5.5,"heard_in":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","reason":"lost"}]},"since":"2026-11-24T02:00:00.000000Z","unsent":[[51,66,14.9]]}',0);
CREATE TABLE refused (
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (kind, key, at, decision)
) STRICT, WITHOUT ROWID;
CREATE TABLE register_change (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    register TEXT NOT NULL,
    action   TEXT NOT NULL,
    key      TEXT NOT NULL,
    detail   TEXT NOT NULL  -- JSON
) STRICT;
INSERT INTO "register_change" VALUES(1,'2026-11-24T03:00:02.000000Z','wang','business','add','acme','{"id":"acme","name":"某某公司","actor":"own-business"}');
INSERT INTO "register_change" VALUES(2,'2026-11-24T03:00:03.000000Z','wang','script','add','pitch','{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"","approved_at":null,"expires_at":null,"checked":[],"added_by":"wang","added_at":"2026-11-24T03:00:03Z"}');
INSERT INTO "register_change" VALUES(3,'2026-11-24T03:00:04.000000Z','chen','script','approve','pitch','{"id":"pitch","version":1,"sha256":"f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a","approved_by":"chen","approved_at":"2026-11-24T03:00:04Z","expires_at":null,"checked":["9ef55e5b67987a09"],"added_by":"wang","added_at":"2026-11-24T03:00:03Z"}');
INSERT INTO "register_change" VALUES(4,'2026-11-24T03:00:05.000000Z','wang','campaign','add','renewal','{"id":"renewal","business":"acme","industry":"保险","purpose":"marketing","script":"pitch"}');
INSERT INTO "register_change" VALUES(5,'2026-11-24T03:00:06.000000Z','wang','caller-id','add','02787654321','{"to":{"number":"02787654321","business":"acme","licence":"L-1","carrier":"电信","authenticated":true,"trunks":["carrier"],"purposes":["marketing"],"valid_from":"2026-01-01","valid_to":null,"sent_as":[]},"from":[]}');
INSERT INTO "register_change" VALUES(6,'2026-11-24T03:00:07.000000Z','wang','leads','import','1','{"file":"leads.csv","sha256":"f0473ce9effc164bd396d58bd588be645d266217cd6d28ed78541b67c9cd4e64","rows":2,"skip_bad":false,"campaign":"renewal","partner":"某某银行","contract":"K-1","basis":"consent","bad":0,"applied":2,"already":0,"held":""}');
INSERT INTO "register_change" VALUES(7,'2026-11-24T03:00:08.000000Z','wang','consent','add','+8613800138000','{"number":"+8613800138000","business":"acme","industry":"保险","granted_at":"2026-01-04T16:00:00Z","expires_at":null,"evidence":"form-7","withdrawn_at":null,"evidence_sha256":"","wording":""}');
INSERT INTO "register_change" VALUES(8,'2026-11-24T03:00:09.000000Z','wang','dnc','add','+8613800138001','{"number":"+8613800138001","scope":"all","value":"","requested_at":"2026-11-24T03:00:09Z","source":"letter"}');
INSERT INTO "register_change" VALUES(9,'2026-11-24T03:00:10.000000Z','chen','complaint','add','1','{"id":1,"number":"+8613800138000","called_at":"2026-11-24T02:05:00Z","source":"12321","caller_id":"02787654321","campaign":"renewal","agent":"1001","decision":"b0101e354b023be92d984f7b3184fa7e","note":"午休时来电","received_at":"2026-11-24T03:00:10Z","due":"2026-12-15","status":"open","answered_at":null,"answer":""}');
INSERT INTO "register_change" VALUES(10,'2026-11-24T03:00:10.000000Z','chen','dnc','add','+8613800138000','{"number":"+8613800138000","scope":"business","value":"acme","requested_at":"2026-11-24T03:00:10Z","source":"complaint 12321 #1"}');
INSERT INTO "register_change" VALUES(11,'2026-11-24T03:00:11.000000Z','chen','suspension','add','agent 1001','{"cause":"complaint 1","evidence":[]}');
INSERT INTO "register_change" VALUES(12,'2026-11-24T03:00:12.000000Z','chen','recording','hold','+8613800138000','{"hold":1,"scope":"callee","reason":"court case 12"}');
INSERT INTO "register_change" VALUES(13,'2026-11-24T03:00:14.000000Z','chen','ledger','rotate','dialpact/pbx1','{"old":"dialpact/pbx1+d9fac411+ATy69+iNdsZZq3xIddWv54Hj4AP4cmPVL7AzQUmoj8kV","new":"dialpact/pbx1+d9c1a2ff+AU8ao1gr+aOyjnVkaYEB+Jg2K5/PhlPKhXwE36BWoFWd","word":"dialpact/pbx1\nnext key dialpact/pbx1+d9c1a2ff+AU8ao1gr+aOyjnVkaYEB+Jg2K5/PhlPKhXwE36BWoFWd\n\n— dialpact/pbx1 2frEEYAIuvuJaiUQtImkGv/VHVRqGmjG1Woqlrt5tYetQSMimFWGxdaFp2CpSpZPOIuLSALaNT59GQvUN5cxvqPXCQA=\n","reason":"yearly"}');
INSERT INTO "register_change" VALUES(14,'2026-11-24T03:00:15.000000Z','wang','dnc','add','+8613800138002','{"number":"+8613800138002","scope":"business","value":"acme","requested_at":"2026-11-24T03:00:15Z","source":"phone"}');
INSERT INTO "register_change" VALUES(15,'2026-11-24T03:00:16.000000Z','chen','evidence','export','cd26c2d29a4a2c1a1cb823d4b9257591','{"asked":{"callee":"+8613800138000"},"calls":3,"file":"package.zip","reason":"12321"}');
INSERT INTO "register_change" VALUES(16,'2026-11-24T03:00:16.000000Z','chen','evidence','export','b0101e354b023be92d984f7b3184fa7e','{"asked":{"callee":"+8613800138000"},"calls":3,"file":"package.zip","reason":"12321"}');
INSERT INTO "register_change" VALUES(17,'2026-11-24T03:00:16.000000Z','chen','evidence','export','3bd49c30f55910791b007cd3004cf9b3','{"asked":{"callee":"+8613800138000"},"calls":3,"file":"package.zip","reason":"12321"}');
INSERT INTO "register_change" VALUES(18,'2026-11-24T03:00:16.000000Z','chen','evidence','given-out','cd26c2d29a4a2c1a1cb823d4b9257591','{"file":"package.zip","sha256":"4a8845fe54af9e97eee66a9d264e375d9cc21244c528afb8524289ae7cd586c2","bytes":145563}');
INSERT INTO "register_change" VALUES(19,'2026-11-24T03:00:16.000000Z','chen','evidence','given-out','b0101e354b023be92d984f7b3184fa7e','{"file":"package.zip","sha256":"4a8845fe54af9e97eee66a9d264e375d9cc21244c528afb8524289ae7cd586c2","bytes":145563}');
INSERT INTO "register_change" VALUES(20,'2026-11-24T03:00:16.000000Z','chen','evidence','given-out','3bd49c30f55910791b007cd3004cf9b3','{"file":"package.zip","sha256":"4a8845fe54af9e97eee66a9d264e375d9cc21244c528afb8524289ae7cd586c2","bytes":145563}');
CREATE TABLE script (
    id          TEXT NOT NULL,
    version     INTEGER NOT NULL,
    text        TEXT NOT NULL,
    sha256      TEXT NOT NULL,  -- of the text in UTF-8
    added_at    TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT,
    expires_at  TEXT,
    checked     TEXT NOT NULL DEFAULT '[]',  -- JSON list: digests of the phrase lists it was checked for
    PRIMARY KEY (id, version),
    CHECK ((approved_by = '') = (approved_at IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO "script" VALUES('pitch',1,'您好，这里是某某公司。
请问现在方便吗？
','f7615bae057749019c61aa94fc51555522f710e9f583e1fd7c0641f61859a22a','2026-11-24T03:00:03.000000Z','wang','chen','2026-11-24T03:00:04.000000Z',NULL,'["9ef55e5b67987a09"]');
CREATE TABLE suspension (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL CHECK (kind IN ('agent', 'campaign', 'caller-id')),
    key         TEXT NOT NULL CHECK (key <> ''),
    since       TEXT NOT NULL,
    by          TEXT NOT NULL,
    cause       TEXT NOT NULL,  -- in words
    evidence    TEXT NOT NULL,  -- JSON: ids of the decisions or complaints that led to it
    lifted_at   TEXT,
    lifted_by   TEXT NOT NULL DEFAULT '',
    lift_reason TEXT NOT NULL DEFAULT '',
    CHECK ((lifted_at IS NULL) = (lift_reason = ''))
) STRICT;
INSERT INTO "suspension" VALUES(1,'agent','1001','2026-11-24T03:00:11.000000Z','chen','complaint 1','[]',NULL,'','');
CREATE TABLE undelivered (
    decision TEXT PRIMARY KEY REFERENCES decision (id),
    at       TEXT NOT NULL,
    reason   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE unsealed (
    seq  INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL
) STRICT;
CREATE TABLE witnessed (
    reading   INTEGER PRIMARY KEY REFERENCES clock_reading (seq),
    us        INTEGER NOT NULL,  -- microseconds since 1970: the time that the readings up to this one bear out
    behind_us INTEGER NOT NULL   -- of the host's uptime, in which the wall clock has stayed behind that time
) STRICT;
CREATE INDEX decision_by_number ON decision (number, decided_at);
CREATE INDEX recording_by_decision ON recording (decision);
CREATE INDEX recording_open ON recording (node, state) WHERE state IN ('starting', 'running');
CREATE TRIGGER recording_keep_until_only_rises BEFORE UPDATE OF keep_until ON recording
WHEN OLD.keep_until IS NOT NULL AND (NEW.keep_until IS NULL OR NEW.keep_until < OLD.keep_until)
BEGIN SELECT RAISE(ABORT, 'keep_until may be raised, never lowered'); END;
CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE INDEX decision_by_caller_id ON decision (caller_id, decided_at);
CREATE INDEX decision_by_campaign ON decision (campaign, number, decided_at);
CREATE TRIGGER campaign_purpose_leaves_a_trace AFTER UPDATE OF purpose ON campaign
WHEN OLD.purpose <> NEW.purpose
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z', 'database', 'campaign', 'purpose', NEW.id,
            json_object('from', OLD.purpose, 'to', NEW.purpose));
END;
CREATE TRIGGER script_text_is_final BEFORE UPDATE OF id, version, text, sha256 ON script
BEGIN SELECT RAISE(ABORT, 'the text of a script is never changed: add a new version'); END;
CREATE UNIQUE INDEX suspension_in_force ON suspension (kind, key) WHERE lifted_at IS NULL;
CREATE INDEX complaint_by_caller_id ON complaint (caller_id, received_at);
CREATE INDEX complaint_by_campaign ON complaint (campaign, received_at);
CREATE INDEX complaint_by_agent ON complaint (agent, received_at);
CREATE INDEX opt_out_by_number ON opt_out (number, at);
CREATE INDEX register_change_by_action ON register_change (register, action, at);
CREATE INDEX incident_by_kind ON incident (kind, channel, at);
CREATE TRIGGER ledger_decision AFTER INSERT ON decision
BEGIN INSERT INTO unsealed (kind, key) VALUES ('decision', NEW.id); END;
CREATE TRIGGER ledger_undelivered AFTER INSERT ON undelivered
BEGIN INSERT INTO unsealed (kind, key) VALUES ('undelivered', NEW.decision); END;
CREATE TRIGGER ledger_recording AFTER UPDATE ON recording WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('recording', NEW.id); END;
CREATE TRIGGER ledger_register_change AFTER INSERT ON register_change
BEGIN INSERT INTO unsealed (kind, key) VALUES ('register-change', NEW.seq); END;
CREATE TRIGGER ledger_incident AFTER INSERT ON incident
BEGIN INSERT INTO unsealed (kind, key) VALUES ('incident', NEW.seq); END;
CREATE TRIGGER ledger_opt_out AFTER INSERT ON opt_out
BEGIN INSERT INTO unsealed (kind, key) VALUES ('opt-out', NEW.seq); END;
CREATE TRIGGER ledger_clock_reading AFTER INSERT ON clock_reading
BEGIN INSERT INTO unsealed (kind, key) VALUES ('clock', NEW.seq); END;
CREATE TRIGGER ledger_is_final BEFORE UPDATE ON ledger
WHEN NEW.leaf_index IS NOT OLD.leaf_index OR NEW.kind IS NOT OLD.kind OR NEW.key IS NOT OLD.key
  OR NEW.version IS NOT OLD.version OR NEW.leaf IS NOT OLD.leaf OR NEW.salt IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a leaf is never changed, only its content erased'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'a leaf is never deleted'); END;
CREATE TRIGGER undelivered_is_final BEFORE UPDATE ON undelivered
BEGIN SELECT RAISE(ABORT, 'an undelivered decision stays undelivered'); END;
CREATE TRIGGER undelivered_stays BEFORE DELETE ON undelivered
BEGIN SELECT RAISE(ABORT, 'an undelivered decision stays undelivered'); END;
CREATE TRIGGER register_change_is_final BEFORE UPDATE ON register_change
BEGIN SELECT RAISE(ABORT, 'a change of a register is never changed'); END;
CREATE TRIGGER register_change_stays BEFORE DELETE ON register_change
BEGIN SELECT RAISE(ABORT, 'a change of a register is never deleted'); END;
CREATE TRIGGER incident_is_final BEFORE UPDATE ON incident
BEGIN SELECT RAISE(ABORT, 'an incident is never changed'); END;
CREATE TRIGGER incident_stays BEFORE DELETE ON incident
BEGIN SELECT RAISE(ABORT, 'an incident is never deleted'); END;
CREATE TRIGGER opt_out_is_final BEFORE UPDATE ON opt_out
BEGIN SELECT RAISE(ABORT, 'an opt-out is never changed'); END;
CREATE TRIGGER opt_out_stays BEFORE DELETE ON opt_out
BEGIN SELECT RAISE(ABORT, 'an opt-out is never deleted'); END;
CREATE TRIGGER clock_reading_is_final BEFORE UPDATE ON clock_reading
BEGIN SELECT RAISE(ABORT, 'a clock reading is never changed'); END;
CREATE TRIGGER clock_reading_stays BEFORE DELETE ON clock_reading
BEGIN SELECT RAISE(ABORT, 'a clock reading is never deleted'); END;
CREATE TRIGGER checkpoint_is_final BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;
CREATE TRIGGER ledger_node_is_final BEFORE UPDATE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'a hash of the ledger is never changed'); END;
CREATE TRIGGER ledger_node_stays BEFORE DELETE ON ledger_node
BEGIN SELECT RAISE(ABORT, 'a hash of the ledger is never deleted'); END;
CREATE INDEX register_change_of_ledger ON register_change (action) WHERE register = 'ledger';
CREATE VIEW clock_us AS
SELECT seq, boot_id, uptime_us,
       strftime('%s', substr(at, 1, 19)) * 1000000 + CAST(substr(at, 21, 6) AS INTEGER) AS at_us
FROM clock_reading;
CREATE VIEW witness_rule AS
WITH step AS (
    SELECT new.seq AS reading, new.at_us, new.uptime_us AS up, new.boot_id = old.boot_id AS same_boot,
           old.at_us AS old_at, old.uptime_us AS old_up, before.us AS old_us, before.behind_us AS old_behind
    FROM clock_us AS new
    LEFT JOIN witnessed AS before ON before.reading = (SELECT max(reading) FROM witnessed WHERE reading < new.seq)
    LEFT JOIN clock_us AS old ON old.seq = before.reading
    WHERE new.seq = (SELECT max(seq) FROM clock_reading)
), moved AS (
    SELECT reading, at_us, old_us, old_behind,
           CASE WHEN same_boot THEN max(up - old_up, 0) ELSE up END AS seen,
           max(0, CASE WHEN same_boot THEN up - old_up
                       ELSE min(at_us - old_at, up + min(old_up, 86400000000)) END) AS most
    FROM step WHERE old_us IS NOT NULL
), weighed AS (
    SELECT reading, at_us, old_us, most,
           CASE WHEN at_us < old_us - 3600000000 THEN old_behind + seen ELSE 0 END AS behind
    FROM moved
)
SELECT reading, max(old_us, min(at_us, old_us + most)) AS us, behind AS behind_us
FROM weighed WHERE behind < 604800000000
UNION ALL
SELECT reading, at_us, 0 FROM weighed WHERE behind >= 604800000000
UNION ALL
SELECT reading,
       min(at_us, coalesce((SELECT strftime('%s', substr(decided_at, 1, 19)) * 1000000
                                   + CAST(substr(decided_at, 21, 6) AS INTEGER) + behind_us
                            FROM decision ORDER BY seq DESC LIMIT 1) + 86400000000, at_us)), 0
FROM step WHERE old_us IS NULL;
CREATE TRIGGER clock_reading_is_witnessed AFTER INSERT ON clock_reading
BEGIN
    INSERT INTO witnessed (reading, us, behind_us)
    SELECT reading, us, behind_us FROM witness_rule WHERE reading = NEW.seq;
    SELECT RAISE(ABORT, 'not a clock reading') WHERE NOT EXISTS (SELECT 1 FROM witnessed WHERE reading = NEW.seq);
END;
CREATE TRIGGER clock_reading_is_a_time BEFORE INSERT ON clock_reading
WHEN coalesce(strftime('%Y-%m-%dT%H:%M:%S', substr(NEW.at, 1, 19), '+0 days'), '') IS NOT substr(NEW.at, 1, 19)
  OR substr(NEW.at, 20) NOT GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]Z' OR NEW.uptime_us < 0
BEGIN SELECT RAISE(ABORT, 'not a clock reading'); END;
CREATE TRIGGER clock_reading_is_not_replaced BEFORE INSERT ON clock_reading
WHEN EXISTS (SELECT 1 FROM clock_reading WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'a clock reading is never changed'); END;
CREATE TRIGGER witnessed_by_the_rule BEFORE INSERT ON witnessed
WHEN EXISTS (SELECT 1 FROM witnessed WHERE reading >= NEW.reading)
  OR NOT EXISTS (SELECT 1 FROM witness_rule
                 WHERE reading = NEW.reading AND us = NEW.us AND behind_us = NEW.behind_us)
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;
CREATE TRIGGER witnessed_is_final BEFORE UPDATE ON witnessed
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;
CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed
BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END;
CREATE VIEW today AS
SELECT date(min(witnessed.us, clock_us.at_us) / 1000000 - 43200, 'unixepoch') AS day
FROM witnessed JOIN clock_us ON clock_us.seq = witnessed.reading
WHERE witnessed.reading = (SELECT max(reading) FROM witnessed);
CREATE INDEX ledger_of_clocks ON ledger (leaf_index) WHERE kind = 'clock';
CREATE VIEW recording_end AS
SELECT recording.id AS recording, recording.ended_at,
       CASE WHEN decision.behind_us > 0 THEN
           (SELECT us FROM witnessed
            WHERE reading = (SELECT CAST(key AS INTEGER) FROM ledger AS clock INDEXED BY ledger_of_clocks
                             WHERE clock.kind = 'clock' AND clock.leaf_index < (
                                 SELECT leaf_index FROM ledger WHERE kind = 'recording' AND key = recording.id)
                             ORDER BY clock.leaf_index DESC LIMIT 1))
       END AS witnessed_us
FROM recording LEFT JOIN decision ON decision.id = recording.decision;
CREATE INDEX hold_in_force ON hold (scope, key) WHERE released_at IS NULL;
CREATE VIEW held AS
SELECT recording.id AS recording, hold.id AS hold
FROM recording JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'recording' AND hold.key = recording.id) OR (hold.scope = 'call' AND hold.key = recording.decision)
    OR (hold.scope = 'callee' AND hold.key = recording.number));
CREATE TRIGGER hold_is_logged AFTER INSERT ON hold
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.since, NEW.by, 'recording', 'hold', NEW.key,
            json_object('hold', NEW.id, 'scope', NEW.scope, 'reason', NEW.reason));
END;
CREATE TRIGGER release_is_logged AFTER UPDATE ON hold
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.released_at, NEW.released_by, 'recording', 'release', NEW.key,
            json_object('hold', NEW.id, 'scope', NEW.scope, 'reason', NEW.release_reason));
END;
CREATE TRIGGER hold_begins_in_force BEFORE INSERT ON hold
WHEN NEW.released_at IS NOT NULL OR EXISTS (SELECT 1 FROM hold WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;
CREATE TRIGGER hold_is_only_released BEFORE UPDATE ON hold
WHEN OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.id IS NOT OLD.id OR NEW.scope IS NOT OLD.scope
  OR NEW.key IS NOT OLD.key OR NEW.since IS NOT OLD.since OR NEW.by IS NOT OLD.by OR NEW.reason IS NOT OLD.reason
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;
CREATE TRIGGER hold_stays BEFORE DELETE ON hold
BEGIN SELECT RAISE(ABORT, 'a hold is only ever released'); END;
CREATE INDEX recording_by_keep_until ON recording (keep_until, id)
WHERE keep_until IS NOT NULL AND ended_at IS NOT NULL AND disposed_at IS NULL;
CREATE INDEX disposal_unfinished ON disposal (recording) WHERE done_at IS NULL;
CREATE INDEX register_change_by_key ON register_change (register, key);
CREATE TRIGGER disposal_in_its_time BEFORE INSERT ON disposal
BEGIN
    SELECT RAISE(ABORT, 'disposed of already') WHERE EXISTS (SELECT 1 FROM disposal WHERE recording = NEW.recording);
    SELECT RAISE(ABORT, 'not a recording that has ended')
    WHERE NOT EXISTS (SELECT 1 FROM recording WHERE id = NEW.recording AND ended_at IS NOT NULL
                      AND keep_until = NEW.keep_until);
    SELECT RAISE(ABORT, 'the recording is under a legal hold')
    WHERE EXISTS (SELECT 1 FROM held WHERE recording = NEW.recording);
    SELECT RAISE(ABORT, 'the recording must still be kept, by the witnessed time')
    WHERE NOT coalesce(NEW.keep_until < (SELECT day FROM today), 0);
    SELECT RAISE(ABORT, 'the recording must be kept until a later day, by the log')
    WHERE EXISTS (SELECT 1 FROM register_change
                  WHERE register = 'recording' AND key = NEW.recording AND action IN ('keep', 'policy')
                    AND NOT coalesce(json_extract(detail, '$.to') <= NEW.keep_until, 0));
    SELECT RAISE(ABORT, 'not the last clock reading')
    WHERE NEW.reading IS NOT (SELECT max(reading) FROM witnessed) OR NEW.done_at IS NOT NULL;
END;
CREATE TRIGGER disposal_is_logged AFTER INSERT ON disposal
BEGIN
    UPDATE recording SET disposed_at = NEW.at WHERE id = NEW.recording;
    INSERT INTO register_change (at, actor, register, action, key, detail)
    SELECT NEW.at, NEW.by, 'recording', 'dispose', NEW.recording,
           json_object('keep_until', NEW.keep_until, 'reading', NEW.reading, 'sha256', sha256,
                       'callee_sha256', callee_sha256, 'agent_sha256', agent_sha256)
    FROM recording WHERE id = NEW.recording;
END;
CREATE TRIGGER disposal_done_is_logged AFTER UPDATE ON disposal
BEGIN
    INSERT INTO register_change (at, actor, register, action, key, detail)
    VALUES (NEW.done_at, NEW.by, 'recording', 'disposed', NEW.recording, '{}');
END;
CREATE TRIGGER disposal_is_only_finished BEFORE UPDATE ON disposal
WHEN OLD.done_at IS NOT NULL OR NEW.done_at IS NULL OR NEW.recording IS NOT OLD.recording OR NEW.at IS NOT OLD.at
  OR NEW.by IS NOT OLD.by OR NEW.keep_until IS NOT OLD.keep_until OR NEW.reading IS NOT OLD.reading
BEGIN SELECT RAISE(ABORT, 'a disposal is never changed'); END;
CREATE TRIGGER recording_is_disposed_of_by_a_disposal BEFORE UPDATE OF disposed_at ON recording
WHEN NEW.disposed_at IS NOT (SELECT at FROM disposal WHERE recording = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a recording is disposed of by its row in disposal'); END;
CREATE TRIGGER disposal_stays BEFORE DELETE ON disposal
BEGIN SELECT RAISE(ABORT, 'a disposal is never taken back'); END;
CREATE TRIGGER recording_stays BEFORE DELETE ON recording
BEGIN SELECT RAISE(ABORT, 'a recording is never deleted here: dialpact recordings purge'); END;
CREATE TRIGGER recording_is_not_replaced BEFORE INSERT ON recording
WHEN EXISTS (SELECT 1 FROM recording WHERE id = NEW.id OR path = NEW.path)
BEGIN SELECT RAISE(ABORT, 'there is such a recording already'); END;
CREATE TRIGGER recording_keeps_its_name BEFORE UPDATE OF id, path ON recording
WHEN NEW.id IS NOT OLD.id OR NEW.path IS NOT OLD.path
BEGIN SELECT RAISE(ABORT, 'a recording keeps its id and its path'); END;
CREATE TRIGGER recording_keep_until_is_a_day BEFORE UPDATE OF keep_until ON recording
WHEN NEW.keep_until IS NOT NULL AND date(NEW.keep_until, '+0 days') IS NOT NEW.keep_until
  AND (OLD.keep_until IS NULL OR NEW.keep_until >= OLD.keep_until)  -- to lower it is refused in its own words
BEGIN SELECT RAISE(ABORT, 'keep_until is a day: 2027-11-24'); END;
CREATE TRIGGER recording_begins_unfinished BEFORE INSERT ON recording
WHEN NEW.ended_at IS NOT NULL OR NEW.keep_until IS NOT NULL OR NEW.disposed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a recording begins without an end'); END;
CREATE VIEW call_under_hold AS
SELECT decision.id AS decision
FROM decision JOIN hold ON hold.released_at IS NULL AND (
    (hold.scope = 'call' AND hold.key = decision.id) OR (hold.scope = 'callee' AND hold.key = decision.number)
    OR (hold.scope = 'recording' AND hold.key IN (SELECT id FROM recording WHERE recording.decision = decision.id)));
CREATE TRIGGER ledger_erases_decision AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'decision'
BEGIN
    UPDATE decision SET number = '', given = '', dial = iif(dial = '', '', 'erased'), caller_id = '', agent = '',
        channel = '', uniqueid = '', attack = '', retry_at = NULL, record = ''
    WHERE id = NEW.key;
END;
CREATE TRIGGER ledger_erases_recording AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'recording'
BEGIN UPDATE recording SET number = '', caller_id = '', channel = '', uniqueid = '' WHERE id = NEW.key; END;
CREATE INDEX decision_by_time ON decision (decided_at);
CREATE INDEX decision_in_report ON decision (decided_at, id, verdict, mode, dial, number, caller_id, campaign,
                                             business, trunk, behind_us, reasons);
CREATE INDEX carrier_leg_of ON carrier_leg (decision);
CREATE TRIGGER ledger_carrier_leg AFTER UPDATE ON carrier_leg WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('carrier-leg', NEW.id); END;
CREATE TRIGGER ledger_carrier_leg_ended AFTER INSERT ON carrier_leg WHEN NEW.ended_at IS NOT NULL
BEGIN INSERT INTO unsealed (kind, key) VALUES ('carrier-leg', NEW.id); END;
CREATE TRIGGER carrier_leg_stays BEFORE DELETE ON carrier_leg
BEGIN SELECT RAISE(ABORT, 'a leg is never deleted'); END;
CREATE VIEW call_of_leaf AS
SELECT 'decision' AS kind, id AS key, id AS decision FROM decision
UNION ALL SELECT 'recording', id, decision FROM recording
UNION ALL SELECT 'carrier-leg', id, decision FROM carrier_leg;
CREATE TRIGGER ledger_erased_with_leave BEFORE UPDATE OF salt ON ledger WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL
BEGIN
    SELECT RAISE(ABORT, 'only the records of calls are erased')
    WHERE OLD.kind NOT IN ('decision', 'recording', 'carrier-leg');
    SELECT RAISE(ABORT, 'a recording of this call is still kept')
    WHERE EXISTS (SELECT 1 FROM recording
                  WHERE (OLD.kind = 'recording' AND id = OLD.key
                         OR OLD.kind <> 'recording'
                            AND decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key))
                    AND (ended_at IS NULL OR keep_until IS NOT NULL AND disposed_at IS NULL));
    SELECT RAISE(ABORT, 'this call is under a legal hold')
    WHERE EXISTS (SELECT 1 FROM call_under_hold
                  WHERE decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key));
    SELECT RAISE(ABORT, 'a complaint about this call is still open')
    WHERE EXISTS (SELECT 1 FROM complaint
                  WHERE status = 'open'
                    AND decision = (SELECT decision FROM call_of_leaf WHERE kind = OLD.kind AND key = OLD.key));
    SELECT RAISE(ABORT, 'an erasure is logged first')
    WHERE NOT EXISTS (SELECT 1 FROM json_each((SELECT detail FROM register_change
                                               WHERE register = 'ledger' AND action = 'erase'
                                               ORDER BY seq DESC LIMIT 1), '$.leaves') AS run
                      WHERE OLD.leaf_index BETWEEN json_extract(run.value, '$[0]')
                                               AND json_extract(run.value, '$[1]'));
END;
CREATE TRIGGER recording_end_is_final BEFORE UPDATE ON recording
WHEN OLD.ended_at IS NOT NULL AND (
    NEW.id IS NOT OLD.id OR NEW.decision IS NOT OLD.decision OR NEW.node IS NOT OLD.node
    OR NEW.campaign IS NOT OLD.campaign
    OR NEW.started_at IS NOT OLD.started_at OR NEW.answered_at IS NOT OLD.answered_at
    OR NEW.ended_at IS NOT OLD.ended_at OR NEW.format IS NOT OLD.format OR NEW.path IS NOT OLD.path
    OR NEW.bytes IS NOT OLD.bytes OR NEW.seconds IS NOT OLD.seconds
    OR NEW.talk_seconds IS NOT OLD.talk_seconds OR NEW.sha256 IS NOT OLD.sha256
    OR NEW.callee_path IS NOT OLD.callee_path OR NEW.callee_sha256 IS NOT OLD.callee_sha256
    OR NEW.callee_dbfs IS NOT OLD.callee_dbfs OR NEW.agent_path IS NOT OLD.agent_path
    OR NEW.agent_sha256 IS NOT OLD.agent_sha256 OR NEW.agent_dbfs IS NOT OLD.agent_dbfs
    OR NEW.part IS NOT OLD.part OR NEW.sound IS NOT OLD.sound OR NEW.unseen IS NOT OLD.unseen
    OR (NEW.number IS NOT OLD.number OR NEW.caller_id IS NOT OLD.caller_id OR NEW.channel IS NOT OLD.channel
        OR NEW.uniqueid IS NOT OLD.uniqueid)
       AND NOT (NEW.number = '' AND NEW.caller_id = '' AND NEW.channel = '' AND NEW.uniqueid = ''
                AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'recording' AND key = OLD.id AND salt IS NULL)))
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed, only erased with its salt'); END;
CREATE TRIGGER recording_state_is_final BEFORE UPDATE OF state ON recording
WHEN OLD.ended_at IS NOT NULL AND NEW.state IS NOT OLD.state
BEGIN SELECT RAISE(ABORT, 'a recording that has ended is never changed, only erased with its salt'); END;
CREATE TRIGGER carrier_leg_end_is_final BEFORE UPDATE ON carrier_leg
WHEN OLD.ended_at IS NOT NULL AND NOT (
    NEW.id IS OLD.id AND NEW.decision IS OLD.decision AND NEW.node IS OLD.node AND NEW.dialled_at IS OLD.dialled_at
    AND NEW.ringing_at IS OLD.ringing_at AND NEW.answered_at IS OLD.answered_at AND NEW.ended_at IS OLD.ended_at
    AND NEW.dial_status IS OLD.dial_status AND NEW.hangup_cause IS OLD.hangup_cause
    AND NEW.interlock IS OLD.interlock
    AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.linkedid = '' AND NEW.sip_call_id = '' AND NEW.sent_from = ''
    AND NEW.supervision = '{}'
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'carrier-leg' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a leg that has ended is never changed, only erased with its salt'); END;
CREATE TRIGGER ledger_erases_carrier_leg AFTER UPDATE OF salt ON ledger
WHEN OLD.salt IS NOT NULL AND NEW.salt IS NULL AND NEW.kind = 'carrier-leg'
BEGIN
    UPDATE carrier_leg SET channel = '', uniqueid = '', linkedid = '', sip_call_id = '', sent_from = '',
        supervision = '{}'
    WHERE id = NEW.key;
END;
CREATE INDEX decision_by_first ON decision (continues) WHERE continues <> '';
CREATE TRIGGER decision_is_final BEFORE UPDATE ON decision
WHEN NOT (
    NEW.seq IS OLD.seq AND NEW.id IS OLD.id AND NEW.node IS OLD.node AND NEW.decided_at IS OLD.decided_at
    AND NEW.behind_us IS OLD.behind_us AND NEW.verdict IS OLD.verdict AND NEW.reasons IS OLD.reasons
    AND NEW.campaign IS OLD.campaign AND NEW.business IS OLD.business AND NEW.trunk IS OLD.trunk
    AND NEW.mode IS OLD.mode AND NEW.continues IS OLD.continues
    AND NEW.number = '' AND NEW.given = '' AND NEW.dial IS iif(OLD.dial = '', '', 'erased') AND NEW.caller_id = ''
    AND NEW.agent = '' AND NEW.channel = '' AND NEW.uniqueid = '' AND NEW.attack = '' AND NEW.retry_at IS NULL
    AND NEW.record = ''
    AND EXISTS (SELECT 1 FROM ledger WHERE kind = 'decision' AND key = OLD.id AND salt IS NULL))
BEGIN SELECT RAISE(ABORT, 'a decision is never changed, only erased with its salt'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('unsealed',33);
INSERT INTO "sqlite_sequence" VALUES('register_change',20);
INSERT INTO "sqlite_sequence" VALUES('opt_out',2);
INSERT INTO "sqlite_sequence" VALUES('incident',3);
INSERT INTO "sqlite_sequence" VALUES('suspension',1);
INSERT INTO "sqlite_sequence" VALUES('hold',1);
COMMIT;
PRAGMA user_version = 13;
PRAGMA application_id = 0;
