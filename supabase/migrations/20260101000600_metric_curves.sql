-- Written by `flask supabase-migrations` from migrations/versions/0006_metric_curves.py; do not edit.

-- Running upgrade 0005 -> 0006

CREATE INDEX ix_training_metrics_curve ON training_metrics (job_id, key, step, attempt, epoch, value);

DROP INDEX ix_training_metrics_job_id_key_step;

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';
