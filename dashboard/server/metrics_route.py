"""``/metrics`` for Prometheus: pipeline, hub, queries, pages, errors, process."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.server import startup
from dashboard.server.guard import Guard
from dashboard.server.metrics import REGISTRY
from dashboard.server.pipeline_metrics import board_metrics, past_metrics, tally_metrics
from feedly_core.db.background import duty_health
from feedly_core.live.snapshot import HubKind


class _State(Collector):
    """What is read at the moment of the scrape instead of being counted."""

    def collect(self) -> Iterator[Metric]:
        dashboard = startup.current()
        yield GaugeMetricFamily(
            "feedly_dashboard_ready", "1 when the database is open", value=float(dashboard.ready)
        )
        failures = CounterMetricFamily(
            "feedly_dashboard_duty_failures", "Failed attempts of background duties", labels=["duty"]
        )
        failing = GaugeMetricFamily(
            "feedly_dashboard_duty_failing", "1 while the last attempt of a duty failed", labels=["duty"]
        )
        for duty in duty_health():
            failures.add_metric([duty.name], float(duty.failures))
            failing.add_metric([duty.name], float(duty.failing_since is not None))
        yield failures
        yield failing
        hub = dashboard.hub
        state = GaugeMetricFamily("feedly_dashboard_hub_state", "1 for the present state", labels=["state"])
        for kind in HubKind:
            state.add_metric([kind], float(hub is not None and hub.state.kind is kind))
        yield state
        if hub is None:
            return
        yield CounterMetricFamily(
            "feedly_dashboard_hub_changes", "Changes told to viewers", value=float(hub.version)
        )
        yield CounterMetricFamily(
            "feedly_dashboard_hub_coalesced", "Notifications merged into another", value=float(hub.coalesced)
        )
        yield GaugeMetricFamily(
            "feedly_dashboard_jobs_followed", "Jobs on the board", value=float(len(hub.snapshot.jobs))
        )
        yield GaugeMetricFamily(
            "feedly_dashboard_viewers", "Open parts of pages told of changes", value=float(hub.viewers)
        )
        if hub.snapshot.read_at is not None:  # else zeros would say that nothing is in flight
            yield from board_metrics(hub.board(), datetime.now(UTC))
        yield from tally_metrics(hub.tally)
        if hub.metrics is not None:
            yield from past_metrics(hub.metrics)


REGISTRY.register(_State())


def routes(prefix: str, guard: Guard) -> list[BaseRoute]:
    """``<prefix>/metrics``: with FEEDLY_METRICS_TOKEN for its bearer, else for whom the guard lets in."""
    return [Route(f"{prefix}/metrics", _endpoint(guard))]


def _endpoint(guard: Guard) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        token = startup.current().settings.metrics_token
        if token is not None:
            wanted = f"Bearer {token.get_secret_value()}"
            if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode()):
                return PlainTextResponse("a bearer token is needed", 401)
        elif refusal := guard.refusal(request):
            return PlainTextResponse(refusal[1], refusal[0])
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return serve
