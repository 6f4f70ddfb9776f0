-- name: insert_reading(at, boot_id, uptime_us, by)!
INSERT INTO clock_reading (at, boot_id, uptime_us, by) VALUES (:at, :boot_id, :uptime_us, :by);

-- name: readings()
SELECT seq, at, boot_id, uptime_us, by FROM clock_reading ORDER BY seq;
