"""Is anybody listening, and are events taken from the queue?

A healthy service does not prove a listener. The analysis service listens on both channels and its last
LISTEN hides the first, so a listener on the job channel alone can only be image generation's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text

from feedly_core.db.event_delivery import Listener, ListeningSessions, listening_sessions
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.listeners import allow_activity, evidence
from feedly_core.domain.contract import DASHBOARD_APPLICATION, JOB_CHANNEL, VARIANT_CHANNEL
from feedly_core.i18n import N_, NN_, Message


@dataclass(frozen=True)
class Awaited:
    """A service that must listen.

    ``missing`` is the verdict when it does not.
    """

    channel: str
    container: str
    missing: CheckOutcome
    consequence: Message
    advice: Message

    @property
    def restart(self) -> str:
        return f"docker logs {self.container} --tail 200 | grep LISTENER\ndocker restart {self.container}"

    def among(self, listeners: Sequence[Listener]) -> list[Listener]:
        """Its own connections: those on its channel that are not the other service's."""
        others = {VARIANT_CHANNEL} - {self.channel}
        return [one for one in listeners if not others & one.channels]


ANALYSIS = Awaited(
    VARIANT_CHANNEL,
    "feedlyai-work-yh",
    CheckOutcome.FAILED,
    N_("Events are lost for good while no service listens: every variant stays where it is."),
    N_(
        "Start the analysis service with its listener switched on, then resend the "
        "notifications of the stalled variants."
    ),
)
GENERATION = Awaited(
    JOB_CHANNEL,
    "feedlyai-work-ye",
    CheckOutcome.WARNING,
    N_("Jobs of the front end wait for their pictures; test jobs, which bring their own, move all the same."),
    N_("Start the image generation service: it looks for waiting jobs when it starts."),
)


def present(context: CheckContext, awaited: Awaited = ANALYSIS) -> Finding:
    """A connection of the service listens here and receives."""
    with context.reading() as connection:
        sessions = listening_sessions(connection)
        role = str(connection.scalar(text("SELECT quote_ident(current_user)")))
    services = awaited.among(sessions.services(awaited.channel))
    stuck = [one for one in services if _receives_nothing(one, context.thresholds.listener_in_transaction)]
    if services and len(stuck) < len(services):
        return Finding(
            CheckOutcome.OK,
            NN_(
                "{n} service connection listens on {channel}.",
                "{n} service connections listen on {channel}.",
                len(services),
                channel=awaited.channel,
            ),
            rows=evidence(sessions),
        )
    if stuck:
        return Finding(
            awaited.missing,
            N_("The listener (pid {pid}) is stuck inside a transaction.", pid=stuck[0].pid),
            cause="listener_stuck",
            why=N_(
                "Notifications are delivered between transactions: it receives nothing until this one ends."
            ),
            fix=Fix(
                N_("End its connection: the service reconnects by itself after 5 s."),
                sql=f"SELECT pg_terminate_backend({stuck[0].pid});",
                command=awaited.restart,
            ),
            rows=evidence(sessions),
        )
    return _nobody(sessions, role, awaited)


def _nobody(sessions: ListeningSessions, role: str, awaited: Awaited) -> Finding:
    elsewhere = awaited.among(sessions.elsewhere(awaited.channel))
    if elsewhere:
        return Finding(
            awaited.missing,
            N_("The listener listens in database {name}, not in this one.", name=elsewhere[0].database),
            cause="listener_elsewhere",
            why=N_("Events never leave their database: it receives nothing about the jobs here."),
            fix=Fix(
                N_(
                    "Give service and dashboard the same database: correct DB_NAME or "
                    "DATABASE_URL of the one that is wrong, restart it."
                ),
                command=f"docker exec {awaited.container} printenv DATABASE_URL DB_NAME\n{awaited.restart}",
            ),
            rows=evidence(sessions),
        )
    if sessions.hidden:
        return Finding(
            CheckOutcome.UNKNOWN,
            NN_(
                "{n} connection hides its statement from role {role}.",
                "{n} connections hide their statement from role {role}.",
                sessions.hidden,
                role=role,
            ),
            cause="activity_hidden",
            why=N_("Whether one of them listens cannot be seen. The trigger probe finds out."),
            fix=allow_activity(role),
            rows=evidence(sessions),
        )
    return Finding(
        awaited.missing,
        N_("No service listens on {channel}.", channel=awaited.channel),
        cause="listener_missing",
        why=awaited.consequence,
        fix=Fix(
            awaited.advice,
            command=f"ENABLE_JOB_STATE_LISTENER=true   # .env of the service\n{awaited.restart}"
            if awaited is ANALYSIS
            else awaited.restart,  # the switch is a constant in image generation
        ),
        rows=evidence(sessions),
    )


def _receives_nothing(one: Listener, seconds: float) -> bool:
    return one.state.startswith("idle in transaction") and one.unchanged >= seconds


def queue(context: CheckContext) -> Finding:
    """The notification queue is nearly empty.

    When it is full every COMMIT with a NOTIFY fails.
    """
    with context.reading() as connection:
        usage = float(connection.scalar(text("SELECT pg_notification_queue_usage()")) or 0.0)
    found = N_("{percent}% of the notification queue is in use.", percent=f"{usage * 100:.2f}")
    if usage < context.thresholds.queue_warning:
        return Finding(CheckOutcome.OK, found)
    return Finding(
        CheckOutcome.FAILED if usage >= context.thresholds.queue_failed else CheckOutcome.WARNING,
        found,
        cause="queue_filling",
        why=N_(
            "A listener inside a long transaction keeps all later events. When the queue is "
            "full, every UPDATE fails."
        ),
        fix=Fix(
            N_("End the oldest transaction of a listener."),
            sql=(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity\n"  # noqa: S608 (a constant)
                "WHERE query ILIKE 'listen%' AND state LIKE 'idle in transaction%'\n"
                f"  AND application_name NOT LIKE '{DASHBOARD_APPLICATION}%'\n"
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
        "listeners.generation",
        Group.LISTENERS,
        N_("Listener of image generation"),
        N_("Does a connection of image generation listen for jobs in this database?"),
        partial(present, awaited=GENERATION),
    ),
    Check(
        "listeners.queue",
        Group.LISTENERS,
        N_("Notification queue"),
        N_("Are events taken from the queue as fast as they arrive?"),
        queue,
    ),
)
