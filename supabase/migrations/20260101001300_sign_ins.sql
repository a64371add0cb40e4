-- Written by `flask supabase-migrations` from migrations/versions/0013_sign_ins.py; do not edit.

-- Running upgrade 0012 -> 0013

CREATE TABLE sign_ins (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    address VARCHAR(45),
    user_agent VARCHAR(300) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_sign_ins PRIMARY KEY (id),
    CONSTRAINT fk_sign_ins_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sign_ins_user_id ON sign_ins (user_id);

CREATE TABLE security_events (
    id SERIAL NOT NULL,
    user_id UUID,
    kind VARCHAR(40) NOT NULL,
    address VARCHAR(45),
    user_agent VARCHAR(300) NOT NULL,
    details JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_security_events PRIMARY KEY (id)
);

CREATE INDEX ix_security_events_user_id_id ON security_events (user_id, id);

CREATE INDEX ix_security_events_created_at ON security_events (created_at);

INSERT INTO sign_ins (id, user_id, user_agent, created_at, last_used_at, expires_at) SELECT r.family, r.user_id, '', MIN(u.created_at), MAX(u.created_at), MAX(r.expires_at) FROM refresh_tokens r JOIN users u ON u.id = r.user_id WHERE r.revoked_at IS NULL GROUP BY r.family, r.user_id;

UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0012';

-- What only Supabase has.

alter table public.sign_ins enable row level security;
alter table public.sign_ins force row level security;
revoke all on table public.sign_ins from public, anon, authenticated;
drop policy if exists "owner reads" on public.sign_ins;
grant select on table public.sign_ins to authenticated;
create policy "owner reads" on public.sign_ins for select to authenticated using (user_id = (select auth.uid()));
alter table public.security_events enable row level security;
alter table public.security_events force row level security;
revoke all on table public.security_events from public, anon, authenticated;
drop policy if exists "owner reads" on public.security_events;
grant select on table public.security_events to authenticated;
create policy "owner reads" on public.security_events for select to authenticated using (user_id = (select auth.uid()));
revoke all on sequence public.security_events_id_seq from public, anon, authenticated;
