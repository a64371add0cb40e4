-- Written by `flask supabase-migrations` from migrations/versions/0005_installation.py; do not edit.

-- Running upgrade 0004 -> 0005

CREATE TABLE installation (
    id INTEGER NOT NULL,
    name VARCHAR(40) NOT NULL,
    CONSTRAINT pk_installation PRIMARY KEY (id)
);

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

-- What only Supabase has.

alter table public.installation enable row level security;
alter table public.installation force row level security;
revoke all on table public.installation from public, anon, authenticated;
drop policy if exists "owner reads" on public.installation;
