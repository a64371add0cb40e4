"""The services that answer what a page draws: lists, lines and pictures of what others keep."""

from __future__ import annotations

from dataclasses import dataclass

from services.files import Files
from services.jobs import Jobs
from services.previews import Previews
from services.series_views import SeriesViews
from services.session_bin import SessionBin
from services.session_copies import SessionCopies
from services.session_list import SessionList
from services.sessions import Sessions
from services.settings import Settings
from services.storage.blobs import Blobs
from services.storage.database import Database


@dataclass(frozen=True)
class PageServices:
    previews: Previews
    session_list: SessionList
    session_bin: SessionBin
    session_copies: SessionCopies
    series_views: SeriesViews


def build_page(
    database: Database, blobs: Blobs, settings: Settings, jobs: Jobs, sessions: Sessions, files: Files
) -> PageServices:
    return PageServices(
        previews=Previews(database, sessions),
        session_list=SessionList(database),
        session_bin=SessionBin(database, sessions, jobs, settings.deleted_session_days),
        session_copies=SessionCopies(database, sessions),
        series_views=SeriesViews(database, blobs, files),
    )
