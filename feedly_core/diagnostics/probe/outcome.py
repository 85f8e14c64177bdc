"""Names the one broken link from the measurements of a trigger probe."""

from __future__ import annotations

from dataclasses import replace

from feedly_core.diagnostics.check import CheckOutcome, Finding, Fix
from feedly_core.diagnostics.checks import database, listen, listeners, rights, services, triggers
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.probe.report import TAKEN_BY, Link, Observed
from feedly_core.domain.contract import VARIANT_NOTIFY
from feedly_core.domain.pipeline import Status, title
from feedly_core.errors import FeedlyError, PermissionDenied
from feedly_core.i18n import N_

_ANALYSIS = next(service for service in services.SERVICES if service.key == "yh")


def require_rights(context: CheckContext) -> None:
    """Raises :class:`PermissionDenied` with the missing rights before anything is written."""
    for finding in (database.primary(context), rights.rights(context)):
        if finding.outcome is not CheckOutcome.OK:
            raise PermissionDenied(
                finding.found,
                detail=N_("The trigger probe writes rows of its own, so it was not started."),
                hint=finding.fix.advice if finding.fix else None,
            )


def silent_connection(context: CheckContext) -> Finding | None:
    """Why our own connection receives nothing; None when it does."""
    finding = listen.round_trip(context)
    return None if finding.outcome is CheckOutcome.OK else finding


def explain(context: CheckContext, seen: Observed) -> tuple[Link | None, Finding]:
    """First broken link in the order of the chain, or the OK finding."""
    if seen.notify_ms is None:
        return _not_received(context)
    if seen.lacking_keys:
        return Link.TRIGGER, _with_function_fix(context, seen)
    if seen.taken_ms is None:
        return _not_taken(context)
    return None, Finding(
        CheckOutcome.OK,
        N_(
            "The chain works: event received after {received} ms, work started {taken} ms later ({how}).",
            received=f"{seen.notify_ms:.0f}",
            taken=f"{seen.taken_ms:.0f}",
            how=TAKEN_BY[seen.taken_by],
        ),
    )


def stopped_short(context: CheckContext, seen: Observed) -> tuple[Link, Finding]:
    """Finding for a variant that stopped between the first step and the last one to follow."""
    last = seen.steps[-1] if seen.steps else None
    failed = last is not None and last.status == Status.FAILED
    return Link.SERVICE, Finding(
        CheckOutcome.FAILED,
        N_("The step {step} failed and was not repeated.", step=title(last.step))
        if last is not None and failed
        else N_(
            "The steps went up to {step}; then nothing came for {seconds} s.",
            step=title(last.step if last else None),
            seconds=f"{context.thresholds.probe_follow:g}",
        ),
        cause="step_failed" if failed else "step_silent",
        why=N_("The chain from the database to the service holds; the service cannot do its work."),
        fix=Fix(
            N_("The service's log names the cause at the time of this test."),
            command='docker logs feedlyai-work-yh --tail 200 | grep -E "LISTENER|TRIGGER|ERROR"',
        ),
    )


def write_failed(error: FeedlyError) -> tuple[Link, Finding]:
    """The rows could not be written, or the UPDATE itself failed (a broken trigger function does that)."""
    return Link.DATABASE_WRITE, Finding(
        CheckOutcome.FAILED,
        error.message,
        cause="write_failed",
        why=error.detail,
        fix=Fix(error.hint) if error.hint else None,
    )


def _not_received(context: CheckContext) -> tuple[Link, Finding]:
    trigger = triggers.trigger(context, VARIANT_NOTIFY)
    if trigger.outcome is CheckOutcome.FAILED:
        return Link.TRIGGER, trigger
    function = triggers.function(context, VARIANT_NOTIFY)
    if function.outcome is CheckOutcome.FAILED:
        return (Link.CHANNEL if function.cause == "wrong_channel" else Link.TRIGGER), function
    return Link.CHANNEL, Finding(
        CheckOutcome.FAILED,
        N_(
            "The UPDATE was written, but no event of it came within {seconds} s.",
            seconds=f"{context.thresholds.probe_notify:g}",
        ),
        cause="event_missing",
        why=N_(
            "Trigger and function look right. A condition inside the function probably "
            "prevents the notification."
        ),
        fix=function.fix,
        difference=function.difference,
    )


def _with_function_fix(context: CheckContext, seen: Observed) -> Finding:
    function = triggers.function(context, VARIANT_NOTIFY)
    return Finding(
        CheckOutcome.FAILED,
        N_(
            "The event came after {ms} ms, but its payload lacks: {keys}.",
            ms=f"{seen.notify_ms:.0f}",
            keys=", ".join(seen.lacking_keys),
        ),
        cause="payload_key_missing",
        why=function.why or triggers.CONSEQUENCE[VARIANT_NOTIFY.key],
        fix=function.fix,
        difference=function.difference,
    )


def _not_taken(context: CheckContext) -> tuple[Link, Finding]:
    listening = listeners.present(context)
    if listening.outcome is CheckOutcome.FAILED:
        return Link.LISTENER, listening
    health = services.health(context, _ANALYSIS)
    if health.outcome is CheckOutcome.FAILED:
        return Link.SERVICE, replace(
            health,
            why=N_(
                "The event was sent and a listener is there, but the service that runs the "
                "first step does not answer."
            ),
        )
    if listening.outcome is CheckOutcome.UNKNOWN:
        return Link.LISTENER, replace(
            listening,
            outcome=CheckOutcome.FAILED,
            found=N_("The event was sent and the service answers, but no worker started on the variant."),
            cause="not_taken_on",
            fix=Fix(
                N_("Look for LISTENER lines in the service's log, then restart it."),
                command=listeners.ANALYSIS.restart,
            ),
        )
    return Link.SERVICE, Finding(
        CheckOutcome.FAILED,
        N_(
            "A listener is there and the service answers, but no worker started on the variant "
            "within {seconds} s.",
            seconds=f"{context.thresholds.probe_taken:g}",
        ),
        cause="not_taken_on",
        why=N_(
            "The listener's call was refused at once (a picture that the service cannot read "
            "does that), or all its workers are busy."
        ),
        fix=Fix(
            N_("The service's log names the cause at the time of this test."),
            command='docker logs feedlyai-work-yh --tail 200 | grep -E "LISTENER|TRIGGER|ERROR"',
        ),
        rows=listening.rows,
    )
