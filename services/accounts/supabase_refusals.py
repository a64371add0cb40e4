"""What Supabase Auth refuses, in our words."""

from __future__ import annotations

import logging

from services.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

log = logging.getLogger(__name__)
WRONG_CREDENTIALS = ("invalid_credentials", "user_not_found")
TOO_MANY = ("over_request_rate_limit", "over_email_send_rate_limit")


def in_our_words(code: str | None, status: int, text: str) -> AppError:
    """The error that says the same; the vendor's text goes to the log only."""
    if code in WRONG_CREDENTIALS:
        return wrong_credentials()
    if code in ("user_already_exists", "email_exists"):
        return Conflict(
            "There is already an account for this address",
            code="EMAIL_TAKEN",
            suggestion="Sign in, or use another address",
        )
    if code == "weak_password":
        return Invalid(
            "The project asks for a stronger password",
            code="WEAK_PASSWORD",
            suggestion="Take a longer one, with figures and signs, that is on no list of stolen ones",
            details={"field": "password"},
        )
    if code in ("email_address_invalid", "validation_failed"):
        return Invalid("email is no address that is taken", code="INVALID_EMAIL", details={"field": "email"})
    if status == 429 or code in TOO_MANY:
        return TooManyRequests(
            "Too many tries", code="TOO_MANY_ATTEMPTS", suggestion="Try again in some minutes"
        )
    if code == "email_not_confirmed":
        return unconfirmed("your address")
    return _closed(code, status, text)


def of_a_refresh_token(code: str | None, status: int, text: str) -> AppError:
    """Whatever is wrong with one, the way out is the same."""
    if status == 429 or code in TOO_MANY:
        return in_our_words(code, status, text)
    return Unauthenticated(
        "The refresh token is not valid any more", code="INVALID_REFRESH_TOKEN", suggestion="Sign in again"
    )


def wrong_credentials() -> AppError:
    return Unauthenticated("Email or password is wrong", code="WRONG_CREDENTIALS")


def unconfirmed(address: str) -> AppError:
    """The account is there, but has to be confirmed first."""
    return Forbidden(
        f"The account waits for you to confirm {address}",
        code="EMAIL_NOT_CONFIRMED",
        suggestion="Open the link in the mail that was sent there, then sign in",
    )


def _closed(code: str | None, status: int, text: str) -> AppError:
    if code in ("signup_disabled", "email_provider_disabled"):
        return Forbidden(
            "New accounts are not taken here", code="SIGN_UP_CLOSED", suggestion="Ask the operator"
        )
    if code == "user_banned":
        return Forbidden("This account is blocked", code="ACCOUNT_BLOCKED", suggestion="Ask the operator")
    log.error("Supabase Auth refused: %s %s %s", status, code, text[:500])
    return Unavailable(
        "The accounts' service does not take what this server asks of it",
        code="ACCOUNTS_MISCONFIGURED",
        suggestion="Tell the operator: `flask doctor` checks the address and the keys",
    )
