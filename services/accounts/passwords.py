"""Which passwords are taken, long enough and not among those tried first; and what they are hashed with."""

from __future__ import annotations

from argon2 import PasswordHasher

from services.errors import Invalid

SHORTEST, LONGEST = 10, 1024  # hashing longer ones would only cost time
ENOUGH = 3  # of 4: more than 10^8 guesses, more than anybody can make before the throttle has stopped him
JUDGED = 72  # letters; judging takes time that grows with the square of the length


def hasher() -> PasswordHasher:
    """argon2id with 64 MiB, 3 passes and 4 lanes (RFC 9106, section 4): some 0.2 s of a core for a guess."""
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)


def check(password: str, email: str, field: str = "password") -> None:
    """Invalid with what is wrong about it; the password itself is never repeated."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise _weak(
            field,
            f"must have {SHORTEST} to {LONGEST} characters",
            "Several words in a row are easy to keep and hard to guess",
        )
    from zxcvbn import zxcvbn  # its lists of common passwords need not be read by a server that starts

    known = [part for part in (email, *email.replace(".", "@").split("@"), "trainyard") if part]
    found = zxcvbn(password[:JUDGED], user_inputs=known)
    if found["score"] < ENOUGH:
        why = found["feedback"]["warning"].rstrip(".") or "It is among those that are tried first"
        raise _weak(
            field,
            f"is too easy to guess: {why}",
            "Several uncommon words in a row are easy to keep and hard to guess",
        )


def _weak(field: str, message: str, suggestion: str) -> Invalid:
    return Invalid(
        f"{field} {message}", code="WEAK_PASSWORD", suggestion=suggestion, details={"field": field}
    )
