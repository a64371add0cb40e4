-- Written by `flask supabase-migrations` from migrations/versions/0016_json_in_its_order.py; do not edit.

-- Running upgrade 0015 -> 0016

ALTER TABLE security_events ALTER COLUMN details TYPE json USING details::json;

ALTER TABLE workers ALTER COLUMN info TYPE json USING info::json, ALTER COLUMN memory TYPE json USING memory::json;

ALTER TABLE sessions ALTER COLUMN tags TYPE json USING tags::json;

ALTER TABLE api_keys ALTER COLUMN scopes TYPE json USING scopes::json;

ALTER TABLE files ALTER COLUMN lags TYPE json USING lags::json, ALTER COLUMN profile TYPE json USING profile::json, ALTER COLUMN recipe TYPE json USING recipe::json, ALTER COLUMN care TYPE json USING care::json;

ALTER TABLE time_info ALTER COLUMN category_data TYPE json USING category_data::json;

ALTER TABLE training_jobs ALTER COLUMN tags TYPE json USING tags::json, ALTER COLUMN config TYPE json USING config::json, ALTER COLUMN error TYPE json USING error::json, ALTER COLUMN outcome TYPE json USING outcome::json, ALTER COLUMN counts TYPE json USING counts::json, ALTER COLUMN progress TYPE json USING progress::json;

ALTER TABLE evaluation_tables ALTER COLUMN df_eval TYPE json USING df_eval::json, ALTER COLUMN df_eval_ts TYPE json USING df_eval_ts::json;

ALTER TABLE job_checkpoints ALTER COLUMN progress TYPE json USING progress::json;

ALTER TABLE job_events ALTER COLUMN data TYPE json USING data::json;

ALTER TABLE job_tasks ALTER COLUMN error TYPE json USING error::json, ALTER COLUMN result TYPE json USING result::json;

ALTER TABLE training_logs ALTER COLUMN progress TYPE json USING progress::json;

ALTER TABLE training_results ALTER COLUMN results TYPE json USING results::json, ALTER COLUMN results_metadata TYPE json USING results_metadata::json;

ALTER TABLE training_visualizations ALTER COLUMN data TYPE json USING data::json;

ALTER TABLE job_evidence ALTER COLUMN error TYPE json USING error::json, ALTER COLUMN details TYPE json USING details::json;

UPDATE alembic_version SET version_num='0016' WHERE alembic_version.version_num = '0015';
