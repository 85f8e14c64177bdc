"""From what the live test saw to the one link that is broken, with the check that proves it."""

from __future__ import annotations

from dataclasses import replace

from feedly_core.diagnostics.check import Finding, Fix, Verdict
from feedly_core.diagnostics.checks import database, listen, listeners, rights, services, triggers
from feedly_core.diagnostics.context import Scene
from feedly_core.diagnostics.probe.report import TAKEN_BY, Link, Observed
from feedly_core.diagnostics.trigger_needs import VARIANT_NOTIFY
from feedly_core.domain.pipeline import Status, title
from feedly_core.errors import FeedlyError, PermissionDenied
from feedly_core.i18n import N_

_ANALYSIS = next(service for service in services.SERVICES if service.key == "yh")


def require_rights(scene: Scene) -> None:
    """Raises :class:`PermissionDenied` with the missing rights before anything is written."""
    for finding in (database.primary(scene), rights.rights(scene)):
        if finding.verdict is not Verdict.OK:
            raise PermissionDenied(
                finding.found,
                detail=N_("The live test writes rows of its own, so it was not started."),
                hint=finding.fix.advice if finding.fix else None,
            )


def silent_connection(scene: Scene) -> Finding | None:
    """The reason why our own connection cannot hear, None when it can."""
    finding = listen.round_trip(scene)
    return None if finding.verdict is Verdict.OK else finding


def explain(scene: Scene, seen: Observed) -> tuple[Link | None, Finding]:
    """The first broken link in the order of the event's way, or the good news."""
    if seen.notify_ms is None:
        return _not_heard(scene)
    if seen.lacking_keys:
        return Link.TRIGGER, _with_function_fix(scene, seen)
    if seen.taken_ms is None:
        return _not_taken(scene)
    return None, Finding(
        Verdict.OK,
        N_(
            "The chain works: the event was heard after {heard} ms and taken on {taken} ms later ({how}).",
            heard=f"{seen.notify_ms:.0f}",
            taken=f"{seen.taken_ms:.0f}",
            how=TAKEN_BY[seen.taken_by],
        ),
    )


def stopped_short(scene: Scene, seen: Observed) -> tuple[Link, Finding]:
    """The first step was taken on, but the variant fell silent before the last step that was asked for."""
    last = seen.steps[-1] if seen.steps else None
    failed = last is not None and last.status == Status.FAILED
    return Link.SERVICE, Finding(
        Verdict.FAILED,
        N_("The step {step} failed and was not repeated.", step=title(last.step))
        if last is not None and failed
        else N_(
            "The steps went up to {step}; then nothing came for {seconds} s.",
            step=title(last.step if last else None),
            seconds=f"{scene.thresholds.live_follow:g}",
        ),
        cause="step_failed" if failed else "step_silent",
        why=N_("The chain from the database to the service holds; the service cannot do its work."),
        fix=Fix(
            N_("The service's log names the reason at the time of this test."),
            command='docker logs feedlyai-work-yh --tail 200 | grep -E "LISTENER|TRIGGER|ERROR"',
        ),
    )


def write_failed(error: FeedlyError) -> tuple[Link, Finding]:
    """The rows could not be written, or the UPDATE itself failed (a broken trigger function does that)."""
    return Link.DATABASE_WRITE, Finding(
        Verdict.FAILED,
        error.message,
        cause="write_failed",
        why=error.detail,
        fix=Fix(error.hint) if error.hint else None,
    )


def _not_heard(scene: Scene) -> tuple[Link, Finding]:
    trigger = triggers.trigger(scene, VARIANT_NOTIFY)
    if trigger.verdict is Verdict.FAILED:
        return Link.TRIGGER, trigger
    function = triggers.function(scene, VARIANT_NOTIFY)
    if function.verdict is Verdict.FAILED:
        return (Link.CHANNEL if function.cause == "wrong_channel" else Link.TRIGGER), function
    return Link.CHANNEL, Finding(
        Verdict.FAILED,
        N_(
            "The UPDATE was written, but no event of it came within {seconds} s.",
            seconds=f"{scene.thresholds.live_notify:g}",
        ),
        cause="event_missing",
        why=N_("Trigger and function look right; the function probably decides against notifying."),
        fix=function.fix,
        difference=function.difference,
    )


def _with_function_fix(scene: Scene, seen: Observed) -> Finding:
    function = triggers.function(scene, VARIANT_NOTIFY)
    return Finding(
        Verdict.FAILED,
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


def _not_taken(scene: Scene) -> tuple[Link, Finding]:
    listening = listeners.present(scene)
    if listening.verdict is Verdict.FAILED:
        return Link.LISTENER, listening
    health = services.health(scene, _ANALYSIS)
    if health.verdict is Verdict.FAILED:
        return Link.SERVICE, replace(
            health,
            why=N_(
                "The event was sent and somebody listens, but the service that does the first step does "
                "not answer."
            ),
        )
    if listening.verdict is Verdict.UNKNOWN:
        return Link.LISTENER, replace(
            listening,
            verdict=Verdict.FAILED,
            found=N_("The event was sent, the service answers, but nobody took the variant on."),
            cause="not_taken_on",
            fix=Fix(
                N_("Look for LISTENER lines in the service's log, then restart it."),
                command=listeners.ANALYSIS.restart,
            ),
        )
    return Link.SERVICE, Finding(
        Verdict.FAILED,
        N_(
            "A listener is there and the service answers, but nobody took the variant on within {seconds} s.",
            seconds=f"{scene.thresholds.live_taken:g}",
        ),
        cause="not_taken_on",
        why=N_(
            "The listener's call was refused at once (a picture that the service cannot read does that), "
            "or all its workers are busy."
        ),
        fix=Fix(
            N_("The service's log names the reason at the time of this test."),
            command='docker logs feedlyai-work-yh --tail 200 | grep -E "LISTENER|TRIGGER|ERROR"',
        ),
        rows=listening.rows,
    )
