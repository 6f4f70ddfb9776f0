-- With it, what of any register is not what the log says: nearly always nothing.
-- name: campaign_and_business(id)^
SELECT campaign.id, campaign.business, campaign.industry, campaign.purpose, campaign.script,
       business.name, business.actor,
       (SELECT CAST(json_agg(json_build_array(register, key)) AS text) FROM register_difference WHERE register > '')
FROM campaign JOIN business ON business.id = campaign.business
WHERE campaign.id = :id;

-- In its place where a profile asks for registrations: with those of both.
-- name: campaign_and_registrations(id)^
SELECT campaign.id, campaign.business, campaign.industry, campaign.purpose, campaign.script,
       business.name, business.actor,
       (SELECT CAST(json_agg(json_build_array(register, key)) AS text) FROM register_difference WHERE register > ''),
       (SELECT CAST(coalesce(json_agg(json_build_array(holder, registration.id, kind, valid_from, valid_to, number)
                                      ORDER BY kind, valid_from), '[]') AS text)
        FROM registration WHERE holder = 'business' AND registration.id = campaign.business),
       (SELECT CAST(coalesce(json_agg(json_build_array(holder, registration.id, kind, valid_from, valid_to, number)
                                      ORDER BY kind, valid_from), '[]') AS text)
        FROM registration WHERE holder = 'campaign' AND registration.id = campaign.id)
FROM campaign JOIN business ON business.id = campaign.business
WHERE campaign.id = :id;
