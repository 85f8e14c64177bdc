"""Every error a person may see. Each says what happened, what it means and what to do next."""

from __future__ import annotations

from feedly_core.i18n import Text, translate


class FeedlyError(Exception):
    """Root of all expected errors. ``what`` happened, what it ``meaning``s, what to do: ``remedy``."""

    def __init__(self, what: Text, *, meaning: Text | None = None, remedy: Text | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.meaning = meaning
        self.remedy = remedy

    def sentences(self, language: str) -> list[str]:
        """What, meaning and remedy in ``language``, without the missing ones."""
        parts = (self.what, self.meaning, self.remedy)
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
    """The server answers that it takes no further connection of this role, or of anybody."""


class NotFeedlyDatabase(FeedlyError):
    """Connected, but the tables that every page needs are not there."""


class MissingInSchema(FeedlyError):
    """A table or column that this one question needs is absent in this schema generation."""


class QueryTimedOut(FeedlyError):
    """The statement time-out ended a query."""


class QueryFailed(FeedlyError):
    """The database refused a query for another reason (rights, locks, broken function)."""


class RowLocked(FeedlyError):
    """A worker holds the row: nothing was changed."""


class NotFound(FeedlyError):
    """The id or prefix names nothing, or more than one thing."""


class InvalidInput(FeedlyError):
    """A person's input cannot be used; nothing was written."""


class PictureUnusable(InvalidInput):
    """A file is no picture, is damaged, or exceeds a limit."""


class PermissionDenied(FeedlyError):
    """The role of this person does not allow the action, or the dashboard is read-only."""


class DemoRefused(FeedlyError):
    """The simulator or the sample loader met a database that is not marked as a demo."""
