"""Our own routes, which Streamlit does not guard: pictures and the live socket."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
import websocket
from PIL import Image
from pydantic import SecretStr
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from dashboard.server import live_socket, startup
from dashboard.server.guard import Guard
from dashboard.server.live_socket import version_name
from dashboard.server.server import make_routes
from dashboard.server.site_files import font_faces
from feedly_core.analytics.durations import StepDurations
from feedly_core.db.engine import reading
from feedly_core.errors import QueryTimedOut
from feedly_core.live.board import Board, build_board
from feedly_core.live.snapshot import HubKind, HubState, Snapshot
from feedly_core.live.tally import Tally
from feedly_core.settings import Settings
from feedly_core.version import __version__
from tests.factories import MadeJob, make_job
from tests.waiting import wait_until

FOREIGN = "https://evil.example"


class FakeHub:
    """A hub whose changes the test makes."""

    def __init__(self) -> None:
        self.version = 7
        self.coalesced = 0
        self.state = HubState(HubKind.LIVE, datetime.now(UTC))
        self.snapshot = Snapshot(1, datetime.now(UTC))
        self.tally = Tally()
        self.metrics = None
        self.callbacks: dict[Callable[[int], None], UUID | None] = {}

    @property
    def viewers(self) -> int:
        return len(self.callbacks)

    def board(self) -> Board:
        return build_board(self.snapshot, datetime.now(UTC), StepDurations())

    def job_version(self, job_id: UUID) -> int:
        return 3

    def subscribe(self, callback: Callable[[int], None], job_id: UUID | None) -> Callable[[], None]:
        self.callbacks[callback] = job_id

        def leave() -> None:
            self.callbacks.pop(callback)

        return leave

    def change(self, version: int) -> None:
        for callback in list(self.callbacks):
            callback(version)


@pytest.fixture
def made(engine: Engine, settings: Settings) -> MadeJob:
    return make_job(engine, assets_dir=settings.assets_dir)


@pytest.fixture
def dashboard(settings: Settings) -> Iterator[startup.Dashboard]:
    started = startup.start(settings, live=False)
    started.wait(10)
    yield started
    startup.close()


@pytest.fixture
def hub(dashboard: startup.Dashboard) -> FakeHub:
    dashboard.hub = FakeHub()  # type: ignore[assignment]
    return dashboard.hub  # type: ignore[return-value]


@pytest.fixture
def guard() -> Guard:
    """No login, any host; tests of the login replace it."""
    return Guard()


@pytest.fixture
def site(dashboard: startup.Dashboard, guard: Guard) -> Iterator[str]:
    """``127.0.0.1:<port>`` of a server with our routes below ``/dash``."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=make_routes("dash", guard)), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{site}") as made:
        yield made


@contextmanager
def connected(
    site: str, path: str = "/dash/live/ws", origin: str = "", cookie: str | None = None
) -> Iterator[websocket.WebSocket]:
    """A socket as a browser on a page of ``origin`` opens it (of the site itself by default)."""
    live = websocket.WebSocket()
    live.settimeout(10)
    try:
        live.connect(f"ws://{site}{path}", origin=origin or f"http://{site}", cookie=cookie)
        yield live
    finally:
        live.shutdown()


