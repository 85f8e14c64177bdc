"""``/api/v1``: the answers of the pages as JSON documents, read-only."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRouter

from dashboard.server import startup
from dashboard.server.api.callers import Entrance
from dashboard.server.api.problems import MEDIA_TYPE, add_handlers, language_of
from dashboard.server.live_socket import version_name
from feedly_core.access.tokens import Caller
from feedly_core.analytics.answer_version import answer_version
from feedly_core.analytics.filters import PictureFilters
from feedly_core.analytics.gallery import SORTS, Order
from feedly_core.analytics.page_walk import NEWEST
from feedly_core.analytics.trends import By
from feedly_core.analytics.variant_source import variant_source
from feedly_core.db.engine import reading
from feedly_core.diagnostics.bundle import ChecksDocument, as_document
from feedly_core.diagnostics.check_report import run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.context import open_context
from feedly_core.documents import answers, kinds
from feedly_core.documents.answers import Asking
from feedly_core.documents.json_text import json_text
from feedly_core.errors import QueryTimedOut
from feedly_core.i18n import N_
from feedly_core.live.board import Board, BoardFilters
from feedly_core.live.overview import board_without_hub
from feedly_core.results.document import JobDocument
from feedly_core.version import __version__

_Answer = TypeVar("_Answer")

_STORABLE = {"pattern": "^[^\\u0000]*$"}
"""Said in the document alone: the database refuses the rest in our own words."""

Tenant = Annotated[
    str | None, Query(max_length=255, description="Only this tenant.", json_schema_extra=_STORABLE)
]
JobId = Annotated[
    str,
    Path(
        max_length=100,
        description="Id, or its beginning.",
        json_schema_extra={"pattern": "^[0-9a-fA-F-]{4,36}$"},
    ),
]
Size = Annotated[int, Query(ge=1, le=answers.MOST, description="Lines of a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
Days = Annotated[float, Query(gt=0, le=3650, description="The last so many days.")]
Words = Annotated[str, Query(max_length=200, description="Words of the copy.", json_schema_extra=_STORABLE)]
Release = Annotated[
    str,
    Query(min_length=1, max_length=100, description="Version of the pipeline.", json_schema_extra=_STORABLE),
]

_checking = threading.Lock()


def make_app(entrance: Entrance) -> FastAPI:
    """The routes and their OpenAPI 3.1 document at ``/openapi.json``, which names no data."""
    app = FastAPI(
        title="FeedlyAI dashboard",
        version=__version__,
        description="Read-only. Send `Authorization: Bearer …` with a token of the page Connect.",
        docs_url=None,
        redoc_url=None,
        responses=dict.fromkeys((400, 401, 403, 404, 422, 429, 500, 501, 503, 504), _PROBLEM),
    )
    add_handlers(app)

    def caller(request: Request) -> Caller:
        found = request.state.caller = entrance.caller(request)
        return found

    app.include_router(_router(), dependencies=[Depends(caller)])
    return app


_PROBLEM: dict[str, Any] = {
    "description": "A problem document (RFC 9457): what happened, what it means, what to do.",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "hint": {"type": "string"},
                    "instance": {"type": "string"},
                },
            }
        }
    },
}


def _router() -> APIRouter:
    router = APIRouter()

    @router.get("/jobs", response_model=kinds.Jobs)
    def jobs(request: Request, tenant: Tenant = None, size: Size = 50, cursor: Cursor = None) -> Response:
        """The newest jobs, newest first."""
        return _told(request, _ask(request, answers.jobs, tenant, size, cursor))

    @router.get("/jobs/{job}", response_model=JobDocument)
    def job(request: Request, job: JobId) -> Response:
        """One job, explained: pictures, texts, scores, findings, calls."""
        return _told(request, _ask(request, answers.job, job))

    @router.get("/board", response_model=list[kinds.BoardLine])
    def board(
        request: Request, tenant: Tenant = None, state: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        """Jobs in flight, those with a problem first."""
        asked = BoardFilters(tenant=tenant or "", state=state)
        return _told(request, answers.board(_board(asked), language_of(request)), _live_version())

    @router.get("/variants", response_model=kinds.Variants)
    def variants(
        request: Request,
        tenant: Tenant = None,
        days: Days = 30,
        outcome: Annotated[str | None, Query(pattern="^(complete|failed|open)$")] = None,
        version: Annotated[str | None, Query(max_length=100, json_schema_extra=_STORABLE)] = None,
        words: Words = "",
        sort: Annotated[str, Query(max_length=40, json_schema_extra={"enum": list(SORTS)})] = NEWEST,
        ascending: bool = False,
        size: Size = 60,
        cursor: Cursor = None,
    ) -> Response:
        """Variants with their scores, by the gallery's filters and order."""
        asked = PictureFilters(
            tenant=tenant, since=_now() - timedelta(days=days), outcome=outcome, version=version, words=words
        )
        more = (asked, Order(sort, ascending), size, cursor)
        return _told_when_changed(request, asked, answers.variants, *more)

    @router.get("/trends", response_model=list[kinds.TrendPoint])
    def trends(request: Request, by: By = By.DAY, tenant: Tenant = None, days: Days = 30) -> Response:
        """Quality, speed and cost by day or release."""
        asked = PictureFilters(tenant=tenant, since=_now() - timedelta(days=days))
        return _told_when_changed(request, asked, answers.trends, asked, by)

    @router.get("/runs", response_model=kinds.RunsDocument)
    def runs(request: Request, before: Release, after: Release) -> Response:
        """Two releases compared: better, worse or not decided, each figure with n and interval."""
        return _told(request, _ask(request, answers.runs, before, after))

    @router.get("/campaigns", response_model=kinds.Campaigns)
    def campaigns(request: Request, size: Size = 50, cursor: Cursor = None) -> Response:
        """The newest campaigns, newest first."""
        return _told(request, _ask(request, answers.campaigns, size, cursor))

    @router.get("/reviews", response_model=kinds.Reviews)
    def reviews(request: Request, tenant: Tenant = None, size: Size = 60, cursor: Cursor = None) -> Response:
        """Verdicts that hold now, without those of a meeting that goes on."""
        return _told(request, _ask(request, answers.reviews, tenant, size, cursor))

    @router.get("/alerts", response_model=kinds.Alerts)
    def alerts(request: Request, size: Size = 50, cursor: Cursor = None) -> Response:
        """Alerts, unsolved ones first, and the newest messages."""
        return _told(request, _ask(request, answers.alerts, size, cursor))

    @router.get("/checks", response_model=ChecksDocument)
    def checks(request: Request) -> Response:
        """Every check of the trigger chain, run now; one program at a time."""
        if not _checking.acquire(blocking=False):
            raise QueryTimedOut(
                N_("The checks are being run for another program."), hint=N_("Ask again in a few seconds.")
            )
        try:
            with open_context(startup.current().settings) as context:
                report = run_checks(context, ALL_CHECKS)
        finally:
            _checking.release()
        return _told(request, as_document(report, language_of(request)))

    return router


