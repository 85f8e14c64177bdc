"""A whole healthy surrounding for the diagnostics: database, listener, three services, folder, clock.

Faults break one thing in it. Printed fixes are applied as printed: SQL is run, commands go to a shell in
which ``docker`` and ``timedatectl`` are stand-ins that tell this world what a person has done.
"""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import psycopg2

from feedly_core.database_address import parse_address
from feedly_core.db.listening import ListenConnection
from feedly_core.diagnostics.check import CheckResult, Fix
from feedly_core.diagnostics.check_report import CheckReport, run_checks
from feedly_core.diagnostics.checks import ALL_CHECKS
from feedly_core.diagnostics.checks.rights import INSERTED
from feedly_core.diagnostics.checks.services import SERVICES
from feedly_core.diagnostics.context import CheckContext, open_context
from feedly_core.diagnostics.thresholds import Thresholds
from feedly_core.settings import Settings, load_settings
from tests.faults.stand_in import StandIn

PROJECT = Path(__file__).parents[2]

PATIENT = Thresholds(
    check=20.0,
    service=4.0,
    service_slow=2.0,
    round_trip=2.0,
    lock_wait=0.2,
    listener_in_transaction=0.0,
    disk_warning=0.0,
    probe_taken=3.0,
    probe_taken_without_listener=0.3,
)
"""A busy machine is no fault, nor is its full disk; what must be waited for in vain is kept short."""


class Service:
    """One HTTP service with health and OpenAPI; ``status``, ``delay_s`` and ``routes`` break it."""

    def __init__(self, routes: tuple[str, ...], on_post: Callable[[str], None] = lambda body: None) -> None:
        self.on_post = on_post
        self.routes, self.status, self.delay_s = routes, 200, 0.0
        self.hides_routes = False
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if service.delay_s:
                    service.released.wait(service.delay_s)
                document = {"ok": True, "paths": {route: {} for route in service.routes}}
                body = json.dumps(document).encode()
                hidden = service.hides_routes and self.path == "/openapi.json"
                self.send_response(404 if hidden else service.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                service.on_post(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.do_GET()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        return Handler


class World:
    """``variables`` are the dashboard's environment. Everything is in order until a fault breaks it."""

    def __init__(self, url: str, folder: Path, make_database: Callable[[], str]) -> None:
        self.url, self.folder, self.make_database = url, folder, make_database
        self.skew = timedelta()
        self.services = {service.key: Service(service.routes, self._called) for service in SERVICES}
        self.listener: StandIn | None = StandIn(url)
        self.generation: ListenConnection | None = None
        self.start_generation()
        assets = folder / "assets"
        assets.mkdir()
        self.variables: dict[str, object] = {
            "DATABASE_URL": url,
            "ASSETS_DIR": assets,
            "FEEDLY_HOME": folder / "home",
            "FEEDLY_ALLOW_REPAIR": True,
            **{service.variable: self.services[service.key].url for service in SERVICES},
        }
        self._programs = folder / "programs"
        self._programs.mkdir()
        for name in ("docker", "timedatectl", "quota"):
            self._program(name, f'echo "{name} $*" >> "{self._programs}/log"')
        self._program("sudo", 'exec "$@"')
        self._program("python", f'cd "{PROJECT}" && exec "{sys.executable}" "$@"')

    @property
    def settings(self) -> Settings:
        return load_settings(**self.variables)

    @property
    def assets(self) -> Path:
        return Path(str(self.variables["ASSETS_DIR"]))

    @contextmanager
    def context(self) -> Iterator[CheckContext]:
        with open_context(self.settings, PATIENT, now=lambda: datetime.now(UTC) + self.skew) as context:
            yield context

    def run_checks(self) -> CheckReport:
        with self.context() as context:
            return run_checks(context, ALL_CHECKS)

    def check_again(self, key: str) -> CheckResult:
        """Run one check alone."""
        with self.context() as context:
            return run_checks(context, [check for check in ALL_CHECKS if check.key == key])[key]

    def sql(self, statement: str) -> None:
        """Run as the owner of the database, the way a person would in psql."""
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    def everything(self) -> list[str]:
        """Every row of the tables that the trigger probe writes to, and every file."""
        connection = psycopg2.connect(self.url)
        rows = []
        with connection, connection.cursor() as cursor:
            for table in INSERTED:
                cursor.execute(f"SELECT '{table}', t::text FROM {table} t ORDER BY 2")
                rows += [str(row) for row in cursor.fetchall()]
        connection.close()
        return rows + sorted(str(path) for path in self.assets.rglob("*") if path.is_file())

    def apply(self, fix: Fix) -> None:
        """Do what is printed: SQL as the owner, ``NAME=value`` into the environment, the rest in a shell."""
        if fix.sql:
            self.sql(fix.sql)
        commands = []
        for line in fix.command.splitlines():
            name, equals, value = line.partition("=")
            if equals and name.isupper() and name in self.variables | {"LISTEN_DATABASE_URL": ""}:
                self.variables[name] = value
            else:
                commands.append(line)
        if commands:
            self._shell("\n".join(commands))

    def stop_listener(self) -> None:
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def start_generation(self) -> None:
        """Image generation listens for jobs."""
        self.stop_generation()
        self.generation = ListenConnection(parse_address(self.url), "asyncpg", ("job_state_changed",))

    def stop_generation(self) -> None:
        if self.generation is not None:
            self.generation.close()
            self.generation = None

    def close(self) -> None:
        self.stop_listener()
        self.stop_generation()
        for service in self.services.values():
            service.close()

    def restart(self, container: str) -> None:
        """What ``docker restart`` does: the service is healthy again. The analysis service listens; image
        generation looks for jobs that wait for it."""
        key = container.rpartition("-")[2]
        self.services[key].close()
        service = next(service for service in SERVICES if service.key == key)
        self.services[key] = Service(service.routes)
        self.variables[service.variable] = self.services[key].url
        if key == "yh":
            self.stop_listener()
            self.listener = StandIn(self.url)
        if key == "ye":
            self.start_generation()
            self.sql(
                "UPDATE jobs SET status = 'running', current_step = 'gen_vlm_analyze'"
                " WHERE (current_step, status) = ('user_img_input', 'done')"
            )

    def _called(self, body: str) -> None:
        """What the analysis service does when a text step is called for."""
        job_id = UUID(json.loads(body)["job_id"])
        self.sql(f"UPDATE jobs SET current_step = 'instagram_feed_gen' WHERE job_id = '{job_id}'")

    def _shell(self, commands: str) -> None:
        """The dashboard's own commands see its environment; who is asked says yes."""
        log = self._programs / "log"
        log.write_text("")
        known = {name: str(value) for name, value in self.variables.items()}
        path = {"PATH": f"{self._programs}:{os.environ['PATH']}"}
        subprocess.run(
            ["bash", "-c", commands], env=known | path, input=b"y\n", capture_output=True, timeout=60
        )
        for line in log.read_text().splitlines():
            match line.split():
                case ["docker", "restart", container]:
                    self.restart(container)
                case ["timedatectl", "set-ntp", "true"]:
                    self.skew = timedelta()

    def _program(self, name: str, script: str) -> None:
        program = self._programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)


@contextmanager
def healthy_world(url: str, folder: Path, make_database: Callable[[], str]) -> Iterator[World]:
    with ExitStack() as stack:
        world = World(url, folder, make_database)
        stack.callback(world.close)
        yield world
