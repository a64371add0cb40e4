-- Written by `flask supabase-migrations` from migrations/versions/0003_recipe_and_care.py; do not edit.

-- Running upgrade 0002 -> 0003

ALTER TABLE files ADD COLUMN recipe JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE files ADD COLUMN care JSONB;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';
