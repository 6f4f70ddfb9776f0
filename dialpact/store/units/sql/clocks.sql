-- name: insert_reading(at, boot_id, uptime_us, by)!
INSERT INTO clock_reading (at, boot_id, uptime_us, by) VALUES (:at, :boot_id, :uptime_us, :by);

-- name: last_uptime(boot_id, by)^
SELECT uptime_us FROM clock_reading WHERE boot_id = :boot_id AND by = :by ORDER BY seq DESC LIMIT 1;

-- name: last_witnessed()^
SELECT clock_reading.seq, clock_reading.at, clock_reading.boot_id, clock_reading.uptime_us, witnessed.us,
       witnessed.behind_us
FROM witnessed JOIN clock_reading ON clock_reading.seq = witnessed.reading
WHERE witnessed.reading = (SELECT max(reading) FROM witnessed);

-- name: last_call()^
SELECT decided_at, behind_us FROM decision WHERE seq = (SELECT max(seq) FROM decision);
