"""Faults of the database role that the dashboard connects as: each a row of the fault table."""

from __future__ import annotations

from feedly_core.diagnostics.check import CheckOutcome
from tests.faults.breaking import EVERYTHING, SEES_ACTIVITY, blocked_unseen, limit_raised, role
from tests.faults.fault import Fault
from tests.faults.surrounding_faults import NO_DATABASE

FAILED, WARNING, UNKNOWN = CheckOutcome.FAILED, CheckOutcome.WARNING, CheckOutcome.UNKNOWN

ROLE_FAULTS = [
    Fault(
        "role without rights to write",
        role("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};" + SEES_ACTIVITY),
        "database.rights",
        WARNING,
        "rights_missing",
        "UPDATE jobs_variants",
        "GRANT UPDATE (current_step, status, updated_at) ON jobs_variants",
    ),
    Fault(
        "role that may not count rows",
        role(EVERYTHING + SEES_ACTIVITY + "REVOKE ALL ON SEQUENCE jobs_pk_seq FROM {role};"),
        "database.rights",
        WARNING,
        "rights_missing",
        "USAGE jobs_pk_seq",
        "GRANT USAGE ON SEQUENCE jobs_pk_seq",
    ),
    Fault(
        "role that may not clean up after a step",
        role(EVERYTHING + SEES_ACTIVITY + "REVOKE DELETE ON vlm_traces FROM {role};"),
        "database.rights",
        WARNING,
        "rights_missing",
        "DELETE vlm_traces",
        "GRANT DELETE ON vlm_traces",
    ),
    Fault(
        "role that may not read one table",
        role(EVERYTHING + SEES_ACTIVITY + "REVOKE ALL ON evaluations FROM {role};"),
        "database.rights",
        FAILED,
        "rights_missing",
        "SELECT evaluations",
        "GRANT SELECT ON evaluations",
    ),
    Fault(
        "role that may not see activity",
        role(EVERYTHING),
        "listeners.present",
        UNKNOWN,
        "activity_hidden",
        "hide their statement",
        "GRANT pg_read_all_stats TO",
        also=frozenset({"listeners.blockers", "listeners.generation"}),
    ),
    Fault(
        "blocker that the role may not look at",
        blocked_unseen,
        "listeners.blockers",
        WARNING,
        "blocked",
        "has kept 1 other waiting",
        "SELECT pg_terminate_backend",
        also=frozenset({"listeners.present", "listeners.generation"}),
        seen_afterwards=UNKNOWN,
    ),
    Fault(
        "role read-only by default",
        role(EVERYTHING + SEES_ACTIVITY + "ALTER ROLE {role} SET default_transaction_read_only = on;"),
        "database.primary",
        WARNING,
        "read_only_by_default",
        "read-only by default",
        "RESET default_transaction_read_only",
    ),
    Fault(
        "role without a connection left",
        role(EVERYTHING + SEES_ACTIVITY + "ALTER ROLE {role} CONNECTION LIMIT 0;"),
        "database.reachable",
        FAILED,
        "no_connection_left",
        "has no connection left",
        "raise max_connections or the role's limit",
        also=NO_DATABASE,
        fixed=limit_raised,
    ),
]
