"""Words for what the domain decides: states, steps, raw statuses, detected objects."""

from __future__ import annotations

from feedly_core.domain.contract import MAX_RETRIES
from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status, title
from feedly_core.domain.status import DerivedStatus, JobStatus, State
from feedly_core.i18n import N_, Message, verbatim

STATE_LABELS = {
    State.WAITING: N_("Waiting"),
    State.WORKING: N_("In progress"),
    State.STALLED: N_("Stalled"),
    State.RETRYING: N_("Being repaired"),
    State.FAILED: N_("Failed"),
    State.COMPLETE: N_("Complete"),
    State.UNCLEAR: N_("Unclear"),
}
"""One word per state, for filters and badges."""

STATUS_LABELS: dict[str, Message] = {
    Status.QUEUED: N_("waiting"),
    Status.RUNNING: N_("working"),
    Status.DONE: N_("finished"),
    Status.FAILED: N_("failed (may be retried automatically)"),
}
"""What one row says, for lists of rows and events."""


def label(status: DerivedStatus) -> Message:
    """A derived status in one sentence."""
    step = title(status.step)
    match status.state:
        case State.WAITING:
            return N_("Waiting for {step}", step=step)
        case State.WORKING:
            return N_("Working on {step}", step=step)
        case State.STALLED if status.missing:
            return N_("{step} stored no row", step=step)
        case State.STALLED:
            return N_("Finished {step}, no response from the next step", step=step)
        case State.RETRYING:
            return _repair_label(step, status.retries)
        case State.FAILED:
            return N_("Failed at {step}", step=step)
        case State.COMPLETE:
            without_copy = isinstance(status, JobStatus) and status.step == LAST_VARIANT_STEP
            return N_("Variants complete, no ad copy to write from") if without_copy else N_("Complete")
        case State.UNCLEAR:
            return N_("{step}: unknown status {status}", step=step, status=verbatim(status.unknown or "–"))


def _repair_label(step: Message, retries: int) -> Message:
    if not retries:
        return N_("Failed at {step}, being repaired", step=step)
    return N_(
        "Failed at {step}, being repaired ({retry} of {limit})",
        step=step,
        retry=retries,
        limit=MAX_RETRIES,
    )


def remark(status: DerivedStatus) -> Message | None:
    """A repetition, or an unknown name, beside the label."""
    if status.raw:
        return N_("the row says {state}", state=status.raw)
    return N_("repeating {step}", step=title(status.repeating)) if status.repeating else None


def status_label(status: str | None) -> Message:
    """A raw status in plain words.

    An unknown one as it is.
    """
    return STATUS_LABELS.get(status or "") or verbatim(status or "–")


_OBJECT_LABELS = {
    "person": N_("person"),
    "hand": N_("hand"),
    "pizza": N_("pizza"),
    "sandwich": N_("sandwich"),
    "cake": N_("cake"),
    "donut": N_("donut"),
    "hot dog": N_("hot dog"),
    "banana": N_("banana"),
    "apple": N_("apple"),
    "orange": N_("orange"),
    "broccoli": N_("broccoli"),
    "carrot": N_("carrot"),
    "bowl": N_("bowl"),
    "plate": N_("plate"),
    "cup": N_("cup"),
}


def object_label(label: str) -> Message:
    """A detection's label for people.

    An unknown one as it is.
    """
    return _OBJECT_LABELS.get(label) or verbatim(label or "–")


def duration_words(seconds: float | None) -> Message:
    """A length of time from milliseconds to days, two units at most: ``12 ms``, ``0.4 s``, ``3 min 20 s``."""
    if seconds is None:
        return verbatim("–")
    if 0 < seconds < 0.1:
        return N_("{milliseconds} ms", milliseconds=f"{1000 * seconds:.0f}")
    if seconds < 60:
        return N_("{seconds} s", seconds=f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return N_("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return N_("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return N_("{days} d {hours} h", days=hours // 24, hours=hours % 24)
