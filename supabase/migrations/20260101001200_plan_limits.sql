-- Written by `flask supabase-migrations` from migrations/versions/0012_plan_limits.py; do not edit.

-- Running upgrade 0011 -> 0012

ALTER TABLE plans ADD COLUMN total_compute_hours DOUBLE PRECISION DEFAULT '-1' NOT NULL;

ALTER TABLE plans ADD COLUMN max_storage_gb DOUBLE PRECISION DEFAULT '-1' NOT NULL;

ALTER TABLE plans ADD COLUMN max_parallel_jobs INTEGER DEFAULT '-1' NOT NULL;

ALTER TABLE plans ADD COLUMN max_api_keys INTEGER DEFAULT '-1' NOT NULL;

ALTER TABLE users ADD COLUMN blocked_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE limit_events (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    period_start TIMESTAMP WITH TIME ZONE NOT NULL,
    plan_id VARCHAR(40) NOT NULL,
    "limit" BIGINT NOT NULL,
    used BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_limit_events PRIMARY KEY (id),
    CONSTRAINT fk_limit_events_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_limit_events_user_id_kind_period_start UNIQUE (user_id, kind, period_start)
);

CREATE INDEX ix_limit_events_delivered_at_created_at ON limit_events (delivered_at, created_at);

UPDATE plans SET total_compute_hours=1.0, max_storage_gb=1.0, max_parallel_jobs=1, max_api_keys=2 WHERE plans.id = 'free';

UPDATE plans SET max_api_keys=20 WHERE plans.id = 'standard';

UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0011';

-- What only Supabase has.

alter table public.limit_events enable row level security;
alter table public.limit_events force row level security;
revoke all on table public.limit_events from public, anon, authenticated;
drop policy if exists "owner reads" on public.limit_events;
grant select on table public.limit_events to authenticated;
create policy "owner reads" on public.limit_events for select to authenticated using (user_id = (select auth.uid()));
