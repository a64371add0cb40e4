-- Written by `flask supabase-migrations` from migrations/versions/0011_models.py; do not edit.

-- Running upgrade 0010 -> 0011

CREATE TABLE models (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    session_id UUID,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    last_version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_models PRIMARY KEY (id),
    CONSTRAINT fk_models_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_models_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_models_user_id_name UNIQUE (user_id, name),
    CONSTRAINT uq_models_session_id UNIQUE (session_id)
);

CREATE TABLE model_versions (
    model_id UUID NOT NULL,
    version INTEGER NOT NULL,
    job_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_model_versions PRIMARY KEY (model_id, version),
    CONSTRAINT fk_model_versions_model_id_models FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE,
    CONSTRAINT fk_model_versions_job_id_training_jobs FOREIGN KEY(job_id) REFERENCES training_jobs (id) ON DELETE CASCADE,
    CONSTRAINT uq_model_versions_model_id_job_id UNIQUE (model_id, job_id)
);

CREATE INDEX ix_model_versions_job_id ON model_versions (job_id);

CREATE TABLE model_promotions (
    id SERIAL NOT NULL,
    model_id UUID NOT NULL,
    version INTEGER NOT NULL,
    previous INTEGER,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_model_promotions PRIMARY KEY (id),
    CONSTRAINT fk_model_promotions_model_id_models FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE
);

CREATE INDEX ix_model_promotions_model_id_id ON model_promotions (model_id, id);

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010';

-- What only Supabase has.

alter table public.models enable row level security;
alter table public.models force row level security;
revoke all on table public.models from public, anon, authenticated;
drop policy if exists "owner reads" on public.models;
grant select on table public.models to authenticated;
create policy "owner reads" on public.models for select to authenticated using (user_id = (select auth.uid()));
alter table public.model_versions enable row level security;
alter table public.model_versions force row level security;
revoke all on table public.model_versions from public, anon, authenticated;
drop policy if exists "owner reads" on public.model_versions;
grant select on table public.model_versions to authenticated;
create policy "owner reads" on public.model_versions for select to authenticated using (exists (select 1 from public.models m where m.id = model_id and m.user_id = (select auth.uid())));
alter table public.model_promotions enable row level security;
alter table public.model_promotions force row level security;
revoke all on table public.model_promotions from public, anon, authenticated;
drop policy if exists "owner reads" on public.model_promotions;
grant select on table public.model_promotions to authenticated;
create policy "owner reads" on public.model_promotions for select to authenticated using (exists (select 1 from public.models m where m.id = model_id and m.user_id = (select auth.uid())));
revoke all on sequence public.model_promotions_id_seq from public, anon, authenticated;
