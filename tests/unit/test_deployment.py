"""The files of ``deploy/`` name things that exist: settings, metrics, files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.web.server.starlette import starlette_agent_routes

from dashboard.server.metrics import REGISTRY
from dashboard.server.pipeline_metrics import board_metrics, past_metrics, tally_metrics
from feedly_core.analytics.durations import StepDurations
from feedly_core.domain.status import ENDED, State
from feedly_core.live.board import build_board
from feedly_core.live.metrics import Metrics
from feedly_core.live.problems import ProblemKind
from feedly_core.live.snapshot import HubKind, Snapshot
from feedly_core.live.tally import Tally
from feedly_core.settings import Settings

PROJECT = Path(__file__).parents[2]
DEPLOY = PROJECT / "deploy"
ENDINGS = r"_(total|bucket|count)$"
KNOWN = {field.alias for field in Settings.model_fields.values()}


@pytest.mark.parametrize(
    "name",
    [
        *("deploy/Dockerfile", "deploy/compose.yaml", "deploy/feedly-dashboard.service"),
        "docs/deployment.md",
    ],
)
def test_every_setting_named_exists(name: str) -> None:
    named = set(re.findall(r"\bFEEDLY_[A-Z_]+\b", (PROJECT / name).read_text(encoding="utf-8")))
    assert named - KNOWN <= {"FEEDLY_ASSETS"}, "FEEDLY_ASSETS is a variable of the compose file itself"


def test_the_image_copies_what_runs() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8")
    for path in " ".join(copied).split():
        assert (PROJECT / path).exists()
        assert f"!{path}" in ignored


def test_every_panel_asks_for_a_figure_that_exists() -> None:
    static = {metric.name for metric in REGISTRY.collect()}
    live = {"ready", "hub_state", "hub_changes", "hub_coalesced", "jobs_followed", "viewers", "duty_failing"}
    known = static | {f"feedly_dashboard_{name}" for name in live} | _of_the_pipeline()
    asked = set()
    for file in ("grafana.json", "alert-rules.yml"):
        asked |= set(re.findall(r"feedly_[a-z_]+", (DEPLOY / file).read_text(encoding="utf-8")))
    assert _of_the_pipeline() <= {re.sub(ENDINGS, "", name) for name in asked}, "each has a panel or a rule"
    for name in asked:
        assert re.sub(ENDINGS, "", name) in known


def _of_the_pipeline() -> set[str]:
    now = datetime.now(UTC)
    board = build_board(Snapshot(), now, StepDurations())
    past = Metrics(now, 0, None, 0.0, {})
    return {
        metric.name for metric in (*board_metrics(board, now), *tally_metrics(Tally()), *past_metrics(past))
    }


def test_every_label_of_an_alert_rule_exists() -> None:
    rules = (DEPLOY / "alert-rules.yml").read_text(encoding="utf-8")
    values = {
        "state": {*State, *HubKind},
        "outcome": set(ENDED),
        "kind": {kind.name.lower() for kind in ProblemKind},
    }
    named = re.findall(r'(\w+)=~?"([^"]+)"', rules)
    assert {name for name, _ in named} == set(values)
    for name, text in named:
        assert set(text.split("|")) <= values[name], text


def test_the_panels_are_one_dashboard() -> None:
    panels = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_nothing_switches_streamlits_own_protection_off() -> None:
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert not {"enableXsrfProtection", "enableCORS"} & set(config["server"]), "both are on by default"
    for path in DEPLOY.iterdir():
        assert not re.search(r"XSRF|ENABLE_CORS|enableCORS", path.read_text(encoding="utf-8")), path.name


def test_the_container_has_no_more_than_it_needs() -> None:
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for wanted in (
        "read_only: true",
        "cap_drop: [ALL]",
        "no-new-privileges:true",
        "external: true",
        "HEALTH_PATH:",
    ):
        assert wanted in compose
    assert not re.search(r"^    ports:", compose, re.MULTILINE), "the dashboard trusts a header of its proxy"
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER \d+$", image, re.MULTILINE)
    assert "HEALTHCHECK" in image


def test_streamlits_own_interface_for_programs_is_off_and_closed() -> None:
    config = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["enableAgentApi"] is False
    block = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (closed,) = re.findall(r"location (/dashboard/\S*agent) {\s*return 404;", block)
    doors = (starlette_agent_routes._ROUTE_AGENT_INTERACT, starlette_agent_routes._ROUTE_AGENT_MCP)
    for route in (*doors, starlette_agent_routes._ROUTE_AGENT_SCHEMA):
        assert f"/dashboard/{route}".startswith(f"{closed}/"), "a newer Streamlit has moved it"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_whole_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "feedly-dashboard.service").read_text(encoding="utf-8")
    copy = tmp_path / "feedly-dashboard.service"
    copy.write_text(unit.replace("/opt/feedly-dashboard/.venv/bin/python", "/bin/true"))
    verified = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
