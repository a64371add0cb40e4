-- Written by `flask supabase-migrations` from migrations/versions/0009_finish.py; do not edit.

-- Running upgrade 0008 -> 0009

ALTER TABLE training_jobs ADD COLUMN finishable BOOLEAN DEFAULT false NOT NULL;

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';
