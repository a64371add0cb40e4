-- Written by `flask supabase-migrations` from migrations/versions/0007_job_lists.py; do not edit.

-- Running upgrade 0006 -> 0007

DROP INDEX ix_training_jobs_status_lane_created_at;

DROP INDEX ix_training_jobs_user_id_created_at;

CREATE INDEX ix_training_jobs_queue ON training_jobs (status, lane, queued_at, id, user_id, priority, device_request);

CREATE INDEX ix_training_jobs_list ON training_jobs (user_id, created_at, id, workload, priority);

CREATE INDEX ix_training_jobs_user_id_lane_started_at ON training_jobs (user_id, lane, started_at);

CREATE INDEX ix_training_jobs_user_id_status_created_at ON training_jobs (user_id, status, created_at);

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';
