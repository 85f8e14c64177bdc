"""Our own schema ``feedly_dashboard``: installed on request, removable whole.

No table refers to a FeedlyAI table by a foreign key: removing a job must stay possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Engine, Index, Table, text
from sqlalchemy.schema import CreateIndex, CreateSchema, DropSchema

from feedly_core.db.engine import writing
from feedly_core.db.own_schema.access import ACCESS, api_plans, api_tokens
from feedly_core.db.own_schema.actions import audit_log, live_test_runs
from feedly_core.db.own_schema.alerts import ALERTS, alert_messages, alert_rules, alerts
from feedly_core.db.own_schema.campaigns import campaign_jobs, campaign_pictures, campaigns
from feedly_core.db.own_schema.facts import facts_fit, facts_state, picture_contrast, variant_facts
from feedly_core.db.own_schema.failures import FAILURES, fault_marks, group_reruns, rerun_items
from feedly_core.db.own_schema.golden_sets import (
    GOLDEN_TABLES,
    golden_baselines,
    golden_known_failures,
    golden_orders,
    golden_pictures,
    golden_runs,
    golden_schedules,
    golden_sets,
)
from feedly_core.db.own_schema.judging import JUDGING, judge_questions, judge_rulings, score_limits
from feedly_core.db.own_schema.metadata import NAME, metadata
from feedly_core.db.own_schema.monitoring import acknowledged_failures, step_events
from feedly_core.db.own_schema.reviews import (
    TAPS,
    review_actions,
    review_drafts,
    review_meetings,
    review_presence,
    review_tags,
    review_taps,
    review_winners,
    reviews,
)
from feedly_core.db.own_schema.rounds import ROUNDS, review_rounds, round_slots
from feedly_core.db.own_schema.run_plans import run_plans
from feedly_core.db.own_schema.saved_views import SAVED_VIEWS, saved_views, start_views, view_looks
from feedly_core.db.own_schema.search import SEARCH, search_documents, search_state
from feedly_core.db.own_schema.targets import TARGETS, targets
from feedly_core.db.own_schema.visits import VISITS, visits
from feedly_core.db.query_budget import query_budget
from feedly_core.db.transactions import forget_own_tables, own_tables
from feedly_core.errors import MissingInSchema
from feedly_core.i18n import N_, Message

__all__ = [
    "ACCESS",
    "ALERTS",
    "FAILURES",
    "GOLDEN_TABLES",
    "JUDGING",
    "NAME",
    "ROUNDS",
    "SAVED_VIEWS",
    "SEARCH",
    "TAPS",
    "TARGETS",
    "VISITS",
    "Tables",
    "acknowledged_failures",
    "alert_messages",
    "alert_rules",
    "alerts",
    "api_plans",
    "api_tokens",
    "audit_log",
    "campaign_jobs",
    "campaign_pictures",
    "campaigns",
    "facts_fit",
    "facts_state",
    "fault_marks",
    "golden_baselines",
    "golden_known_failures",
    "golden_orders",
    "golden_pictures",
    "golden_runs",
    "golden_schedules",
    "golden_sets",
    "group_reruns",
    "install",
    "installed",
    "judge_questions",
    "judge_rulings",
    "live_test_runs",
    "metadata",
    "need",
    "picture_contrast",
    "remove",
    "rerun_items",
    "review_actions",
    "review_drafts",
    "review_meetings",
    "review_presence",
    "review_rounds",
    "review_tags",
    "review_taps",
    "review_winners",
    "reviews",
    "round_slots",
    "run_plans",
    "saved_views",
    "score_limits",
    "search_documents",
    "search_state",
    "start_views",
    "step_events",
    "targets",
    "variant_facts",
    "view_looks",
    "visits",
]

Tables = Sequence[Table]

_INSTALL_LOCK = 7_303_014_001
"""Advisory lock key: several processes may install at the same moment."""


def install(engine: Engine) -> None:
    """Create the schema, its missing tables, and missing indexes of existing ones.

    Existing tables stay as they are.

    Except a read model with other columns than this program's: it is made anew, empty, to be filled again.
    """
    with writing(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INSTALL_LOCK})
        connection.execute(CreateSchema(NAME, if_not_exists=True))
        if not facts_fit(connection):
            metadata.drop_all(connection, tables=[variant_facts, facts_state])
        metadata.create_all(connection)
        for index in _missing_indexes(connection):
            connection.execute(CreateIndex(index))
        forget_own_tables(connection)


def _missing_indexes(connection: Connection) -> list[Index]:
    """Those of later releases. Not of the read model, whose filling makes them when it is through."""
    query = text("SELECT indexname FROM pg_indexes WHERE schemaname = :schema")
    known = set(connection.scalars(query, {"schema": NAME}))
    tables = (table for table in metadata.sorted_tables if table is not variant_facts)
    return [index for table in tables for index in table.indexes if index.name not in known]


@query_budget(statements=1, rows=50)
def installed(connection: Connection, tables: Tables = ()) -> bool:
    """Whether these tables, else those of the first release, exist and this role may use them."""
    return own_tables(connection) >= ({table.name for table in tables} or _first_release())


def need(connection: Connection, tables: Tables, lacking: Message) -> None:
    """Raise :class:`MissingInSchema` with ``lacking`` unless these tables are there.

    Without ``tables`` those of the first release. One place says what to do about it.
    """
    if not (installed(connection) and installed(connection, tables)):
        raise MissingInSchema(
            lacking,
            detail=N_("It is kept in the dashboard's own schema, beside FeedlyAI's tables."),
            hint=N_("An operator presses Install on the page, or runs feedlyai install-schema."),
        )


@cache
def _first_release() -> frozenset[str]:
    return frozenset(table.name for table in metadata.tables.values() if not table.info.get("later"))


def remove(engine: Engine) -> None:
    """Drop the schema with everything that the dashboard remembers.

    FeedlyAI's tables are untouched.
    """
    with writing(engine) as connection:
        connection.execute(DropSchema(NAME, cascade=True, if_exists=True))
