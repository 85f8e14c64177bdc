"""Did every finished step store its result? A missing row stops a variant for ever."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from feedly_core.diagnostics.check import Check, CheckOutcome, Finding, Fix, Group, age_words
from feedly_core.diagnostics.context import CheckContext
from feedly_core.diagnostics.stalled_variants import StalledVariant, waiting_variants
from feedly_core.domain.job_rows import BLOCKING_STEP
from feedly_core.domain.pipeline import title
from feedly_core.i18n import N_, NN_, Message

COMMANDS = 5
"""Variants that the fix names one by one; the table lists more."""


def without_row(context: CheckContext) -> Finding:
    """Variants that stand still because a step ended as done without storing its row."""
    with context.reading() as connection:
        waiting = waiting_variants(connection, context.thresholds)
    found = sorted(waiting.without_row, key=lambda one: one.missing != BLOCKING_STEP)
    if not found:
        return Finding(CheckOutcome.OK, N_("Every waiting variant has the results of its finished steps."))
    overlay = found[0].missing == BLOCKING_STEP
    why, advice = _OVERLAY if overlay else _OTHER
    return Finding(
        CheckOutcome.WARNING,
        _found(found, overlay),
        cause="row_missing",
        why=why,
        fix=Fix(advice, command="\n".join([*_find_fonts(found), *map(_rerun, found[:COMMANDS])])),
        rows=(_HEADING, *map(_evidence, found[:20])),
    )


_OVERLAY = (
    N_(
        "The step reads as done without its result. Without the overlay's row the service starts no later "
        "step, however often the notification is sent."
    ),
    N_("Install the recommended font in the analysis service, then run the step again."),
)
_OTHER = (
    N_("The step reads as done without its result: the service skipped it or could not store it."),
    N_("Fix the cause named in the service's log, then run the step again."),
)
_HEADING = (N_("Job"), N_("Variant"), N_("Step without a row"), N_("Recommended font"), N_("Since"))


def _found(found: Sequence[StalledVariant], overlay: bool) -> Message:
    step = title(found[0].missing)
    count = sum(one.missing == found[0].missing for one in found)
    if overlay:
        return NN_(
            "The step {step} stored no row (font file missing?): {n} variant stands still.",
            "The step {step} stored no row (font file missing?): {n} variants stand still.",
            count,
            step=step,
        )
    return NN_(
        "The step {step} stored no row: {n} variant stands still.",
        "The step {step} stored no row: {n} variants stand still.",
        count,
        step=step,
    )


def _evidence(one: StalledVariant) -> tuple[Message | str, ...]:
    ids = str(one.job_id)[:8], str(one.job_variants_id)[:8]
    return *ids, title(one.missing), one.font or "–", age_words(one.age)


def _find_fonts(found: Sequence[StalledVariant]) -> list[str]:
    fonts = list(dict.fromkeys(one.font for one in found if one.font))
    return [
        f"docker exec feedlyai-work-yh fc-list | grep -i {shlex.quote(font)}" for font in fonts[:COMMANDS]
    ]


def _rerun(one: StalledVariant) -> str:
    return f"python -m feedly_core rerun-step {one.job_variants_id} {one.missing}"


CHECKS = (
    Check(
        "work.rows",
        Group.WORK,
        N_("Results of finished steps"),
        N_("Has every finished step stored its result?"),
        without_row,
    ),
)
