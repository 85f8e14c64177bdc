"""What the source says of writing: each function for a person is listed, and no other writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.writes import WRITES

CORE = Path(__file__).parents[2] / "feedly_core"
WITHOUT_A_PERSON = {
    "campaigns.runner:CampaignRunner": "drives campaigns that an operator has started",
    "campaigns.step": "the same; every job stands in campaign_jobs",
    "campaigns.leases": "which process drives a campaign",
    "jobs.starting": "the second half of create_job and of a campaign's step",
    "access.tokens": "a token is made for an identity; its use and its owner's groups are noted",
    "access.plans": "a program proposes with its caller; what a person says is listed",
    "db.own_schema": "behind install_own_schema",
    "alerts.digest:send_due": "the digest of a rule that an operator has made",
    "alerts.outbox": "how far a message of a rule is, which an operator has made",
    "analytics.refresher": "the read model, made from FeedlyAI's rows alone",
    "search.index": "the search index, made from FeedlyAI's rows and from verdicts alone",
    "analytics.contrast_pass": "the measured contrast, made from pictures alone",
    "live.recorder": "the step history, heard from the database itself",
    "diagnostics.probe.rows": "the rows of a trigger probe, behind probe_trigger",
    "failures.drive": "drives reruns that an operator has started; every variant stands in rerun_items",
    "golden_sets.schedule:start_due": "starts the daily runs that an operator has asked for",
}
"""Functions that write what no person asked for at this moment, or behind one that has asked."""


def _functions() -> Iterator[tuple[str, str, ast.FunctionDef, list[str]]]:
    """Module, qualified name, function, and the classes around it."""
    for path in sorted(CORE.rglob("*.py")):
        module = ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                yield module, node.name, node, []
            elif isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        yield module, f"{node.name}.{inner.name}", inner, [node.name]


def _calls(function: ast.FunctionDef, name: str) -> bool:
    called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(each, ast.Name) and each.id == name for each in called)


def _takes_person(function: ast.FunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    return any(argument.arg == "person" for argument in arguments)


def test_every_function_for_a_person_is_in_the_list() -> None:
    found = {
        f"feedly_core.{module}.{(around or [name])[0]}"
        for module, name, function, around in _functions()
        if _takes_person(function) and not name.removesuffix(".__init__").startswith("_")
    }
    found -= {f"feedly_core.permissions.{name}" for name in ("require", "audit", "audit_line")}
    found -= {
        "feedly_core.access.tokens.list_tokens",  # reads
        "feedly_core.api.Feedly",  # carries the person of a script or a terminal
        "feedly_core.reviews.meetings.append",  # of agenda.collect
        "feedly_core.jobs.cleanup.delete_each",  # of delete_jobs and delete_named_jobs
        "feedly_core.diagnostics.background_run.BackgroundRun",  # of LiveSession and CompletionSession
        "feedly_core.campaigns.campaigns.write_campaign",  # of start_campaign and write_run
        "feedly_core.golden_sets.runs.write_run",  # of run_set and of a daily run
        "feedly_core.reviews.verdicts.store",  # of save and give
        "feedly_core.diagnostics.probe.history.remember",  # the last act of probe_trigger
    }
    listed = {f"{each.function.__module__}.{each.function.__qualname__}" for each in WRITES}
    assert found == listed


def test_nothing_else_writes() -> None:
    personal = {
        (module, around[0])
        for module, _, function, around in _functions()
        if around and _takes_person(function)
    }
    strays = [
        f"{module}:{name}"
        for module, name, function, around in _functions()
        if _calls(function, "writing")
        and not _takes_person(function)
        and not (around and (module, around[0]) in personal)
        and module not in WITHOUT_A_PERSON
        and f"{module}:{(around or [name])[0]}" not in WITHOUT_A_PERSON
    ]
    assert strays == []


def test_one_way_leads_to_writing() -> None:
    """``writing`` knows FEEDLY_READ_ONLY; a transaction begun past it would not."""
    past = [
        str(path.relative_to(CORE))
        for path in sorted(CORE.rglob("*.py"))
        if path.name != "engine.py" and ".begin()" in path.read_text(encoding="utf-8")
    ]
    assert past == []