def _ask(request: Request, question: Callable[..., _Answer], *asked: Any) -> _Answer:
    """``question(connection, asking, …)`` in one short read transaction, as pages ask."""
    with reading(startup.current().engine) as connection:
        return question(connection, _asking(request), *asked)


def _asking(request: Request) -> Asking:
    reader = request.state.caller.person.name
    return Asking(startup.current().settings, language_of(request), _now(), reader)


def _told_when_changed(
    request: Request, filters: PictureFilters, question: Callable[..., object], *asked: Any
) -> Response:
    """As :func:`_told`, for what the read model alone decides about the pictures of ``filters``.

    Its version is the ETag: a program that has the answer already costs none of its queries.
    """
    asking = _asking(request)
    with reading(startup.current().engine) as connection:
        version = answer_version(connection, variant_source(connection, asking.now), filters)
        headers = None if version is None else _headers(__version__, request.url.query, version)
        if headers and _has_already(request, headers):
            return Response(status_code=304, headers=headers)
        document = question(connection, asking, *asked)
    return _told(request, document) if headers is None else _sent(json_text(document).encode(), headers)


def _board(asked: BoardFilters) -> Board:
    """As the hub follows it, else read now."""
    dashboard = startup.current()
    if dashboard.hub is not None:
        return dashboard.hub.board(asked)
    with reading(dashboard.engine) as connection:
        return board_without_hub(connection, _now(), asked)


def _live_version() -> str | None:
    hub = startup.current().hub
    return None if hub is None else version_name(hub.version)


def _told(request: Request, document: object, version: str | None = None) -> Response:
    """The document with an ETag of its content and ``version``; 304 for a program that has it already."""
    body = json_text(document).encode()
    headers = _headers(body.decode(), version or "")
    if version:
        headers["X-Live-Version"] = version
    return (
        Response(status_code=304, headers=headers) if _has_already(request, headers) else _sent(body, headers)
    )


def _headers(*named: str) -> dict[str, str]:
    """``named``: what the ETag stands for."""
    digest = hashlib.sha256("\n".join(named).encode()).hexdigest()[:32]
    return {
        "ETag": f'"{digest}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Language",
        "X-Content-Type-Options": "nosniff",
    }


def _has_already(request: Request, headers: dict[str, str]) -> bool:
    return headers["ETag"] in request.headers.get("if-none-match", "")


def _sent(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, headers=headers, media_type="application/json")


def _now() -> datetime:
    return datetime.now(UTC)
