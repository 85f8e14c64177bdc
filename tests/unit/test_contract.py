"""The contract with FeedlyAI's services stands in one module, and fits the reference's own SQL."""

from __future__ import annotations

import re
from pathlib import Path

import feedly_core
from feedly_core.domain import contract
from feedly_core.domain.pipeline import STEPS, VARIANT_STEP_NAMES

ROOT = Path(feedly_core.__file__).parent.parent
NAMES = {
    *contract.PIPELINE_CHANNELS,
    contract.CHANGE_CHANNEL,
    contract.HEARTBEAT_CHANNEL,
    contract.HUB_APPLICATION,
    contract.LISTEN_APPLICATION,
    *(trigger.trigger for trigger in contract.PIPELINE_TRIGGERS),
    *(trigger.function for trigger in contract.PIPELINE_TRIGGERS),
}


QUOTED = re.compile(r"""["'](\w[\w-]*)["']""")


def test_each_name_of_the_contract_is_written_once() -> None:
    places: dict[str, set[str]] = {name: set() for name in NAMES}
    for room in ("feedly_core", "dashboard", "pages"):
        for path in (ROOT / room).rglob("*.py"):
            for name in NAMES & set(QUOTED.findall(path.read_text("utf-8"))):
                places[name].add(path.relative_to(ROOT).as_posix())
    home = {"feedly_core/domain/contract.py"}
    assert {name: where for name, where in places.items() if not where <= home} == {}
    assert {name for name, where in places.items() if where} >= set(contract.PIPELINE_CHANNELS)


def test_the_names_are_those_of_the_reference() -> None:
    sql = (ROOT / "feedly_core/domain/triggers.sql").read_text("utf-8")
    for trigger in contract.PIPELINE_TRIGGERS:
        assert f"CREATE TRIGGER {trigger.trigger}" in sql
        assert f"FUNCTION {trigger.function}()" in sql
        assert f"pg_notify('{trigger.channel}'" in sql or not trigger.channel


def test_every_operation_belongs_to_a_step_and_every_step_to_itself() -> None:
    operations = contract._STEP_OF_OPERATION
    assert {contract.step_of(operation) for operation in operations} <= set(STEPS)
    assert all(contract.step_of(step) == step for step in VARIANT_STEP_NAMES)
    assert contract.step_of("an operation of tomorrow") == "an operation of tomorrow"
