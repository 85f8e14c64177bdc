"""Do the dashboard's own background duties work? Asked of the process that runs the check."""

from __future__ import annotations

from datetime import datetime

from feedly_core.db.background import DutyHealth, duty_health
from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group, age_words
from feedly_core.diagnostics.context import CheckContext
from feedly_core.i18n import N_, NN_, Message


def duties(context: CheckContext) -> Finding:
    """Name each duty of this process whose last attempt failed."""
    known = duty_health()
    failing = [one for one in known if one.failing_since]
    if not known:
        return Finding(CheckOutcome.OK, N_("No background duties run in this process."))
    if not failing:
        return Finding(
            CheckOutcome.OK,
            NN_("{n} background duty works.", "{n} background duties work.", len(known)),
        )
    return Finding(
        CheckOutcome.WARNING,
        NN_("{n} background duty fails.", "{n} background duties fail.", len(failing)),
        cause="duty_failing",
        why=N_("Each is tried again by itself. Until it works, what it provides is old or missing."),
        fix=Fix(
            N_("Look at the error; the log of the dashboard says more."),
            command='docker logs feedly-dashboard --tail 500 | grep -E "failed|works again"',
        ),
        rows=(
            (N_("Duty"), N_("Failures"), N_("Since"), N_("Error")),
            *(_row(one, context.now()) for one in failing),
        ),
    )


def _row(one: DutyHealth, now: datetime) -> tuple[Message | str, ...]:
    since = (now - one.failing_since).total_seconds() if one.failing_since else 0.0
    return (one.name, str(one.failures), age_words(since), one.error)


CHECKS = (
    Check(
        "services.duties",
        Group.SERVICES,
        N_("Background duties"),
        N_("Does everything that the dashboard does in the background work?"),
        duties,
    ),
)
