-- Written by `flask supabase-migrations` from migrations/versions/0014_shares_and_keys.py; do not edit.

-- Running upgrade 0013 -> 0014

CREATE TABLE session_shares (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    email VARCHAR(320) NOT NULL,
    user_id UUID,
    role VARCHAR(10) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_session_shares PRIMARY KEY (id),
    CONSTRAINT fk_session_shares_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT fk_session_shares_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_session_shares_session_id_email UNIQUE (session_id, email)
);

CREATE INDEX ix_session_shares_user_id ON session_shares (user_id);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    session_id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    prefix VARCHAR(12) NOT NULL,
    key_hash VARCHAR(64) NOT NULL,
    scopes JSONB NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_api_keys_session_id_sessions FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
    CONSTRAINT uq_api_keys_session_id_name UNIQUE (session_id, name)
);

CREATE INDEX ix_api_keys_user_id ON api_keys (user_id);

CREATE TABLE api_key_calls (
    user_id UUID NOT NULL,
    day TIMESTAMP WITH TIME ZONE NOT NULL,
    key_id UUID NOT NULL,
    calls INTEGER NOT NULL,
    CONSTRAINT pk_api_key_calls PRIMARY KEY (user_id, day, key_id),
    CONSTRAINT fk_api_key_calls_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

UPDATE alembic_version SET version_num='0014' WHERE alembic_version.version_num = '0013';

-- What only Supabase has.

alter table public.session_shares enable row level security;
alter table public.session_shares force row level security;
revoke all on table public.session_shares from public, anon, authenticated;
drop policy if exists "owner reads" on public.session_shares;
grant select on table public.session_shares to authenticated;
create policy "owner reads" on public.session_shares for select to authenticated using (exists (select 1 from public.sessions s where s.id = session_id and s.user_id = (select auth.uid())));
alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;
revoke all on table public.api_keys from public, anon, authenticated;
drop policy if exists "owner reads" on public.api_keys;
grant select (id, user_id, session_id, name, prefix, scopes, expires_at, last_used_at) on table public.api_keys to authenticated;
create policy "owner reads" on public.api_keys for select to authenticated using (user_id = (select auth.uid()));
alter table public.api_key_calls enable row level security;
alter table public.api_key_calls force row level security;
revoke all on table public.api_key_calls from public, anon, authenticated;
drop policy if exists "owner reads" on public.api_key_calls;
grant select on table public.api_key_calls to authenticated;
create policy "owner reads" on public.api_key_calls for select to authenticated using (user_id = (select auth.uid()));
