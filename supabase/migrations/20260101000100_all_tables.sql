-- Written by `flask supabase-migrations` from migrations/versions/0001_all_tables.py; do not edit.

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE plans (
    id VARCHAR(40) NOT NULL,
    name VARCHAR(80) NOT NULL,
    max_processing_jobs_per_month INTEGER NOT NULL,
    max_training_runs_per_month INTEGER NOT NULL,
    can_use_training BOOLEAN NOT NULL,
    max_file_size_mb INTEGER NOT NULL,
    CONSTRAINT pk_plans PRIMARY KEY (id)
);

CREATE TABLE users (
    id UUID NOT NULL,
    email VARCHAR(320) NOT NULL,
    password_hash TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_email UNIQUE (email)
);

CREATE TABLE refresh_tokens (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    family UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
    CONSTRAINT fk_refresh_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_refresh_tokens_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_refresh_tokens_family ON refresh_tokens (family);

CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE sessions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    alias VARCHAR(120),
    session_name VARCHAR(255),
    n_dat INTEGER,
    finalized BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT fk_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_sessions_user_id_alias UNIQUE (user_id, alias)
);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE TABLE subscriptions (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    plan_id VARCHAR(40) NOT NULL,
    status VARCHAR(20) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_subscriptions PRIMARY KEY (id),
    CONSTRAINT fk_subscriptions_plan_id_plans FOREIGN KEY(plan_id) REFERENCES plans (id),
    CONSTRAINT fk_subscriptions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_subscriptions_user_id ON subscriptions (user_id);

CREATE TABLE usage_events (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    quantity INTEGER NOT NULL,
    job_id UUID,
    note VARCHAR(200) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_usage_events PRIMARY KEY (id),
    CONSTRAINT fk_usage_events_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_usage_events_job_id ON usage_events (job_id);

CREATE INDEX ix_usage_events_user_id_kind_created_at ON usage_events (user_id, kind, created_at);

CREATE TABLE files (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    file_name VARCHAR(255) NOT NULL,
    type VARCHAR(10) NOT NULL,
    bezeichnung VARCHAR(255) NOT NULL,
    color_index INTEGER NOT NULL,
    utc_min TIMESTAMP WITH TIME ZONE,
    utc_max TIMESTAMP WITH TIME ZONE,
    zeitschrittweite DOUBLE PRECISION,
    zeitschrittweite_mittelwert DOUBLE PRECISION,
    zeitschrittweite_min DOUBLE PRECISION,
    "offset" DOUBLE PRECISION,
    min DOUBLE PRECISION,
    max DOUBLE PRECISION,
    datenpunkte INTEGER,
    numerische_datenpunkte INTEGER,
    numerischer_anteil DOUBLE PRECISION,
    datenform VARCHAR(60) NOT NULL,
    datenanpassung VARCHAR(60) NOT NULL,
    zeithorizont_start DOUBLE PRECISION,
    zeithorizont_end DOUBLE PRECISION,
    mittelwertbildung_uber_den_zeithorizont BOOLEAN NOT NULL,
    skalierung BOOLEAN NOT NULL,
    skalierung_min DOUBLE PRECISION NOT NULL,
    skalierung_max DOUBLE PRECISION NOT NULL,
    storage_path VARCHAR(500),
    series_path VARCHAR(500),
    file_hash VARCHAR(64),
    series_hash VARCHAR(64),
    size_bytes INTEGER,
    profile JSONB,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_files PRIMARY KEY (id),
    CONSTRAINT fk_files_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_files_session_id_type_bezeichnung UNIQUE (session_id, type, bezeichnung)
);

CREATE INDEX ix_files_session_id ON files (session_id);

CREATE TABLE time_info (
    session_id UUID NOT NULL,
    jahr BOOLEAN NOT NULL,
    monat BOOLEAN NOT NULL,
    woche BOOLEAN NOT NULL,
    tag BOOLEAN NOT NULL,
    feiertag BOOLEAN NOT NULL,
    zeitzone VARCHAR(60) NOT NULL,
    category_data JSONB NOT NULL,
    CONSTRAINT pk_time_info PRIMARY KEY (session_id),
    CONSTRAINT fk_time_info_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE TABLE training_jobs (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    session_id UUID,
    workload VARCHAR(60) NOT NULL,
    lane VARCHAR(20) NOT NULL,
    config JSONB NOT NULL,
    status VARCHAR(20) NOT NULL,
    phase VARCHAR(20),
    requested_action VARCHAR(10) NOT NULL,
    reason VARCHAR(40),
    error JSONB,
    outcome JSONB,
    attempt INTEGER NOT NULL,
    losses INTEGER NOT NULL,
    worker_id VARCHAR(80),
    lease_expires_at TIMESTAMP WITH TIME ZONE,
    progress JSONB,
    last_seq INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_training_jobs PRIMARY KEY (id),
    CONSTRAINT fk_training_jobs_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT fk_training_jobs_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_training_jobs_lease_expires_at ON training_jobs (lease_expires_at);

CREATE INDEX ix_training_jobs_session_id_created_at ON training_jobs (session_id, created_at);

CREATE INDEX ix_training_jobs_status_lane_created_at ON training_jobs (status, lane, created_at);

CREATE INDEX ix_training_jobs_user_id ON training_jobs (user_id);

CREATE TABLE zeitschritte (
    session_id UUID NOT NULL,
    eingabe INTEGER,
    ausgabe INTEGER,
    zeitschrittweite DOUBLE PRECISION,
    "offset" DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_zeitschritte PRIMARY KEY (session_id),
    CONSTRAINT fk_zeitschritte_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE TABLE artifacts (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    kind VARCHAR(40) NOT NULL,
    name VARCHAR(255) NOT NULL,
    media_type VARCHAR(100) NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    blob_key VARCHAR(500) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_artifacts PRIMARY KEY (id),
    CONSTRAINT fk_artifacts_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT uq_artifacts_job_id_name UNIQUE (job_id, name)
);

CREATE TABLE evaluation_tables (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    job_id UUID NOT NULL,
    df_eval JSONB NOT NULL,
    df_eval_ts JSONB NOT NULL,
    model_type VARCHAR(40) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_evaluation_tables PRIMARY KEY (id),
    CONSTRAINT fk_evaluation_tables_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_evaluation_tables_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_evaluation_tables_session_id_job_id UNIQUE (session_id, job_id)
);

CREATE INDEX ix_evaluation_tables_job_id ON evaluation_tables (job_id);

CREATE INDEX ix_evaluation_tables_session_id ON evaluation_tables (session_id);

CREATE TABLE job_events (
    job_id UUID NOT NULL,
    seq INTEGER NOT NULL,
    type VARCHAR(60) NOT NULL,
    attempt INTEGER NOT NULL,
    data JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_job_events PRIMARY KEY (job_id, seq),
    CONSTRAINT fk_job_events_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE TABLE training_logs (
    id SERIAL NOT NULL,
    session_id UUID,
    job_id UUID NOT NULL,
    progress JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_training_logs PRIMARY KEY (id),
    CONSTRAINT fk_training_logs_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_training_logs_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE INDEX ix_training_logs_job_id ON training_logs (job_id);

CREATE INDEX ix_training_logs_session_id ON training_logs (session_id);

CREATE TABLE training_metrics (
    id SERIAL NOT NULL,
    job_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    key VARCHAR(80) NOT NULL,
    value DOUBLE PRECISION,
    step INTEGER NOT NULL,
    epoch INTEGER,
    phase VARCHAR(20) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_training_metrics PRIMARY KEY (id),
    CONSTRAINT fk_training_metrics_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE INDEX ix_training_metrics_job_id_key_step ON training_metrics (job_id, key, step);

CREATE TABLE training_results (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    job_id UUID NOT NULL,
    status VARCHAR(20) NOT NULL,
    results JSONB NOT NULL,
    results_file_path VARCHAR(500),
    file_size_bytes INTEGER,
    compressed BOOLEAN NOT NULL,
    results_metadata JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_training_results PRIMARY KEY (id),
    CONSTRAINT fk_training_results_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_training_results_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_training_results_job_id UNIQUE (job_id)
);

CREATE INDEX ix_training_results_session_id ON training_results (session_id);

CREATE TABLE training_visualizations (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    job_id UUID NOT NULL,
    plot_name VARCHAR(300) NOT NULL,
    plot_type VARCHAR(40) NOT NULL,
    image_path VARCHAR(500) NOT NULL,
    data JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_training_visualizations PRIMARY KEY (id),
    CONSTRAINT fk_training_visualizations_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_training_visualizations_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_training_visualizations_session_id_job_id_plot_name UNIQUE (session_id, job_id, plot_name)
);

CREATE INDEX ix_training_visualizations_job_id ON training_visualizations (job_id);

CREATE INDEX ix_training_visualizations_session_id ON training_visualizations (session_id);

INSERT INTO plans (id, name, max_processing_jobs_per_month, max_training_runs_per_month, can_use_training, max_file_size_mb) VALUES ('free', 'Free', 50, 0, false, 20);

INSERT INTO plans (id, name, max_processing_jobs_per_month, max_training_runs_per_month, can_use_training, max_file_size_mb) VALUES ('standard', 'Standard', 1000, 200, true, 500);

INSERT INTO plans (id, name, max_processing_jobs_per_month, max_training_runs_per_month, can_use_training, max_file_size_mb) VALUES ('unlimited', 'Unlimited', -1, -1, true, 2000);

INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING alembic_version.version_num;

-- What only Supabase has.

alter table public.alembic_version enable row level security;
alter table public.alembic_version force row level security;
revoke all on table public.alembic_version from public, anon, authenticated;
drop policy if exists "owner reads" on public.alembic_version;
alter table public.plans enable row level security;
alter table public.plans force row level security;
revoke all on table public.plans from public, anon, authenticated;
drop policy if exists "owner reads" on public.plans;
grant select on table public.plans to authenticated;
create policy "owner reads" on public.plans for select to authenticated using (true);
alter table public.users enable row level security;
alter table public.users force row level security;
revoke all on table public.users from public, anon, authenticated;
drop policy if exists "owner reads" on public.users;
grant select (id, email, created_at) on table public.users to authenticated;
create policy "owner reads" on public.users for select to authenticated using (id = (select auth.uid()));
alter table public.refresh_tokens enable row level security;
alter table public.refresh_tokens force row level security;
revoke all on table public.refresh_tokens from public, anon, authenticated;
drop policy if exists "owner reads" on public.refresh_tokens;
alter table public.sessions enable row level security;
alter table public.sessions force row level security;
revoke all on table public.sessions from public, anon, authenticated;
drop policy if exists "owner reads" on public.sessions;
grant select on table public.sessions to authenticated;
create policy "owner reads" on public.sessions for select to authenticated using (user_id = (select auth.uid()));
alter table public.subscriptions enable row level security;
alter table public.subscriptions force row level security;
revoke all on table public.subscriptions from public, anon, authenticated;
drop policy if exists "owner reads" on public.subscriptions;
grant select on table public.subscriptions to authenticated;
create policy "owner reads" on public.subscriptions for select to authenticated using (user_id = (select auth.uid()));
alter table public.usage_events enable row level security;
alter table public.usage_events force row level security;
revoke all on table public.usage_events from public, anon, authenticated;
drop policy if exists "owner reads" on public.usage_events;
grant select on table public.usage_events to authenticated;
create policy "owner reads" on public.usage_events for select to authenticated using (user_id = (select auth.uid()));
alter table public.files enable row level security;
alter table public.files force row level security;
revoke all on table public.files from public, anon, authenticated;
drop policy if exists "owner reads" on public.files;
grant select on table public.files to authenticated;
create policy "owner reads" on public.files for select to authenticated using (exists (select 1 from public.sessions s where s.id = session_id and s.user_id = (select auth.uid())));
alter table public.time_info enable row level security;
alter table public.time_info force row level security;
revoke all on table public.time_info from public, anon, authenticated;
drop policy if exists "owner reads" on public.time_info;
grant select on table public.time_info to authenticated;
create policy "owner reads" on public.time_info for select to authenticated using (exists (select 1 from public.sessions s where s.id = session_id and s.user_id = (select auth.uid())));
alter table public.training_jobs enable row level security;
alter table public.training_jobs force row level security;
revoke all on table public.training_jobs from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_jobs;
grant select on table public.training_jobs to authenticated;
create policy "owner reads" on public.training_jobs for select to authenticated using (user_id = (select auth.uid()));
alter table public.zeitschritte enable row level security;
alter table public.zeitschritte force row level security;
revoke all on table public.zeitschritte from public, anon, authenticated;
drop policy if exists "owner reads" on public.zeitschritte;
grant select on table public.zeitschritte to authenticated;
create policy "owner reads" on public.zeitschritte for select to authenticated using (exists (select 1 from public.sessions s where s.id = session_id and s.user_id = (select auth.uid())));
alter table public.artifacts enable row level security;
alter table public.artifacts force row level security;
revoke all on table public.artifacts from public, anon, authenticated;
drop policy if exists "owner reads" on public.artifacts;
grant select on table public.artifacts to authenticated;
create policy "owner reads" on public.artifacts for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.evaluation_tables enable row level security;
alter table public.evaluation_tables force row level security;
revoke all on table public.evaluation_tables from public, anon, authenticated;
drop policy if exists "owner reads" on public.evaluation_tables;
grant select on table public.evaluation_tables to authenticated;
create policy "owner reads" on public.evaluation_tables for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.job_events enable row level security;
alter table public.job_events force row level security;
revoke all on table public.job_events from public, anon, authenticated;
drop policy if exists "owner reads" on public.job_events;
grant select on table public.job_events to authenticated;
create policy "owner reads" on public.job_events for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.training_logs enable row level security;
alter table public.training_logs force row level security;
revoke all on table public.training_logs from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_logs;
grant select on table public.training_logs to authenticated;
create policy "owner reads" on public.training_logs for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.training_metrics enable row level security;
alter table public.training_metrics force row level security;
revoke all on table public.training_metrics from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_metrics;
grant select on table public.training_metrics to authenticated;
create policy "owner reads" on public.training_metrics for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.training_results enable row level security;
alter table public.training_results force row level security;
revoke all on table public.training_results from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_results;
grant select on table public.training_results to authenticated;
create policy "owner reads" on public.training_results for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.training_visualizations enable row level security;
alter table public.training_visualizations force row level security;
revoke all on table public.training_visualizations from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_visualizations;
grant select on table public.training_visualizations to authenticated;
create policy "owner reads" on public.training_visualizations for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
revoke all on sequence public.training_logs_id_seq from public, anon, authenticated;
revoke all on sequence public.training_metrics_id_seq from public, anon, authenticated;
alter table public.users drop constraint if exists fk_users_id_auth_users;
alter table public.users add constraint fk_users_id_auth_users foreign key (id) references auth.users (id) on delete cascade;
insert into storage.buckets (id, name, public) values ('csv-files', 'csv-files', false), ('training-results', 'training-results', false), ('models', 'models', false) on conflict (id) do update set public = false;
drop policy if exists "trainyard: owner reads" on storage.objects;
create policy "trainyard: owner reads" on storage.objects for select to authenticated using (bucket_id in ('csv-files', 'training-results', 'models') and (storage.foldername(name))[1] = (select auth.uid())::text);
