-- name: insert_reading(at, boot_id, uptime_us, by)!
INSERT INTO clock_reading (at, boot_id, uptime_us, by) VALUES (:at, :boot_id, :uptime_us, :by);

-- name: readings()
SELECT seq, at, boot_id, uptime_us, by FROM clock_reading ORDER BY seq;

-- name: last_uptime(boot_id, by)^
SELECT uptime_us FROM clock_reading WHERE boot_id = :boot_id AND by = :by ORDER BY seq DESC LIMIT 1;
