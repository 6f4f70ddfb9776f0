-- name: lease_of(node)^
SELECT boot_id, expires_ns, ready, why, renewed_at FROM recorder_lease WHERE node = :node;

-- name: opt_outs_imported()^
SELECT max(at) FROM register_change WHERE register = 'dnc' AND action = 'import';

-- name: holders()
SELECT number, trunks, valid_from, valid_to FROM caller_id;

-- name: campaigns_and_scripts()
SELECT campaign.id, script.approved_by, script.expires_at
FROM campaign LEFT JOIN script ON script.id = campaign.script
 AND script.version = (SELECT max(version) FROM script AS other WHERE other.id = script.id)
ORDER BY campaign.id;

-- name: sellers()
SELECT id, business, industry, purpose, script FROM campaign ORDER BY id;

-- name: registered()
SELECT holder, id, kind, valid_from, valid_to, number FROM registration ORDER BY holder, id, kind, valid_from;

-- name: in_force()
SELECT kind, key, since, cause FROM suspension WHERE lifted_at IS NULL ORDER BY seq;

-- name: overwriting()^
SELECT at FROM overwriting ORDER BY id LIMIT 1;
