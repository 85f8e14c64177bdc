"""The listeners as a table of evidence, and who may see them."""

from __future__ import annotations

from feedly_core.db.event_delivery import ListeningSessions
from feedly_core.diagnostics.check import Fix, age_words
from feedly_core.i18n import N_, Message


def evidence(sessions: ListeningSessions) -> tuple[tuple[Message | str, ...], ...]:
    """A table of all listeners, services first; empty for none."""
    if not sessions.listeners:
        return ()
    heading = (
        N_("Session"),
        N_("Process"),
        N_("Address"),
        N_("Database"),
        N_("State"),
        N_("Connected for"),
        N_("Channels"),
    )
    return (
        heading,
        *(
            (
                N_("this dashboard") if one.own else (one.application or N_("no name")),
                str(one.pid),
                one.address,
                one.database,
                one.state,
                age_words(one.age),
                ", ".join(sorted(one.channels)),
            )
            for one in sorted(sessions.listeners, key=lambda one: (one.own, one.pid))
        ),
    )


def allow_activity(role: str) -> Fix:
    """Fix that lets ``role`` (already quoted) see the statements of other roles."""
    return Fix(
        N_("Let an administrator allow the dashboard's role to see activity."),
        sql=f"GRANT pg_read_all_stats TO {role};",
    )
