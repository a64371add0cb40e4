-- What Supabase puts into a project's database before anything of ours comes: roles, auth, storage, and the
-- default privileges that hand every new table to its clients. A stand-in for tests on a plain PostgreSQL.
-- The role `project` is what `postgres` is at Supabase: owner of the tables, no superuser, bypasses row security.

do $$ begin
    if not exists (select from pg_roles where rolname = 'project') then
        create role anon nologin noinherit;
        create role authenticated nologin noinherit;
        create role service_role nologin noinherit bypassrls;
        create role authenticator login noinherit;
        grant anon, authenticated, service_role to authenticator;
        create role supabase_auth_admin nologin;
        create role supabase_storage_admin nologin;
        create role project login createrole createdb bypassrls;
        grant supabase_storage_admin to project;
        create role weakling login;
    end if;
end $$;

grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to project, weakling;
alter default privileges for role project in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role project in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges for role project in schema public grant all on functions to anon, authenticated, service_role;

create schema auth authorization supabase_auth_admin;
grant usage on schema auth to project, weakling, anon, authenticated, service_role;
create table auth.users (
    id uuid primary key,
    email varchar(255) unique,
    encrypted_password varchar(255),
    created_at timestamptz default now()
);
alter table auth.users owner to supabase_auth_admin;
grant all on auth.users to project, weakling;
create function auth.uid() returns uuid language sql stable as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create schema storage authorization supabase_storage_admin;
grant usage on schema storage to project, anon, authenticated, service_role;
create table storage.buckets (
    id text primary key,
    name text not null unique,
    public boolean default false,
    created_at timestamptz default now()
);
create table storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text references storage.buckets (id),
    name text,
    owner uuid,
    created_at timestamptz default now(),
    unique (bucket_id, name)
);
alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant all on storage.buckets, storage.objects to project, anon, authenticated, service_role;
create function storage.foldername(name text) returns text[] language sql immutable as $$
    select (string_to_array(name, '/'))[1 : array_length(string_to_array(name, '/'), 1) - 1]
$$;
