"""Search as you type: an address of its own, so that typing runs no page again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.server import startup
from dashboard.server.guard import Guard
from dashboard.server.pictures import picture_path
from feedly_core.db.engine import reading
from feedly_core.domain.labels import label
from feedly_core.domain.matching import LONGEST_QUERY
from feedly_core.domain.status import State
from feedly_core.errors import FeedlyError
from feedly_core.i18n import LANGUAGES, N_, Message, translate
from feedly_core.permissions import Person, Role
from feedly_core.search.documents import FIELD_LABELS
from feedly_core.search.find import search
from feedly_core.search.hits import Found, Hit, HitKind, Place

_log = logging.getLogger("feedly.routes")

PATH = "/search"
LONGEST_MS = 2000
"""A search that takes longer is ended: the next letter asks another one."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

GROUP_LABELS: dict[HitKind, Message] = {
    HitKind.PAGE: N_("Pages"),
    HitKind.TERM: N_("Terms"),
    HitKind.TENANT: N_("Tenants"),
    HitKind.CAMPAIGN: N_("Campaigns"),
    HitKind.MEETING: N_("Meetings"),
    HitKind.CHECK: N_("Checks"),
    HitKind.JOB: N_("Jobs"),
    HitKind.COMMENT: N_("Comments"),
}

Way = tuple[Message, str, dict[str, str]]
"""What a hit leads to: its name, a page and the parameters of its address."""

_TROUBLED = (State.FAILED, State.STALLED, State.RETRYING)
_TERM_PAGE = "help"


def routes(prefix: str, guard: Guard, places: Sequence[Place]) -> list[BaseRoute]:
    """``<prefix>/search?q=…&lang=ko``: what the words name, as JSON."""
    return [Route(prefix + PATH, _endpoint(guard, places))]


def _endpoint(guard: Guard, places: Sequence[Place]) -> Callable[[Request], Response]:
    """A plain function, no coroutine: Starlette runs it in a worker thread."""

    def serve(request: Request) -> Response:
        if refusal := guard.refusal(request):
            return PlainTextResponse(refusal[1], refusal[0], _HEADERS)
        asked = request.query_params.get("lang", "")
        language = asked if asked in LANGUAGES else LANGUAGES[0]
        query = request.query_params.get("q", "")[:LONGEST_QUERY]
        try:
            person = guard.person(request)
            with reading(startup.current().engine, LONGEST_MS) as connection:
                found = search(connection, query, person.name, now=datetime.now(UTC), places=places)
        except FeedlyError as error:
            _log.warning("%s", error)
            return JSONResponse({"problem": " ".join(error.sentences(language))}, 503, _HEADERS)
        return JSONResponse(_document(found, person, language), headers=_HEADERS)

    return serve


def _document(found: Found, person: Person, language: str) -> dict[str, Any]:
    def say(text: Message) -> str:
        return translate(text, language)

    groups = [
        {
            "name": say(name),
            "more": kind in found.more,
            "hits": [_hit(hit, person, say) for hit in found.hits if hit.kind is kind],
        }
        for kind, name in GROUP_LABELS.items()
        if any(hit.kind is kind for hit in found.hits)
    ]
    return {"groups": groups, "note": say(_note(found)) if found.words else "", "asked": bool(found.words)}


def _note(found: Found) -> Message:
    """How much was searched, where that is not everything."""
    if found.bounded_to is not None:
        return N_("Only the newest {n} jobs were searched: the search index is missing.", n=found.bounded_to)
    return Message("") if found.complete else N_("Older jobs are still being read in.")


def _hit(hit: Hit, person: Person, say: Callable[[Message], str]) -> dict[str, Any]:
    ways = ways_of(hit, person)
    return {
        "title": say(hit.title),
        "field": say(FIELD_LABELS[hit.field]),
        "passage": _pieces(hit),
        "tenant": hit.tenant_id or "",
        "at": hit.created_at.isoformat() if hit.created_at else "",
        "thumb": picture_path(hit.picture_id) if hit.picture_id else "",
        "status": {"state": hit.status.state.value, "words": say(label(hit.status))} if hit.status else None,
        "ways": [{"name": say(name), "page": page, "params": params} for name, page, params in ways],
    }


def _pieces(hit: Hit) -> list[tuple[str, bool]]:
    """The passage in pieces, with whether each was looked for; the browser writes them as plain text."""
    text, begin, pieces = hit.passage.text, 0, []
    for first, last in hit.passage.marks:
        if first >= begin:
            pieces += [(text[begin:first], False), (text[first:last], True)]
            begin = last
    return [piece for piece in (*pieces, (text[begin:], False)) if piece[0]]


def ways_of(hit: Hit, person: Person) -> list[Way]:
    """Where a hit leads, the first by Enter, as far as the person's role goes."""
    match hit.kind:
        case HitKind.PAGE:
            return [(N_("Open"), hit.key, {})]
        case HitKind.TERM:
            return [(N_("Open"), _TERM_PAGE, {"term": hit.key})]
        case HitKind.CHECK:
            return [(N_("Open"), "trigger_diagnostics", {"view": "checks"})]
        case HitKind.MEETING:
            address = {"view": "meeting", "meeting": hit.key}
            return [(N_("Open"), "review", address if hit.running else {"view": "minutes", "held": hit.key})]
        case HitKind.TENANT | HitKind.CAMPAIGN:
            short = hit.key[:8] if hit.kind is HitKind.CAMPAIGN else hit.key
            return [
                (N_("Results"), "results", {hit.kind.value: hit.key}),
                (N_("Live monitor"), "live_monitor", {hit.kind.value: short}),
            ]
        case _:
            return _ways_of_job(hit, person)


def _ways_of_job(hit: Hit, person: Person) -> list[Way]:
    job = {"job": str(hit.job_id)}
    ways: list[Way] = [(N_("Results"), "results", job), (N_("Live monitor"), "live_monitor", job)]
    if hit.status and hit.status.state in _TROUBLED:
        ways.reverse()
    if person.role >= Role.REVIEWER and hit.status and hit.status.state is State.COMPLETE:
        ways.append((N_("Pick the winner"), "review", {"view": "winner", "winner-job": str(hit.job_id)}))
    if person.role >= Role.OPERATOR and hit.status and hit.status.state in _TROUBLED:
        ways.append((N_("Diagnostics"), "trigger_diagnostics", {"view": "waiting"}))
    return ways
