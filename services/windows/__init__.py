"""Windows before they are built: how many samples settings would give, and one of them drawn to scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.sessions import Sessions
from services.storage.database import Database
from services.windows.draft import Draft, read_draft
from services.windows.kept import Kept
from services.windows.moment import Moment, read_moment
from services.windows.pace import Pace
from services.windows.settings import saved_settings

FIELDS = ("timeInfo", "zeitschritte", "files", "arithmetic", "max_gap_minutes", "at")


class Windows:
    """Answers within a request: nothing is built, what is read is kept for the next question."""

    def __init__(self, database: Database, sessions: Sessions, kept: Kept) -> None:
        self._database = database
        self._sessions = sessions
        self._pace = Pace(database)
        self._kept = kept

    def settings(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """What is saved of the files, the steps and the time features."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            return saved_settings(tx, session_id)

    def preview(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What generating datasets with these settings, saved or not, would give.

        Settings that could not be saved, or with which nothing can be built, come back as `errors`.
        """
        moment = read_moment(body.get("at"))
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            draft = read_draft(tx, session_id, body)
        return self._answer(draft, moment)

    def _answer(self, draft: Draft, moment: Moment | None) -> dict[str, Any]:
        if draft.config is None:
            return {"samples": None, "window": None, "errors": draft.errors}
        from services.windows.outlook import outlook

        found, error = outlook(draft.config, self._kept.series, moment)
        errors = [*draft.errors, *([error] if error else [])]
        if found["samples"] is not None:
            found["samples"]["seconds"] = self._pace.seconds(draft.config, found["samples"]["count"])
        return {**found, "errors": errors}
