-- With it, what of any register is not what the log says: nearly always nothing.
-- name: campaign_and_business(id)^
SELECT campaign.id, campaign.business, campaign.industry, campaign.purpose, campaign.script,
       business.name, business.actor,
       CASE WHEN EXISTS (SELECT 1 FROM register_difference WHERE register > '')
            THEN (SELECT json_group_array(json_array(register, key)) FROM register_difference WHERE register > '')
            END
FROM campaign JOIN business ON business.id = campaign.business
WHERE campaign.id = :id;

-- In its place where a profile asks for registrations: with those of both.
-- name: campaign_and_registrations(id)^
SELECT campaign.id, campaign.business, campaign.industry, campaign.purpose, campaign.script,
       business.name, business.actor,
       CASE WHEN EXISTS (SELECT 1 FROM register_difference WHERE register > '')
            THEN (SELECT json_group_array(json_array(register, key)) FROM register_difference WHERE register > '')
            END,
       (SELECT json_group_array(json_array(holder, registration.id, kind, valid_from, valid_to, number))
        FROM registration WHERE holder = 'business' AND registration.id = campaign.business),
       (SELECT json_group_array(json_array(holder, registration.id, kind, valid_from, valid_to, number))
        FROM registration WHERE holder = 'campaign' AND registration.id = campaign.id)
FROM campaign JOIN business ON business.id = campaign.business
WHERE campaign.id = :id;

-- name: caller_id(number)^
SELECT number, business, licence, carrier, authenticated, trunks, purposes, valid_from, valid_to, sent_as
FROM caller_id WHERE number = :number;

-- Sorted by whoever asks, if there are several: of a view in two parts SQLite sorts each, and merges them.
-- name: consents(number, business)
SELECT business, industry, granted_at, expires_at, evidence, withdrawn_at, evidence_sha256, wording
FROM consent_now WHERE number = :number AND business = :business;

-- name: do_not_call(number)
SELECT scope, value, requested_at, source
FROM dnc_now WHERE number = :number;

-- name: lease(node)^
SELECT boot_id, expires_ns, ready, why FROM recorder_lease WHERE node = :node;

-- name: opt_outs_at()^
SELECT max(at) FROM register_change WHERE register = 'dnc' AND action = 'import';

-- name: leads(number, campaign)
SELECT batch.id, batch.campaign, batch.partner, batch.contract, batch.basis, batch.file, batch.sha256,
       batch.imported_at, batch.rows, batch.held
FROM lead JOIN batch ON batch.id = lead.batch
WHERE lead.number = :number AND batch.campaign = :campaign AND batch.withdrawn_at IS NULL
ORDER BY batch.id;

-- name: script(id)^
SELECT id, version, sha256, approved_by, approved_at, expires_at, checked
FROM script WHERE id = :id ORDER BY version DESC LIMIT 1;

-- name: suspensions(agent, campaign, caller_id)
SELECT kind, key, since, cause FROM suspension WHERE kind = 'agent' AND key = :agent AND lifted_at IS NULL
UNION ALL
SELECT kind, key, since, cause FROM suspension
WHERE kind = 'campaign' AND key = :campaign AND lifted_at IS NULL
UNION ALL
SELECT kind, key, since, cause FROM suspension
WHERE kind = 'caller-id' AND key = :caller_id AND lifted_at IS NULL;

-- An attempt is a call that was put through: there was something to dial, and the PBX was told. Other ways of a
-- call are not counted beside its first one, and none of it is counted against itself (:first).
-- name: nth_at_callee(number, business, first, skip)^
SELECT decided_at FROM decision
WHERE number = :number AND business = :business AND dial <> '' AND continues = '' AND id <> :first
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY decided_at DESC LIMIT 1 OFFSET :skip;

-- Another way over another caller ID is a call over that one, too.
-- name: nth_over_caller_id(caller_id, first, skip)^
SELECT decided_at FROM decision
WHERE caller_id = :caller_id AND dial <> '' AND id <> :first
  AND (continues = '' OR NOT EXISTS (SELECT 1 FROM decision AS first
                                     WHERE first.id = decision.continues AND first.caller_id = :caller_id))
  AND NOT EXISTS (SELECT 1 FROM undelivered WHERE undelivered.decision = decision.id)
ORDER BY decided_at DESC LIMIT 1 OFFSET :skip;

-- Blocked ones too: who sweeps a range is blocked often.
-- name: neighbours(campaign, first, last, since)
SELECT DISTINCT number FROM decision
WHERE campaign = :campaign AND number BETWEEN :first AND :last AND decided_at > :since;

-- The same numbers, and when each was dialled last: when it leaves the window.
-- name: last_dialled(campaign, first, last, since)
SELECT number, max(decided_at) FROM decision
WHERE campaign = :campaign AND number BETWEEN :first AND :last AND decided_at > :since
GROUP BY number;
