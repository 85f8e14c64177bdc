"""Do the services answer and offer the needed routes?

Ports, paths and routes: the upstream services as of 2025-12. A healthy service does not prove a
listener; each answer says so.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text

from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.errors import FeedlyError
from feedly_core.i18n import N_, Message, verbatim
from feedly_core.settings import Settings


@dataclass(frozen=True)
class Service:
    """One of the team's services: where it answers and which routes start its steps."""

    key: str
    name: Message
    variable: str
    container: str
    address: Callable[[Settings], str]
    health_path: str
    routes: tuple[str, ...]


SERVICES = (
    Service(
        "yh",
        N_("Analysis and overlay (YH)"),
        "YH_URL",
        "feedlyai-work-yh",
        lambda settings: settings.yh_url,
        "/healthz",
        (
            "/api/yh/llava/stage1/validate",
            "/api/yh/yolo/detect",
            "/api/yh/planner",
            "/api/yh/overlay",
            "/api/yh/llava/stage2/judge",
            "/api/yh/ocr/evaluate",
            "/api/yh/readability/evaluate",
            "/api/yh/iou/evaluate",
            "/api/yh/gpt/eng-to-kor",
            "/api/yh/instagram/feed",
        ),
    ),
    Service(
        "ye",
        N_("Image generation (YE)"),
        "YE_URL",
        "feedlyai-work-ye",
        lambda settings: settings.ye_url,
        "/healthz",
        ("/llava/analyze", "/generate"),
    ),
    Service(
        "js",
        N_("Front end (JS)"),
        "JS_URL",
        "feedlyai-work-js",
        lambda settings: settings.js_url,
        "/",
        (
            "/api/v1/jobs/create",
            "/api/js/gpt/kor-to-eng",
            "/api/js/gpt/ad-copy-eng",
            "/api/js/gpt/ad-copy-kor",
        ),
    ),
)


def health(context: CheckContext, service: Service) -> Finding:
    """GET the health path.

    Refused, late, slow and 4xx/5xx are four different causes.
    """
    address = service.address(context.settings).rstrip("/") + service.health_path
    began = time.monotonic()
    try:
        status = _get(address, context.thresholds.service)[0]
    except (OSError, ValueError) as error:
        return _simulated(context) or _no_answer(context, service, address, error)
    taken = time.monotonic() - began
    if status >= 400:
        return Finding(
            CheckOutcome.FAILED,
            N_("{address} answers HTTP {status}.", address=address, status=status),
            cause="service_error",
            why=N_(
                "The process runs but is not healthy: its own database connection has usually "
                "failed. Steps that it is asked for will fail too."
            ),
            fix=_restart(service, N_("Read the last log lines, correct the cause, restart the service.")),
        )
    if taken > context.thresholds.service_slow:
        return Finding(
            CheckOutcome.WARNING,
            N_("{address} answers, but only after {ms} ms.", address=address, ms=round(taken * 1000)),
            cause="service_slow",
            why=N_(
                "A health answer takes milliseconds. A starving process delays every step it is asked for."
            ),
            fix=_restart(
                service, N_("Look at the machine's load; restart the service if it does not recover.")
            ),
        )
    return Finding(
        CheckOutcome.OK,
        N_(
            "{address} answers in {ms} ms. That proves the process, not its listener.",
            address=address,
            ms=round(taken * 1000),
        ),
    )


