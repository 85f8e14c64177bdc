"""A saved view, what makes one valid, and who may change it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from feedly_core.domain.typed_text import text_problems
from feedly_core.errors import InvalidInput, PermissionDenied
from feedly_core.i18n import N_, Message, joined
from feedly_core.permissions import Person, Role
from feedly_core.saved_views.addresses import GALLERY, PARAMETERS, QUEUE, address_of

LONGEST_NAME = 80
LONGEST_ADDRESS = 2_000

MOST_NEW = 99
"""New matches are counted exactly up to here; one more means "more"."""

VIEW_MATCHES = "view_matches"
"""Kind of the alert rules about a view of the team, which they know by its name."""


@dataclass(frozen=True)
class NewView:
    """A view as a person saves it. ``team``: everybody sees it."""

    name: str
    page: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    team: bool = False


@dataclass(frozen=True)
class SavedView:
    """A view that is kept. ``start``: the person who reads it begins with it."""

    view_id: UUID
    name: str
    page: str
    parameters: Mapping[str, str]
    owner: str
    team: bool
    created_at: datetime
    start: bool = False

    @property
    def address(self) -> str:
        return address_of(self.page, self.parameters)

    @property
    def counts_matches(self) -> bool:
        """Whether it lists pictures, in the gallery or to judge, so that new ones can be counted."""
        listed = {"results": GALLERY, "review": QUEUE}.get(self.page)
        return listed is not None and self.parameters.keys() <= listed


def clean_name(name: str) -> str:
    """The name in one line, without space around it."""
    return " ".join(name.split())


def check_name(name: str) -> None:
    """Raise :class:`InvalidInput` for a name that nobody can read or keep."""
    _refuse(text_problems(N_("name"), name, LONGEST_NAME, required=True))


def check_view(view: NewView) -> None:
    """Raise :class:`InvalidInput` naming each fault."""
    faults = text_problems(N_("name"), view.name, LONGEST_NAME, required=True)
    known = PARAMETERS.get(view.page)
    if known is None or not known >= view.parameters.keys():
        faults.append(N_("This address is no page of the dashboard."))
    else:
        written = "".join(f"{name}={value}" for name, value in view.parameters.items())
        faults += text_problems(N_("address"), written, LONGEST_ADDRESS)
    _refuse(faults)


def may_change(who: Person, view: SavedView) -> bool:
    """Whether ``who`` may rename or remove it: the owner, of the team's ones operators too."""
    return view.owner == who.name or (view.team and who.role >= Role.OPERATOR)


def may_share(who: Person, view: SavedView) -> bool:
    """Whether ``who`` may show it to the team, or take it back."""
    return who.role >= Role.REVIEWER and may_change(who, view)


def require_owner(who: Person, view: SavedView) -> None:
    """Raise :class:`PermissionDenied` unless ``who`` may change it."""
    if not may_change(who, view):
        raise PermissionDenied(
            N_("This view belongs to {owner}.", owner=view.owner),
            hint=N_("Ask {owner} or an operator, or save one of your own.", owner=view.owner),
        )


def _refuse(faults: list[Message]) -> None:
    if faults:
        raise InvalidInput(
            joined(" ", faults), detail=N_("Nothing was written."), hint=N_("Correct it and try again.")
        )
