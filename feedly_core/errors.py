"""Errors for people: message, detail and hint."""

from __future__ import annotations

from feedly_core.i18n import Message, translate


class FeedlyError(Exception):
    """Root of all expected errors.

    As PostgreSQL does: ``message`` says what happened, ``detail`` what it means, ``hint`` what to do.
    """

    def __init__(
        self, message: Message, *, detail: Message | None = None, hint: Message | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint

    def sentences(self, language: str) -> list[str]:
        """Message, detail and hint in ``language``, without the missing ones."""
        parts = (self.message, self.detail, self.hint)
        return [translate(part, language) for part in parts if part is not None]

    def __str__(self) -> str:
        return " ".join(self.sentences("en"))


class SettingsInvalid(FeedlyError):
    """An environment variable has a value that cannot be used."""


class DatabaseUnreachable(FeedlyError):
    """No connection: server down, wrong host, or one of the refusals below."""


class LoginRefused(DatabaseUnreachable):
    """The server answers, but not to this user, password or database name."""


class NoConnectionLeft(DatabaseUnreachable):
    """The server accepts no further connection."""


class NotFeedlyDatabase(FeedlyError):
    """Connected, but tables that every page needs are missing."""


class MissingInSchema(FeedlyError):
    """A table or column that this one question needs is absent in this schema generation."""


class QueryTimedOut(FeedlyError):
    """The statement time-out ended a query."""


class QueryFailed(FeedlyError):
    """The database refused a query for another reason (rights, locks, broken function)."""


class RowLocked(FeedlyError):
    """A worker holds the row: nothing was changed."""


class NotFound(FeedlyError):
    """The id or prefix names nothing, or several things."""


class InvalidInput(FeedlyError):
    """A person's input cannot be used; nothing was written."""


class PictureUnusable(InvalidInput):
    """A file is no picture, damaged, or too large."""


class PermissionDenied(FeedlyError):
    """The person's role does not allow the action.

    Or the dashboard is read-only.
    """


class DemoRefused(FeedlyError):
    """The simulator or the sample loader met a database that is not marked as a demo."""
