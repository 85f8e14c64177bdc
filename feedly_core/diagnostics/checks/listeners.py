"""Is anybody listening, and does anything hold the notifications back?

A listener is a backend whose last statement is LISTEN on one of our channels. A healthy service
does not prove one, and a listener that also asks other things on that connection is not seen here:
the live test decides then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text

from feedly_core.diagnostics.ages import age_words
from feedly_core.diagnostics.check import Check, Finding, Fix, Group, Verdict
from feedly_core.diagnostics.scene import APPLICATION, Scene
from feedly_core.diagnostics.trigger_needs import CHANNELS, JOB_CHANNEL, VARIANT_CHANNEL
from feedly_core.words import N_, NN_, Text

_BACKENDS = text(
    "SELECT pid, coalesce(application_name, '') AS application, coalesce(client_addr::text, 'local') AS "
    "address,"
    " coalesce(datname, '') AS database, coalesce(state, '') AS state, query,"
    " extract(epoch FROM clock_timestamp() - backend_start)::float AS age,"
    " extract(epoch FROM clock_timestamp() - state_change)::float AS unchanged,"
    " datname = current_database() AS here"
    " FROM pg_stat_activity WHERE datid IS NOT NULL AND pid <> pg_backend_pid()"
)

_LISTEN = re.compile(r"\blisten\s+\"?(\w+)\"?", re.IGNORECASE)

RESTART = "docker logs feedlyai-work-yh --tail 200 | grep LISTENER\ndocker restart feedlyai-work-yh"


@dataclass(frozen=True)
class Listener:
    """One backend that listens; ``own`` means this dashboard's. ``age`` and ``unchanged`` in seconds."""

    pid: int
    application: str
    address: str
    database: str
    here: bool
    state: str
    age: float
    unchanged: float
    channels: frozenset[str]
    own: bool


