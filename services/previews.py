"""A look at the beginning of a file before it is uploaded; nothing of it is kept or counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.errors import Invalid, TooLarge
from services.file_fields import invalid, text
from services.forecasting.errors import DataError
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import TimeInfoRow
from services.validation import checked

LARGEST = 1024 * 1024
CODE = "INVALID_IMPORT_OPTIONS"


class Previews:
    """Reads with the rules of the import, so that what it shows is what an upload becomes."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def look(
        self,
        user_id: UUID,
        content: bytes,
        options: Mapping[str, Any],
        *,
        complete: bool,
        session_ref: str | None,
    ) -> dict[str, Any]:
        """`options` are importOptions, and `ausgabezeit` for a file of forecasts."""
        from services.forecasting.csv_series import ImportOptions
        from services.forecasting.preview import look_at

        if len(content) > LARGEST:
            raise TooLarge(
                f"The chunk has {len(content)} bytes; a preview reads at most {LARGEST}",
                code="CHUNK_TOO_LARGE",
                suggestion="Send the first bytes of the file only",
                details={"field": "chunk", "limit_bytes": LARGEST},
            )
        said = dict(options)
        issued = said.pop("ausgabezeit", None)
        declared = checked(ImportOptions, said, where="options", code=CODE)
        usual = None if session_ref is None else self._zone(user_id, session_ref)
        try:
            return look_at(
                content,
                declared,
                complete=complete,
                issued=None if issued is None else text("options.ausgabezeit", issued, 500),
                usual_zone=usual,
            )
        except DataError as error:
            raise Invalid(
                error.message, code=error.code, suggestion=error.suggestion, details=error.details
            ) from None

    def _zone(self, user_id: UUID, ref: str) -> str | None:
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            info = tx.get(TimeInfoRow, session_id)
            return None if info is None else info.zeitzone


def read_complete(value: str) -> bool:
    """The form field `complete`."""
    if value not in ("", "true", "false"):
        raise invalid("complete", f"must be true or false, not {value[:40]!r}")
    return value == "true"
