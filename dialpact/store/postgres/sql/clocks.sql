-- Of this node's clock.
-- name: last_uptime(boot_id, by)^
SELECT uptime_us FROM clock_reading
WHERE node = current_setting('dialpact.node') AND boot_id = :boot_id AND by = :by ORDER BY seq DESC LIMIT 1;

-- name: last_witnessed()^
SELECT clock_reading.seq, clock_reading.at, clock_reading.boot_id, clock_reading.uptime_us, witnessed.us,
       witnessed.behind_us
FROM witnessed JOIN clock_reading ON clock_reading.node = witnessed.node AND clock_reading.seq = witnessed.reading
WHERE witnessed.node = current_setting('dialpact.node')
ORDER BY witnessed.reading DESC LIMIT 1;

-- name: last_call()^
SELECT decided_at, behind_us FROM decision WHERE node = current_setting('dialpact.node') ORDER BY seq DESC LIMIT 1;
