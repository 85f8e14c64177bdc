"""Database errors in our words, with the cause, without passwords."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from feedly_core.errors import (
    DatabaseUnreachable,
    FeedlyError,
    InvalidInput,
    LoginRefused,
    MissingInSchema,
    NoConnectionLeft,
    PermissionDenied,
    QueryFailed,
    QueryTimedOut,
    RowLocked,
)
from feedly_core.i18n import N_, verbatim

UNDEFINED = {"42P01", "42703", "3F000"}
NO_RIGHT = {"42501"}
READ_ONLY = {"25006"}
TIMED_OUT = {"57014"}
LOCKED = {"55P03", "40P01"}
WRONG_LOGIN = {"28P01", "28000"}
NO_DATABASE = {"3D000"}
BAD_CHARACTER = {"22021", "22P05"}


def translated(error: DBAPIError) -> FeedlyError:
    """The matching error of :mod:`feedly_core.errors`, with its hint."""
    code = getattr(error.orig, "pgcode", None)
    first_line = _telling_line(str(error.orig)) or type(error).__name__
    never_answered = code is None and isinstance(error, (OperationalError, InterfaceError))
    if never_answered or (code or "").startswith(("08", "57P", "53300")):
        return unreachable(first_line)
    found = _known_failure(code or "", first_line)
    return found or QueryFailed(
        N_("The database refused a query."),
        detail=verbatim(first_line),
        hint=N_("Try again. If it stays, give an engineer the support bundle of the diagnostics page."),
    )


def _telling_line(message: str) -> str:
    """What a server answered, rather than that another address of the same host name did not answer."""
    lines = message.strip().splitlines() or [""]
    return next((line for line in lines if "FATAL:" in line), lines[0])


def _known_failure(code: str, first_line: str) -> FeedlyError | None:
    if code in UNDEFINED:
        return MissingInSchema(
            N_("Something that this panel needs is missing in this database."),
            detail=verbatim(first_line),
            hint=N_("See the schema check on the diagnostics page."),
        )
    if code in NO_RIGHT | READ_ONLY:
        return PermissionDenied(
            N_("The database does not allow this."),
            detail=verbatim(first_line),
            hint=N_("Connect with a role that has the right, and to the primary rather than a replica."),
        )
    if code in TIMED_OUT:
        return QueryTimedOut(
            N_("The query took too long and was stopped."),
            hint=N_("Choose a shorter time range or fewer jobs."),
        )
    if code in LOCKED:
        return RowLocked(
            N_("A worker is busy with this row: nothing was changed."),
            hint=N_("Wait until the step has ended, then try again."),
        )
    if code in WRONG_LOGIN | NO_DATABASE:
        return unreachable(first_line)
    if code in BAD_CHARACTER:
        return unusable_text()
    return None


def unstorable(error: ValueError) -> bool:
    """Whether the driver refused a character that PostgreSQL cannot store."""
    return "surrogates not allowed" in str(error) or "NUL (0x00)" in str(error)


def unusable_text() -> InvalidInput:
    return InvalidInput(
        N_("The text holds a character that the database cannot store."),
        hint=N_("Remove invisible characters, or type the text again."),
    )


def unreachable(driver_message: str) -> DatabaseUnreachable:
    """From the driver's own sentence (which never holds the password)."""
    if "authentication failed" in driver_message or "no password supplied" in driver_message:
        return LoginRefused(
            N_("The database refused the user name or password."),
            detail=N_("The server is there; the login is wrong."),
            hint=N_("Correct user and password in DATABASE_URL, then start the dashboard again."),
        )
    if "does not exist" in driver_message:
        return LoginRefused(
            N_("The server is there, but not the database or user that DATABASE_URL names."),
            detail=verbatim(driver_message),
            hint=N_("Correct DATABASE_URL, then start the dashboard again."),
        )
    if "too many" in driver_message or "remaining connection slots" in driver_message:
        return NoConnectionLeft(
            N_("The database server has no connection left for the dashboard."),
            detail=verbatim(driver_message),
            hint=N_(
                "End connections that are idle for long, or raise max_connections or the role's limit. "
                "The page tries again by itself."
            ),
        )
    return DatabaseUnreachable(
        N_("The database cannot be reached."),
        detail=verbatim(driver_message),
        hint=N_("Check that the server runs and that DATABASE_URL is right. The page tries again by itself."),
    )


def pool_exhausted() -> DatabaseUnreachable:
    return DatabaseUnreachable(
        N_("All of the dashboard's database connections are busy."),
        hint=N_("Wait a moment and load the page again."),
    )
