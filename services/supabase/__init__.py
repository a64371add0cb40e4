"""One Supabase project as the adapters of accounts and blobs reach it."""