def test_a_thumbnail_is_a_small_webp_that_browsers_keep(client: httpx.Client, made: MadeJob) -> None:
    answer = client.get(f"/dash/img/thumb/{made.picture_ids[0]}")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = client.get(
        f"/dash/img/thumb/{made.picture_ids[0]}", headers={"if-none-match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_the_full_picture_is_the_untouched_original(
    client: httpx.Client, made: MadeJob, settings: Settings
) -> None:
    assert settings.assets_dir is not None
    original = next(settings.assets_dir.rglob(f"{made.picture_ids[0]}.png")).read_bytes()
    assert client.get(f"/dash/img/full/{made.picture_ids[0]}").content == original


def test_a_file_that_is_two_things_is_a_picture_and_nothing_else(
    client: httpx.Client, made: MadeJob, settings: Settings
) -> None:
    """A PNG with a page behind it: whoever opens the address must not run the page."""
    assert settings.assets_dir is not None
    file = next(settings.assets_dir.rglob(f"{made.picture_ids[0]}.png"))
    file.write_bytes(file.read_bytes() + b"<html><script>alert(1)</script></html>")
    answer = client.get(f"/dash/img/full/{made.picture_ids[0]}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert b"script" not in client.get(f"/dash/img/thumb/{made.picture_ids[0]}").content


def test_a_missing_picture_is_drawn_as_missing(
    client: httpx.Client, made: MadeJob, settings: Settings
) -> None:
    assert settings.assets_dir is not None
    next(settings.assets_dir.rglob(f"{made.picture_ids[0]}.png")).unlink()
    for asset_id in (made.picture_ids[0], uuid4()):
        answer = client.get(f"/dash/img/thumb/{asset_id}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "image/svg+xml")
        assert answer.headers["cache-control"] == "no-store", "the file may still come"


@pytest.mark.parametrize(
    "path", ["/img/thumb/{id}", "/dash/img/huge/{id}", "/dash/img/thumb/..%2f..%2fetc%2fpasswd"]
)
def test_only_asset_ids_below_the_base_path_are_served(
    client: httpx.Client, made: MadeJob, path: str
) -> None:
    assert client.get(path.format(id=made.picture_ids[0])).status_code == 404


def test_pictures_are_refused_to_other_sites(client: httpx.Client, site: str, made: MadeJob) -> None:
    path = f"/dash/img/thumb/{made.picture_ids[0]}"
    assert client.get(path, headers={"origin": FOREIGN}).status_code == 403
    assert client.get(path, headers={"origin": f"https://{site}"}).status_code == 200


def test_pictures_say_when_the_database_is_away(client: httpx.Client, made: MadeJob) -> None:
    startup.current()._engine = None
    assert client.get(f"/dash/img/thumb/{made.picture_ids[0]}").status_code == 503


def test_a_search_is_answered_in_the_asked_language(client: httpx.Client, made: MadeJob) -> None:
    answer = client.get("/dash/search", params={"q": str(made.job_id)[:9], "lang": "en"})
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert [group["name"] for group in found["groups"]] == ["Jobs"]
    (hit,) = found["groups"][0]["hits"]
    assert (hit["field"], hit["status"]["words"]) == ("Job id", "Complete")
    assert client.get(f"/dash{hit['thumb']}").status_code == 200
    assert [(way["name"], way["page"]) for way in hit["ways"]] == [
        ("Results", "results"),
        ("Live monitor", "live_monitor"),
        ("Pick the winner", "review"),
    ]
    assert "newest 300 jobs" in found["note"], "there is no index in this database"
    assert client.get("/dash/search").json() == {"groups": [], "note": "", "asked": False}


def test_the_socket_tells_the_version_at_once_and_at_each_change(site: str, hub: FakeHub) -> None:
    with connected(site) as live:
        assert live.recv() == version_name(7)
        hub.change(8)
        assert live.recv() == version_name(8)
    wait_until(lambda: not hub.callbacks, what="the unsubscription")


def test_a_browser_that_is_slow_gets_the_newest_version(site: str, hub: FakeHub) -> None:
    with connected(site) as live:
        assert live.recv() == version_name(7)
        for version in range(8, 5008):
            hub.change(version)
        received = [live.recv()]
        while received[-1] != version_name(5007):
            received.append(live.recv())
    assert len(received) < 5000


def test_the_newest_version_is_told_again_as_a_heartbeat(
    site: str, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page calls itself live only while it hears that; each process begins its versions anew."""
    monkeypatch.setattr("dashboard.server.live_socket.HEARTBEAT_SECONDS", 0.05)
    with connected(site) as live:
        assert [live.recv() for _ in range(3)] == [version_name(7)] * 3
        hub.change(8)
        assert version_name(8) in [live.recv() for _ in range(3)]


def test_a_line_that_breaks_while_the_version_is_told_ends_the_visit(hub: FakeHub, guard: Guard) -> None:
    """Whether or not the receiving ever hears of it, or the hub would tell nobody for ever."""

    async def send(message: MutableMapping[str, object]) -> None:
        if message["type"] == "websocket.send":
            raise OSError("the line is broken")

    async def received() -> AsyncIterator[MutableMapping[str, object]]:
        yield {"type": "websocket.connect"}
        await asyncio.Event().wait()

    async def visit() -> None:
        here = {"headers": [(b"host", b"here"), (b"origin", b"http://here")]}
        scope = {"type": "websocket", "path": "/live/ws", "query_string": b"", "subprotocols": [], **here}
        async with asyncio.timeout(10):
            await live_socket.routes("", guard)[0].handle(scope, received().__anext__, send)

    asyncio.run(visit())
    assert not hub.callbacks


def test_the_socket_of_one_job_hears_of_that_job(site: str, hub: FakeHub) -> None:
    job_id = uuid4()
    with connected(site, f"/dash/live/ws?job={job_id}") as live:
        assert live.recv() == version_name(3)
        assert list(hub.callbacks.values()) == [job_id]


def test_the_socket_is_closed_to_other_sites(site: str, hub: FakeHub) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"), connected(site, origin=FOREIGN):
        pass
    assert not hub.callbacks


def test_the_socket_asks_to_come_again_while_there_is_no_hub(site: str) -> None:
    with connected(site) as live:
        opcode, content = live.recv_data()
    assert opcode == websocket.ABNF.OPCODE_CLOSE
    assert int.from_bytes(content[:2], "big") == 1013


def test_metrics_tell_the_hub_the_queries_and_the_process(client: httpx.Client, hub: FakeHub) -> None:
    told = client.get("/dash/metrics").text
    assert 'feedly_dashboard_hub_state{state="live"} 1.0' in told
    assert "feedly_dashboard_query_seconds_count" in told
    assert 'feedly_pipeline_jobs{state="failed"} 0.0' in told
    assert 'feedly_pipeline_finished_jobs_total{outcome="complete"} 0.0' in told
    assert "process_resident_memory_bytes" in told
    assert f'feedly_dashboard_build_info{{version="{__version__}"}} 1.0' in told


def test_metrics_count_statements_that_failed_with_the_time_they_took(
    client: httpx.Client, dashboard: startup.Dashboard
) -> None:
    def figure(name: str) -> float:
        lines = client.get("/dash/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    failed = 'feedly_dashboard_query_errors_total{code="57014"}'
    before, spent = figure(failed), figure("feedly_dashboard_query_seconds_sum")
    with pytest.raises(QueryTimedOut), reading(dashboard.engine, 100) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    assert figure(failed) == before + 1
    assert figure("feedly_dashboard_query_seconds_sum") - spent >= 0.1


def test_metrics_with_a_token_need_it(client: httpx.Client, dashboard: startup.Dashboard) -> None:
    token = {"metrics_token": SecretStr("let-me-in")}
    dashboard.settings = dashboard.settings.model_copy(update=token)
    assert client.get("/dash/metrics").status_code == 401
    assert client.get("/dash/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/dash/metrics", headers={"authorization": "Bearer let-me-in"}).status_code == 200


class TestWithALogin:
    """The cookie is read by a stand-in: Streamlit's own reading is tested with the real server."""

    @pytest.fixture
    def guard(self) -> Guard:
        return Guard(
            lambda connection: {"is_logged_in": connection.cookies.get("user") == "kim", "sub": "kim"}
        )

    @pytest.mark.parametrize(
        ("path", "there"),
        [
            ("/dash/img/thumb/{id}", 200),
            ("/dash/img/full/{id}", 200),
            ("/dash/img/mask/{job}", 404),  # the job has none
            ("/dash/metrics", 200),
            ("/dash/search?q=x", 200),
        ],
    )
    def test_nothing_is_served_before_the_sign_in(
        self, client: httpx.Client, made: MadeJob, hub: FakeHub, path: str, there: int
    ) -> None:
        address = path.format(id=made.picture_ids[0], job=made.job_id)
        assert client.get(address).status_code == 401
        assert client.get(address, headers={"cookie": "user=kim"}).status_code == there
        assert client.get(address, headers={"cookie": "user=kim", "origin": FOREIGN}).status_code == 403

    def test_a_refusal_is_in_the_log(
        self, client: httpx.Client, made: MadeJob, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = f"/dash/img/thumb/{made.picture_ids[0]}"
        client.get(path, headers={"origin": FOREIGN})
        client.get(path)
        told = [record.getMessage() for record in caplog.records if record.name == "feedly.routes"]
        assert told == ["refused: foreign origin", "refused: not signed in"]

    def test_every_route_of_ours_is_asked_for(self, guard: Guard) -> None:
        paths = {getattr(route, "path", "") for route in make_routes("dash", guard)}
        pictures = {f"/dash/img/{size}/{{id:uuid}}" for size in ("thumb", "view", "full", "mask")}
        rest = ("/dash/metrics", "/dash/live/ws", "/dash/search", "/dash/api/v1", "/dash/mcp")
        public = {path for path in paths if path.startswith("/dash/site/")}
        assert paths - public == {*pictures, *rest}, "a new one needs these tests"

    def test_only_files_of_the_site_itself_are_open_to_all(self, client: httpx.Client) -> None:
        """The sign-in page is installable and has its Korean letters too; no file changes under its name."""
        manifest = client.get("/dash/site/manifest.webmanifest")
        assert manifest.headers["content-type"] == "application/manifest+json"
        shown = manifest.json()
        assert (shown["start_url"], shown["scope"], shown["display"]) == ("/dash/", "/dash/", "standalone")
        fonts = re.findall(r"url\('([^']+)'\)", font_faces("/dash"))
        files = [client.get(address) for address in [*(icon["src"] for icon in shown["icons"]), *fonts]]
        assert {file.headers["content-type"] for file in files} == {"image/png", "font/woff2"}
        assert all("immutable" in file.headers["cache-control"] for file in files)
        assert sum(len(file.content) for file in files if "font" in file.headers["content-type"]) < 1e6

    def test_the_socket_is_closed_before_the_sign_in(self, site: str, hub: FakeHub) -> None:
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"), connected(site):
            pass
        foreign = connected(site, cookie="user=kim", origin=FOREIGN)
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"), foreign:
            pass
        with connected(site, cookie="user=kim") as live:
            assert live.recv() == version_name(7)


class TestWithNamedHosts:
    @pytest.fixture
    def guard(self) -> Guard:
        return Guard(hosts=("dash.example",))

    def test_another_name_for_this_server_is_refused(self, client: httpx.Client, made: MadeJob) -> None:
        """A page of another site may point its own name at this machine (DNS rebinding)."""
        address = f"/dash/img/thumb/{made.picture_ids[0]}"
        assert client.get(address).status_code == 403
        assert client.get(address, headers={"host": "dash.example:8501"}).status_code == 200
