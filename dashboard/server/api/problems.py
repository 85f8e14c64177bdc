"""Errors as problem documents (RFC 9457): message, detail, hint."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dashboard.server.api.callers import TooManyRequests
from dashboard.server.startup import NotOpenYet
from feedly_core.access.tokens import TokenRefused
from feedly_core.errors import (
    DatabaseUnreachable,
    FeedlyError,
    InvalidInput,
    MissingInSchema,
    NotFound,
    PermissionDenied,
    QueryTimedOut,
)
from feedly_core.i18n import N_, Message, translate

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger("feedly.routes")

_STATUS: tuple[tuple[type[FeedlyError], int], ...] = (
    (TokenRefused, 401),
    (PermissionDenied, 403),
    (NotFound, 404),
    (InvalidInput, 400),
    (TooManyRequests, 429),
    (MissingInSchema, 501),
    (QueryTimedOut, 504),
    (NotOpenYet, 503),
    (DatabaseUnreachable, 503),
)
"""HTTP status by kind of error, the first that fits; 503 for any other expected one."""

_HTTP_WORDS = {405: N_("This address can only be read: send GET.")}


def language_of(request: Request) -> str:
    """``ko`` or ``en``: the parameter lang, else Accept-Language, else English."""
    wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
    return "ko" if wanted.strip().lower().startswith("ko") else "en"


def add_handlers(app: FastAPI) -> None:
    """Every error of ``app`` becomes a problem document; none shows a stack trace."""

    @app.exception_handler(FeedlyError)
    def expected(request: Request, error: FeedlyError) -> JSONResponse:
        return answer_to(request, error)

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        places = ", ".join(".".join(map(str, each["loc"])) + ": " + each["msg"] for each in error.errors())
        message = N_("The request cannot be understood: {places}", places=places)
        return _document(request, 422, message, None, N_("/api/v1/openapi.json says what can be asked."))

    @app.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> JSONResponse:
        hint = N_("/api/v1/openapi.json says what can be asked.")
        message = _HTTP_WORDS.get(error.status_code, N_("There is nothing at this address."))
        return _document(request, error.status_code, message, None, hint, dict(error.headers or {}))

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        reference = secrets.token_hex(4)
        _log.exception("unexpected error %s", reference, exc_info=error)
        hint = N_("The server's log has more under {reference}.", reference=reference)
        return _document(request, 500, N_("Something unexpected happened."), None, hint)


def answer_to(request: Request, error: FeedlyError) -> JSONResponse:
    """The problem document of an expected error."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
    _log.warning("%s", error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.seconds)
    return _document(request, status, error.message, error.detail, error.hint, headers)


def _document(
    request: Request,
    status: int,
    message: Message,
    detail: Message | None,
    hint: Message | None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    language = language_of(request)
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": translate(message, language),
        "status": status,
        "instance": request.url.path,
    }
    for name, words in (("detail", detail), ("hint", hint)):
        if words is not None:
            content[name] = translate(words, language)
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(content, status, kept, media_type=MEDIA_TYPE)
