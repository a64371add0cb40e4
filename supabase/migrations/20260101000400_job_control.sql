-- Written by `flask supabase-migrations` from migrations/versions/0004_job_control.py; do not edit.

-- Running upgrade 0003 -> 0004

CREATE TABLE workers (
    id VARCHAR(80) NOT NULL,
    host VARCHAR(255) NOT NULL,
    lane VARCHAR(20) NOT NULL,
    device VARCHAR(20) NOT NULL,
    pid INTEGER NOT NULL,
    info JSONB NOT NULL,
    memory JSONB,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_workers PRIMARY KEY (id)
);

CREATE TABLE job_attempts (
    job_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    worker_id VARCHAR(80) NOT NULL,
    host VARCHAR(255) NOT NULL,
    device VARCHAR(20) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    ended VARCHAR(20),
    active_seconds DOUBLE PRECISION,
    cursor INTEGER NOT NULL,
    CONSTRAINT pk_job_attempts PRIMARY KEY (job_id, attempt),
    CONSTRAINT fk_job_attempts_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE TABLE job_checkpoints (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    step INTEGER NOT NULL,
    epoch INTEGER,
    blob_key VARCHAR(500) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size_bytes INTEGER NOT NULL,
    cursor INTEGER NOT NULL,
    progress JSONB NOT NULL,
    config_hash VARCHAR(64) NOT NULL,
    fingerprint VARCHAR(200) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_job_checkpoints PRIMARY KEY (id),
    CONSTRAINT fk_job_checkpoints_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_checkpoints_job_id_kind_created_at ON job_checkpoints (job_id, kind, created_at);

CREATE TABLE job_tasks (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    position INTEGER NOT NULL,
    key VARCHAR(200) NOT NULL,
    status VARCHAR(20) NOT NULL,
    tries INTEGER NOT NULL,
    error JSONB,
    result JSONB,
    skip_reason TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_job_tasks PRIMARY KEY (id),
    CONSTRAINT fk_job_tasks_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT uq_job_tasks_job_id_key UNIQUE (job_id, key)
);

CREATE INDEX ix_job_tasks_job_id_position ON job_tasks (job_id, position);

CREATE TABLE job_evidence (
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    task_id UUID NOT NULL,
    attempt INTEGER NOT NULL,
    tried INTEGER NOT NULL,
    status VARCHAR(20) NOT NULL,
    computed_by VARCHAR(200),
    device VARCHAR(20) NOT NULL,
    processing_ms DOUBLE PRECISION NOT NULL,
    checksum VARCHAR(64),
    error JSONB,
    details JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_job_evidence PRIMARY KEY (id),
    CONSTRAINT fk_job_evidence_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT fk_job_evidence_task_id_job_tasks FOREIGN KEY(task_id) REFERENCES job_tasks (id) ON DELETE CASCADE
);

CREATE INDEX ix_job_evidence_job_id_created_at ON job_evidence (job_id, created_at);

CREATE INDEX ix_job_evidence_task_id ON job_evidence (task_id);

ALTER TABLE training_jobs ADD COLUMN restart_of UUID;

ALTER TABLE training_jobs ADD COLUMN idempotency_key VARCHAR(255);

ALTER TABLE training_jobs ADD COLUMN request_hash VARCHAR(64);

ALTER TABLE training_jobs ADD COLUMN name VARCHAR(255);

ALTER TABLE training_jobs ADD COLUMN notes TEXT;

ALTER TABLE training_jobs ADD COLUMN tags JSONB DEFAULT '[]' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN priority INTEGER DEFAULT '1' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN device_request VARCHAR(20) DEFAULT 'auto' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN config_hash VARCHAR(64) DEFAULT '' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN host VARCHAR(255);

ALTER TABLE training_jobs ADD COLUMN device VARCHAR(20);

ALTER TABLE training_jobs ADD COLUMN beats INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN delete_requested BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE training_jobs ADD COLUMN resumable BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE training_jobs ADD COLUMN exclusive BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE training_jobs ADD COLUMN active_seconds DOUBLE PRECISION DEFAULT '0' NOT NULL;

ALTER TABLE training_jobs ADD COLUMN counts JSONB;

ALTER TABLE training_jobs ADD COLUMN queued_at TIMESTAMP WITH TIME ZONE DEFAULT '1970-01-01 00:00:00.000000+00:00' NOT NULL;

UPDATE training_jobs SET queued_at = created_at;

DROP INDEX ix_training_jobs_lease_expires_at;

DROP INDEX ix_training_jobs_user_id;

CREATE INDEX ix_training_jobs_user_id_created_at ON training_jobs (user_id, created_at);

CREATE UNIQUE INDEX ix_training_jobs_user_id_idempotency_key ON training_jobs (user_id, idempotency_key);

ALTER TABLE training_jobs DROP COLUMN lease_expires_at;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

-- What only Supabase has.

alter table public.workers enable row level security;
alter table public.workers force row level security;
revoke all on table public.workers from public, anon, authenticated;
drop policy if exists "owner reads" on public.workers;
alter table public.job_attempts enable row level security;
alter table public.job_attempts force row level security;
revoke all on table public.job_attempts from public, anon, authenticated;
drop policy if exists "owner reads" on public.job_attempts;
grant select on table public.job_attempts to authenticated;
create policy "owner reads" on public.job_attempts for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.job_checkpoints enable row level security;
alter table public.job_checkpoints force row level security;
revoke all on table public.job_checkpoints from public, anon, authenticated;
drop policy if exists "owner reads" on public.job_checkpoints;
grant select on table public.job_checkpoints to authenticated;
create policy "owner reads" on public.job_checkpoints for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.job_tasks enable row level security;
alter table public.job_tasks force row level security;
revoke all on table public.job_tasks from public, anon, authenticated;
drop policy if exists "owner reads" on public.job_tasks;
grant select on table public.job_tasks to authenticated;
create policy "owner reads" on public.job_tasks for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
alter table public.job_evidence enable row level security;
alter table public.job_evidence force row level security;
revoke all on table public.job_evidence from public, anon, authenticated;
drop policy if exists "owner reads" on public.job_evidence;
grant select on table public.job_evidence to authenticated;
create policy "owner reads" on public.job_evidence for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
