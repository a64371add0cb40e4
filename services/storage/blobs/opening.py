"""The one place that picks an adapter for blobs, for the server and for its workers."""

from __future__ import annotations

from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.blobs.disk import DiskBlobs
from services.storage.database import Database


def open_blobs(settings: Settings, database: Database) -> Blobs:
    if settings.blobs == "disk":
        return DiskBlobs(settings.data_dir / "blobs")
    from services.storage.blobs.object_cache import ObjectCache  # what only Supabase needs
    from services.storage.blobs.owners import Owners
    from services.storage.blobs.supabase import SupabaseBlobs
    from services.supabase.project import Project

    project = Project(settings.supabase_url, settings.supabase_service_role_key)
    cache = ObjectCache(settings.data_dir / "cache" / "objects")
    return SupabaseBlobs(project, Owners(database), cache, settings.link_seconds)
