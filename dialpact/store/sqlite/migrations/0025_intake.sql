-- Opt-outs that a program brings (how: 'api').
-- A table's CHECK can be put otherwise only by copying its rows, or as here, as SQLite's own page on ALTER TABLE has it for
-- what changes nothing on the disk: no row is touched, however many there are.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''command'', ''import''', '''command'', ''api'', ''import''')
WHERE type = 'table' AND name = 'opt_out';
PRAGMA writable_schema = RESET;

-- As it was: that something of the schema is made anew tells whoever has the database open to read it again.
DROP TRIGGER opt_out_stays;
CREATE TRIGGER opt_out_stays BEFORE DELETE ON opt_out
BEGIN SELECT RAISE(ABORT, 'an opt-out is never deleted'); END;
