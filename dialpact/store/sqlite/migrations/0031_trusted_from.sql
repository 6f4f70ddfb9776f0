-- A database that came from before there was trusted time, and had no reading since, was not told from where on it has
-- one (0018): its first readings were called missing ever after. No time that follows is later for it: the one that
-- follows from all readings counts where it is earlier.
INSERT INTO register_change (at, actor, register, action, key, detail)
SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), 'dialpact', 'clock', 'witnessed',
       CAST(coalesce((SELECT min(reading) FROM witnessed), last + 1) AS TEXT), '{}'
FROM (SELECT min(seq) AS first, max(seq) AS last FROM clock_reading)
WHERE first IS NOT NULL AND NOT EXISTS (SELECT 1 FROM witnessed WHERE reading = first)
  AND NOT EXISTS (SELECT 1 FROM register_change WHERE register = 'clock' AND action = 'witnessed');
