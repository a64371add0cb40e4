"""Who looks after the installation: the accounts whose addresses the operator named in TRAINYARD_ADMINS."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from services.accounts import User
from services.errors import Forbidden
from services.storage.database import Database
from services.storage.tables import JobRow, SessionRow, UserRow


class Admins:
    """An admin sees everybody's jobs, and may pause, cancel and end them and change their priority."""

    def __init__(self, database: Database, emails: Collection[str]) -> None:
        self._database = database
        self._emails = frozenset(email.lower() for email in emails)

    def has(self, user: User) -> bool:
        return user.email.lower() in self._emails

    def require(self, user: User) -> None:
        """Forbidden for everybody else."""
        if not self.has(user):
            raise Forbidden(
                "Only an admin of this server may see what belongs to everybody",
                code="NOT_AN_ADMIN",
                suggestion="Leave owner out for your own jobs; the operator names admins in TRAINYARD_ADMINS",
            )

    def acts_for(self, user: User, job_id: UUID) -> UUID:
        """In whose name this user acts on the job: an admin in its owner's, everybody else in their own."""
        if not self.has(user):
            return user.id
        with self._database.read() as tx:
            owner = func.coalesce(SessionRow.user_id, JobRow.user_id)
            query = select(owner).outerjoin_from(JobRow, SessionRow, SessionRow.id == JobRow.session_id)
            return tx.scalar(query.where(JobRow.id == job_id)) or user.id

    def emails_of(self, users: Collection[UUID]) -> dict[UUID, str]:
        with self._database.read() as tx:
            found = tx.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(set(users))))
            return dict(found.all())
