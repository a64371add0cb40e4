-- Written by `flask supabase-migrations` from migrations/versions/0015_unfinished_uploads.py; do not edit.

-- Running upgrade 0014 -> 0015

CREATE TABLE unfinished_uploads (
    key VARCHAR(32) NOT NULL,
    user_id UUID NOT NULL,
    size_bytes BIGINT NOT NULL,
    job_id UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_unfinished_uploads PRIMARY KEY (key),
    CONSTRAINT fk_unfinished_uploads_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_unfinished_uploads_user_id ON unfinished_uploads (user_id);

UPDATE alembic_version SET version_num='0015' WHERE alembic_version.version_num = '0014';

-- What only Supabase has.

alter table public.unfinished_uploads enable row level security;
alter table public.unfinished_uploads force row level security;
revoke all on table public.unfinished_uploads from public, anon, authenticated;
drop policy if exists "owner reads" on public.unfinished_uploads;
grant select on table public.unfinished_uploads to authenticated;
create policy "owner reads" on public.unfinished_uploads for select to authenticated using (user_id = (select auth.uid()));
