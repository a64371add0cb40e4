-- Written by `flask supabase-migrations` from migrations/versions/0008_session_lists.py; do not edit.

-- Running upgrade 0007 -> 0008

ALTER TABLE sessions ADD COLUMN tags JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE sessions ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;

DROP INDEX ix_sessions_user_id;

CREATE INDEX ix_sessions_updated ON sessions (user_id, deleted_at, updated_at, id);

CREATE INDEX ix_sessions_created ON sessions (user_id, deleted_at, created_at, id);

CREATE INDEX ix_sessions_name ON sessions (user_id, deleted_at, session_name, id);

DROP INDEX ix_training_jobs_list;

CREATE INDEX ix_training_jobs_list ON training_jobs (user_id, created_at, id, workload, priority, session_id);

CREATE INDEX ix_training_jobs_session_id_lane_status ON training_jobs (session_id, lane, status);

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';
