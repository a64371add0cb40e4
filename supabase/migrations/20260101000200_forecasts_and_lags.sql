-- Written by `flask supabase-migrations` from migrations/versions/0002_forecasts_and_lags.py; do not edit.

-- Running upgrade 0001 -> 0002

ALTER TABLE files ADD COLUMN ausgabezeit VARCHAR(500);

ALTER TABLE files ADD COLUMN lags JSONB;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';
