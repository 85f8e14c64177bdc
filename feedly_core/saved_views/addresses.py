"""Addresses of pages: what each may say, and which part of it a saved view keeps. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode, urlsplit

from feedly_core.errors import InvalidInput
from feedly_core.i18n import N_, verbatim

GALLERY = frozenset(
    {"tenant", "outcome", "tone", "version", "days", "on", "words", "verdict", "campaign"}
    | {"score", "sort", "up", "group", "compare"}
)
"""Filters, order and comparison of the gallery."""

QUEUE = frozenset({"tenant", "tone", "campaign", "days", "order"})
"""Filters and order of the queue of pictures to judge, the first view of the review page."""

_OF_A_JOB = frozenset({"job", "tab", "rows", "layers", "drawn", "variants"})
_OF_THE_REVIEW = frozenset(
    QUEUE
    | {"view", "job", "variants", "winner-job", "held"}
    | {"meeting", "agenda", "agenda-order", "offered-order"}
    | {"kind", "before", "after", "change", "pair"}
    | {"limit-of", "judge-question", "judge-by", "pile"}
    | {"set", "release", "case", "round", "prefer-by"}
)
PARAMETERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "overview": frozenset(),
        "create_jobs": frozenset({"part", "remove_by", "run"}),
        "live_monitor": frozenset({"job", "q", "tenant", "campaign", "state", "step", "age"}),
        "results": _OF_A_JOB | GALLERY,
        "review": _OF_THE_REVIEW,
        "trends": frozenset({"tenant", "days", "by", "subject", "zoom", "against"}),
        "trigger_diagnostics": frozenset({"view"}),
        "audit": frozenset({"who", "action", "days", "target"}),
        "connect": frozenset(),
        "help": frozenset({"term", "words"}),
    }
)
"""By page, what its address may say and a view keeps, in the order of the menu."""

FLEETING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "results": frozenset({"after"}),
        "audit": frozenset({"before"}),
        "review": frozenset({"add"}),
    }
)
"""What an address may say besides, which no view keeps: a place in a list, an act."""


def known_parameters(page: str) -> frozenset[str]:
    """What an address of ``page`` may say."""
    return PARAMETERS.get(page, frozenset()) | FLEETING.get(page, frozenset())


def kept_parameters(page: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """What a view of ``page`` keeps of an address, by name."""
    known = PARAMETERS.get(page, frozenset())
    return {name: parameters[name] for name in sorted(parameters) if name in known and parameters[name]}


def address_of(page: str, parameters: Mapping[str, str]) -> str:
    """``results?days=7&tenant=cafe``, below the dashboard's own address."""
    return f"{page}?{urlencode(parameters)}" if parameters else page


def read_address(written: str) -> tuple[str, dict[str, str]]:
    """Page and parameters of an address as a browser shows it, or as :func:`address_of` writes it.

    Raises :class:`InvalidInput` for what is no page, and for what its page does not know.
    """
    try:
        parts = urlsplit(written.strip())
        given = dict(parse_qsl(parts.query, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise _no_page(written) from None
    page = parts.path.rstrip("/").rpartition("/")[2]
    if page not in PARAMETERS:
        raise _no_page(written)
    given.pop("lang", None)
    strange = sorted(given.keys() - known_parameters(page))
    if strange:
        raise InvalidInput(
            N_("The page {page} does not know {names}.", page=page, names=verbatim(", ".join(strange)[:200])),
            hint=N_("Known: {names}", names=", ".join(sorted(PARAMETERS[page])) or "–"),
        )
    return page, kept_parameters(page, given)


def _no_page(written: str) -> InvalidInput:
    return InvalidInput(
        N_("{address} is no page of the dashboard.", address=verbatim(written.strip()[:200] or "–")),
        hint=N_("Known: {names}", names=", ".join(PARAMETERS)),
    )
