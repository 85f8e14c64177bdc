"""The bearer tokens of programs, and whom they ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from feedly_core.access.identity import NOBODY_SIGNS_IN
from feedly_core.access.tokens import make_token
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings

OPERATOR = Person("local", Role.OPERATOR)


def token(engine: Engine, settings: Settings, role: Role = Role.VIEWER, days: int = 7, **more: Any) -> str:
    made = {"owner": NOBODY_SIGNS_IN, "label": "report", "now": datetime.now(UTC), **more}
    return make_token(engine, settings, role=role, days=days, **made).secret
