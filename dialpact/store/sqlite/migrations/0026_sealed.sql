-- A keyed hash over each row, under the secret of the API's keys: what another hand has written there is told to nobody.
DELETE FROM idempotency;
ALTER TABLE idempotency ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