@dataclass(frozen=True)
class Audience:
    """Everybody who listens on the server; ``hidden`` backends do not show their statement to us."""

    listeners: tuple[Listener, ...]
    hidden: int

    def services(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` of this database that are not the dashboard's own."""
        return [one for one in self.listeners if one.here and not one.own and channel in one.channels]

    def elsewhere(self, channel: str) -> list[Listener]:
        """Listeners on ``channel`` in another database of the same server: they hear nothing of this one."""
        return [one for one in self.listeners if not one.here and not one.own and channel in one.channels]


def audience(conn: Connection) -> Audience:
    """Who listens on the pipeline's channels, on the whole server."""
    rows = conn.execute(_BACKENDS).all()
    listeners = tuple(
        Listener(
            row.pid,
            row.application,
            row.address,
            row.database,
            bool(row.here),
            row.state,
            row.age or 0.0,
            row.unchanged or 0.0,
            frozenset(_LISTEN.findall(row.query or "")) & frozenset(CHANNELS),
            row.application.startswith(APPLICATION),
        )
        for row in rows
        if _LISTEN.search(row.query or "") and set(_LISTEN.findall(row.query)) & set(CHANNELS)
    )
    return Audience(
        listeners, sum(row.query == "<insufficient privilege>" and bool(row.here) for row in rows)
    )


def allow_activity(role: str) -> Fix:
    """Who may see what other roles' sessions do; ``role`` is quoted already."""
    return Fix(
        N_("Let an administrator allow the dashboard's role to see activity."),
        sql=f"GRANT pg_read_all_stats TO {role};",
    )


def present(scene: Scene) -> Finding:
    """A service listens for variants (analysis) and one for jobs (image generation)."""
    with scene.reading() as conn:
        crowd = audience(conn)
        role = str(conn.scalar(text("SELECT quote_ident(current_user)")))
    rows = _evidence(crowd)
    hearing = crowd.services(VARIANT_CHANNEL)
    stuck = [one for one in hearing if _deaf(one, scene.thresholds.listener_in_transaction)]
    if hearing and len(stuck) < len(hearing):
        return _jobs_too(crowd, rows, len(hearing))
    if stuck:
        return Finding(
            Verdict.FAILED,
            N_("The listener (pid {pid}) is stuck inside a transaction.", pid=stuck[0].pid),
            cause="listener_stuck",
            why=N_("Notifications are delivered between transactions: it hears nothing until this one ends."),
            fix=Fix(
                N_("End its connection: the service reconnects by itself after 5 s."),
                sql=f"SELECT pg_terminate_backend({stuck[0].pid});",
                command=RESTART,
            ),
            rows=rows,
        )
    return _nobody(crowd, rows, role)


def _nobody(crowd: Audience, rows: tuple[tuple[Text | str, ...], ...], role: str) -> Finding:
    elsewhere = crowd.elsewhere(VARIANT_CHANNEL)
    if elsewhere:
        return Finding(
            Verdict.FAILED,
            N_("The listener listens in database {name}, not in this one.", name=elsewhere[0].database),
            cause="listener_elsewhere",
            why=N_("Events never leave their database: it hears nothing of the jobs here."),
            fix=Fix(
                N_(
                    "Give service and dashboard the same database: correct DB_NAME or DATABASE_URL of "
                    "the one that is wrong, restart it."
                ),
                command=f"docker exec feedlyai-work-yh printenv DATABASE_URL DB_HOST DB_NAME\n{RESTART}",
            ),
            rows=rows,
        )
    if crowd.hidden:
        return Finding(
            Verdict.UNKNOWN,
            NN_(
                "{n} connection hides its statement from role {role}.",
                "{n} connections hide their statement from role {role}.",
                crowd.hidden,
                role=role,
            ),
            cause="activity_hidden",
            why=N_("Whether one of them listens cannot be seen; the live test finds out by doing."),
            fix=allow_activity(role),
            rows=rows,
        )
    return Finding(
        Verdict.FAILED,
        N_("No service listens on {channel}.", channel=VARIANT_CHANNEL),
        cause="listener_missing",
        why=N_("Events are lost for ever while nobody listens: every variant stays where it is."),
        fix=Fix(
            N_(
                "Start the analysis service with its listener switched on, then touch the waiting "
                "variants again."
            ),
            command=f"ENABLE_JOB_STATE_LISTENER=true   # .env of the service\n{RESTART}",
        ),
        rows=rows,
    )


def _jobs_too(crowd: Audience, rows: tuple[tuple[Text | str, ...], ...], hearing: int) -> Finding:
    # The analysis service listens on both channels and its last LISTEN hides the first: a listener
    # on the job channel alone can only be image generation's.
    generation = [one for one in crowd.services(JOB_CHANNEL) if VARIANT_CHANNEL not in one.channels]
    also = (
        N_("image generation listens too")
        if generation
        else N_("no separate listener of image generation is seen")
    )
    return Finding(
        Verdict.OK,
        NN_(
            "{n} service connection listens for variants; {also}.",
            "{n} service connections listen for variants; {also}.",
            hearing,
            also=also,
        ),
        rows=rows,
    )


def _deaf(one: Listener, seconds: float) -> bool:
    return one.state.startswith("idle in transaction") and one.unchanged >= seconds


def _evidence(crowd: Audience) -> tuple[tuple[Text | str, ...], ...]:
    if not crowd.listeners:
        return ()
    heading = (
        N_("who"),
        N_("process"),
        N_("address"),
        N_("database"),
        N_("state"),
        N_("connected for"),
        N_("hears"),
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
            for one in sorted(crowd.listeners, key=lambda one: (one.own, one.pid))
        ),
    )


def queue(scene: Scene) -> Finding:
    """The notification queue is nearly empty; when it is full every COMMIT with a NOTIFY fails."""
    with scene.reading() as conn:
        usage = float(conn.scalar(text("SELECT pg_notification_queue_usage()")) or 0.0)
    found = N_("{percent} % of the notification queue is in use.", percent=f"{usage * 100:.2f}")
    if usage < scene.thresholds.queue_warning:
        return Finding(Verdict.OK, found)
    return Finding(
        Verdict.FAILED if usage >= scene.thresholds.queue_failed else Verdict.WARNING,
        found,
        cause="queue_filling",
        why=N_(
            "A listener inside a long transaction keeps all later events; when the queue is full, every "
            "UPDATE fails."
        ),
        fix=Fix(
            N_("End the oldest transaction of a listener."),
            sql=(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"
                "WHERE query ILIKE 'listen%' AND state LIKE 'idle in transaction%'\n"
                "ORDER BY xact_start LIMIT 1;"
            ),
        ),
    )


CHECKS = (
    Check(
        "listeners.present",
        Group.LISTENERS,
        N_("Listener"),
        N_("Does a service's connection listen for finished steps in this database?"),
        present,
    ),
    Check(
        "listeners.queue",
        Group.LISTENERS,
        N_("Notification queue"),
        N_("Are events taken from the queue as fast as they come?"),
        queue,
    ),
)