def routes(context: CheckContext, service: Service) -> Finding:
    """Compare the OpenAPI document with the routes that the step map needs."""
    address = service.address(context.settings).rstrip("/") + "/openapi.json"
    try:
        status, body = _get(address, context.thresholds.service)
    except (OSError, ValueError):
        status, body = 503, b""  # no answer says as little as an error
    offered = _offered(body) if status < 400 else None
    if status >= 500:
        return _simulated(context) or Finding(
            CheckOutcome.UNKNOWN,
            N_("{address} gives no list of routes.", address=address),
            cause="no_openapi",
            why=N_("Whether the steps' routes exist cannot be seen from here; the health check says more."),
        )
    if offered is None:
        return Finding(
            CheckOutcome.UNKNOWN,
            N_("{address} answers, but not with a list of routes.", address=address),
            cause="routes_hidden",
            why=N_("The service may hide its list, which harms nothing; or another program answers there."),
            fix=Fix(
                N_(
                    "See who answers; if it is another program, set {variable} to the right address.",
                    variable=service.variable,
                ),
                command=f"curl -i {address}",
            ),
        )
    missing = [route for route in service.routes if route not in offered]
    if missing:
        return Finding(
            CheckOutcome.FAILED,
            N_("These routes are missing: {routes}", routes=", ".join(missing)),
            cause="route_missing",
            why=N_("Another program answers at this address, or an older edition: these steps answer 404."),
            fix=_restart(
                service,
                N_(
                    "Check that {variable} names the right service and deploy its present edition.",
                    variable=service.variable,
                ),
            ),
        )
    return Finding(
        CheckOutcome.OK, N_("All {count} routes of the step map are offered.", count=len(service.routes))
    )


def _offered(body: bytes) -> set[str] | None:
    """The paths of an OpenAPI document; None for anything else."""
    try:
        return set(json.loads(body)["paths"])
    except (ValueError, KeyError, TypeError):
        return None


def _simulated(context: CheckContext) -> Finding | None:
    """In the demo a simulator plays the services: it works in the database and has no address."""
    with suppress(FeedlyError), context.reading() as connection:
        if connection.scalar(text("SELECT to_regclass('feedly_demo.marker') IS NOT NULL")):
            return Finding(CheckOutcome.OK, N_("Demo: the simulator plays this service; it has no address."))
    return None


def _no_answer(context: CheckContext, service: Service, address: str, error: Exception) -> Finding:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return Finding(
            CheckOutcome.FAILED,
            N_(
                "{address} did not answer within {seconds} s.",
                address=address,
                seconds=f"{context.thresholds.service:g}",
            ),
            cause="service_silent",
            why=N_("The port is open but nothing answers, or a firewall drops the request."),
            fix=_restart(
                service, N_("Look at the machine's load; restart the service if it does not recover.")
            ),
        )
    return Finding(
        CheckOutcome.FAILED,
        N_("Nothing answers at {address} ({reason}).", address=address, reason=verbatim(_words(reason))),
        cause="service_down",
        why=N_("The service is not running, or {variable} names a wrong address.", variable=service.variable),
        fix=_restart(
            service,
            N_(
                "Start the service, or set {variable} to its real address and restart the dashboard.",
                variable=service.variable,
            ),
        ),
    )


def _words(reason: object) -> object:
    """The system's own words without its error number."""
    return (isinstance(reason, OSError) and reason.strerror) or reason


def _restart(service: Service, advice: Message) -> Fix:
    return Fix(
        advice,
        command=f"docker logs {service.container} --tail 100\ndocker restart {service.container}",
    )


def _get(address: str, seconds: float) -> tuple[int, bytes]:
    if not address.startswith(("http://", "https://")):
        raise ValueError("not an http address")
    try:
        with urllib.request.urlopen(address, timeout=seconds) as reply:  # noqa: S310 (scheme checked above)
            return reply.status, reply.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, b""


CHECKS = tuple(
    check
    for service in SERVICES
    for check in (
        Check(
            f"services.{service.key}",
            Group.SERVICES,
            service.name,
            N_("Does the service answer its health request, and quickly?"),
            partial(health, service=service),
        ),
        Check(
            f"services.{service.key}_routes",
            Group.SERVICES,
            N_("Routes: {service}", service=service.name),
            N_("Does it offer the routes that start the pipeline's steps?"),
            partial(routes, service=service),
        ),
    )
)
