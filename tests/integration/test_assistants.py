"""Assistants: the official client, over HTTP and standard input, and the plans that a person confirms."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from feedly_core.access.identity import Way
from feedly_core.access.plans import confirm_plan, open_plans, propose_test_job, reject_plan
from feedly_core.access.tokens import (
    caller_of,
)
from feedly_core.db.engine import reading, writing
from feedly_core.errors import InvalidInput, PermissionDenied
from feedly_core.golden_sets.sets import save_version
from feedly_core.job import PictureKind
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.golden_sets import BOSS, golden_orders, made_run
from tests.tokens import OPERATOR, token

if TYPE_CHECKING:
    from mcp import Client


async def call(client: Any, tool: str, **arguments: Any) -> Any:
    return await client.call_tool(tool, arguments)


def data(answer: Any) -> Any:
    assert not answer.is_error, answer.content
    return json.loads(answer.content[0].text)["data"]


@asynccontextmanager
async def assistant(site: str, secret: str) -> AsyncIterator[Client]:
    """The official client at ``/mcp``; loaded here, lest each worker spends a CPU second on it."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    headers = {"authorization": f"Bearer {secret}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{site}/mcp", http_client=http)) as client,
    ):
        yield client


def test_hostile_arguments_of_an_assistant_are_refused(site: str, known: Engine, settings: Settings) -> None:
    async def talk() -> None:
        async with assistant(site, token(known, settings, Role.OPERATOR)) as client:
            for hostile in ("'; DROP TABLE jobs; --", "a\0b", "%", "😀" * 50, "../../etc/passwd"):
                assert (await call(client, "explain_job", job=hostile)).is_error
                assert (await call(client, "gate", golden_set=hostile, release=hostile)).is_error
                assert (await call(client, "plan_status", plan_id=hostile)).is_error
                assert (await call(client, "find_job", words=hostile)).content

    asyncio.run(talk())


def test_an_assistant_asks_over_http(site: str, engine: Engine, known: Engine, settings: Settings) -> None:
    made = make_job(engine, assets_dir=settings.assets_dir)
    made_run(engine, settings, save_version(engine, settings, BOSS, "menu", golden_orders(1)), "v2.0")

    async def talk() -> None:
        async with assistant(site, token(known, settings, Role.OPERATOR)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {
                *(
                    "what_is_wrong",
                    "find_job",
                    "explain_job",
                    "diagnose",
                    "show_picture",
                    "gallery",
                    "trends",
                ),
                *("compare_runs", "why_rejected", "gate", "propose_job", "propose_trigger_probe"),
                "plan_status",
            }
            told = data(await call(client, "explain_job", job=str(made.job_id)))
            assert told["job"]["job_id"] == str(made.job_id)
            for kind in get_args(PictureKind):
                shown = await call(client, "show_picture", job=str(made.job_id), kind=kind)
                assert shown.content[0].type == "image", shown.content
                assert shown.content[0].mime_type == "image/jpeg"
            for tool in ("what_is_wrong", "gallery", "trends", "why_rejected"):
                data(await call(client, tool))
            judged = data(await call(client, "gate", golden_set="menu", release="v2.0"))
            assert (judged["answer"], judged["code"]) == ("not_decided", 2), "nothing is approved"
            assert [case["description"] for case in judged["cases"]] == ["order 0"]
            assert (await call(client, "gate", golden_set="none", release="v2.0")).is_error
            plan = data(await call(client, "propose_job", description="맛있는 국수", variants=2))
            state = data(await call(client, "plan_status", plan_id=plan["plan_id"]))
            assert (state["decision"], state["result"]) == (None, None)
            late = data(await call(client, "propose_job", description="늦은 국수"))
            overdue = text("UPDATE feedly_dashboard.api_plans SET expires_at = now() WHERE plan_id = :plan")
            with writing(known) as connection:
                connection.execute(overdue, {"plan": late["plan_id"]})
            with pytest.raises(InvalidInput, match="time is over"):
                confirm_plan(known, settings, OPERATOR, UUID(late["plan_id"]))

    asyncio.run(talk())
    with reading(known) as connection:
        (plan,) = open_plans(connection)
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 2, "proposed, not done"
    with pytest.raises(PermissionDenied):
        confirm_plan(known, settings, Person("viewer", Role.VIEWER), plan.plan_id)
    done = confirm_plan(known, settings, OPERATOR, plan.plan_id)
    with reading(known) as connection:
        counted = text("SELECT count(*) FROM jobs_variants WHERE job_id = :id")
        assert connection.scalar(counted, {"id": (done.result or {})["job_id"]}) == 2
    for again in (confirm_plan, reject_plan):
        with pytest.raises(InvalidInput):
            again(known, settings, OPERATOR, plan.plan_id)


def test_a_viewers_token_proposes_nothing(known: Engine, settings: Settings) -> None:
    secret = token(known, settings)
    caller = caller_of(known, settings, secret, Way.NONE, datetime.now(UTC))
    with pytest.raises(PermissionDenied):
        propose_test_job(known, settings, caller, description="국수", variants=1)


def test_an_assistant_asks_over_standard_input(known: Engine, database_url: str) -> None:
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    made = make_job(known)
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "feedly_core", "mcp"],
        env={"DATABASE_URL": database_url, "PATH": "", "PYTHONPATH": "."},
    )

    async def talk() -> None:
        async with Client(stdio_client(server)) as client:
            told = data(await call(client, "explain_job", job=str(made.job_id)[:8]))
            assert told["job"]["job_id"] == str(made.job_id)
            refused = await call(client, "propose_job", description="국수")
            assert refused.is_error

    asyncio.run(talk())
