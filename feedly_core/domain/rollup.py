"""What the roll-up trigger makes of a job's row: rules of ``check_all_variants_done()`` 1.3.0. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from feedly_core.domain.pipeline import LAST_VARIANT_STEP, Status

RowState = tuple[str | None, str | None]
"""(current_step, status)."""


def rolled_up(job: RowState, new: RowState, variants: Sequence[RowState]) -> RowState:
    """The job's state after one of its ``variants`` (all of them, in their new states) became ``new``.

    The trigger fires only when ``new`` is done or failed; the first rule that fits wins.
    """
    step, status = new
    if status not in (Status.DONE, Status.FAILED) or step == "img_gen":
        return job
    counts = Counter(state[1] for state in variants)
    here_done = sum(state == (step, Status.DONE) for state in variants)
    if new == (LAST_VARIANT_STEP, Status.DONE):
        return step, Status.DONE if here_done == len(variants) else Status.RUNNING
    if here_done == len(variants):
        return step, Status.DONE
    if counts[Status.FAILED] and counts[Status.DONE] + counts[Status.FAILED] == len(variants):
        return step, Status.FAILED
    known = counts[Status.RUNNING] + counts[Status.QUEUED] + counts[Status.DONE] + counts[Status.FAILED]
    if known:
        return (step if here_done else job[0]), Status.RUNNING
    return job
