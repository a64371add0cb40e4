-- Written by `flask supabase-migrations` from migrations/versions/0010_metric_blocks.py; do not edit.

-- Running upgrade 0009 -> 0010

CREATE TABLE training_metric_blocks (
    job_id UUID NOT NULL,
    key VARCHAR(80) NOT NULL,
    last_id INTEGER NOT NULL,
    closes INTEGER,
    points BYTEA NOT NULL,
    CONSTRAINT pk_training_metric_blocks PRIMARY KEY (job_id, key, last_id),
    CONSTRAINT fk_training_metric_blocks_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE
);

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';

-- What only Supabase has.

alter table public.training_metric_blocks enable row level security;
alter table public.training_metric_blocks force row level security;
revoke all on table public.training_metric_blocks from public, anon, authenticated;
drop policy if exists "owner reads" on public.training_metric_blocks;
grant select on table public.training_metric_blocks to authenticated;
create policy "owner reads" on public.training_metric_blocks for select to authenticated using (exists (select 1 from public.training_jobs j where j.id = job_id and j.user_id = (select auth.uid())));
