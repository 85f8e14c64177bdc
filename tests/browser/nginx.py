"""The real nginx in front of dashboards, with the blocks that ``deploy/`` gives."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.browser.server import PROJECT, AppServer, free_port
from tests.waiting import wait_until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ACCESS_LOG = "access.log"
"""A line a request: who answered it, and its address."""
SITE = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    log_format route "$upstream_addr $request_uri"; access_log {folder}/{log} route;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {above}
    server {{ listen 127.0.0.1:{port}; {block} location / {{ return 200 "another site"; }} }}
}}
"""

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@contextmanager
def nginx(parent: Path, block: str, base: str, above: str = "") -> Iterator[str]:
    """Run it with ``block`` in a server and ``above`` at the http level, files below ``parent``/nginx; yields
    the dashboard's address at the path ``base``."""
    port, folder = free_port(), parent / "nginx"
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(SITE.format(folder=folder, port=port, block=block, above=above, log=ACCESS_LOG))
    process = subprocess.Popen([str(NGINX), "-c", str(config), "-p", str(folder)])
    address = f"http://127.0.0.1:{port}{base}"
    try:
        wait_until(lambda: _answers(f"{address}/_stcore/health"), what="nginx")
        yield address
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def replicas(parent: Path, servers: Sequence[AppServer], base: str) -> Iterator[str]:
    """Several dashboards at the path ``base`` of one address, as ``deploy/`` tells a team to."""
    upstream = (PROJECT / "deploy" / "nginx-replicas.conf").read_text(encoding="utf-8")
    named = "\n".join(f"    server {server.url.removeprefix('http://')};" for server in servers)
    upstream = re.sub(r"(    server [\d.:]+;\n)+", f"{named}\n", upstream)
    block = (PROJECT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    block = block.replace("proxy_pass http://127.0.0.1:8501;", "")
    block = re.sub(r"# (proxy_pass|add_header)", r"\1", block)
    with nginx(parent, block, f"/{base}", upstream) as url:
        yield url


def _answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url).text == "ok"
    return False
