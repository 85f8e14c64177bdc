from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from feedly_core.db import own_schema
from feedly_core.db.engine import reading, writing
from feedly_core.db.own_schema import audit_log
from feedly_core.errors import PermissionDenied
from feedly_core.permissions import Person, Role, audit, require
from feedly_core.settings import Settings

OPERATOR = Person("kim", Role.OPERATOR)
VIEWER = Person("lee", Role.VIEWER)


def test_a_role_may_do_what_the_lower_ones_may(settings: Settings) -> None:
    require(OPERATOR, Role.REVIEWER, settings)
    with pytest.raises(PermissionDenied, match="needs the role operator; yours is viewer"):
        require(VIEWER, Role.OPERATOR, settings)


def test_read_only_stops_an_operator_too(settings: Settings) -> None:
    with pytest.raises(PermissionDenied, match="read-only"):
        require(OPERATOR, Role.OPERATOR, settings.model_copy(update={"read_only": True}))


def test_an_audit_line_says_who_did_what(engine: Engine, our_schema: None) -> None:
    with writing(engine) as connection:
        audit(connection, OPERATOR, "job.rerun", "v-1", before={"step": "overlay"}, after={"step": "planner"})
    with reading(engine) as connection:
        line = connection.execute(select(audit_log)).one()
    assert (line.person, line.role, line.action, line.target) == ("kim", "operator", "job.rerun", "v-1")
    assert (line.before, line.after, line.result) == ({"step": "overlay"}, {"step": "planner"}, "done")


def test_our_schema_comes_goes_and_is_noticed(engine: Engine) -> None:
    def there() -> bool:
        with reading(engine) as connection:
            return own_schema.installed(connection)

    assert not there()
    own_schema.install(engine)
    own_schema.install(engine)
    assert there()
    own_schema.remove(engine)
    assert not there()


def test_without_our_schema_the_action_goes_on_unrecorded(engine: Engine) -> None:
    with writing(engine) as connection:
        audit(connection, OPERATOR, "job.create", "j-1")
