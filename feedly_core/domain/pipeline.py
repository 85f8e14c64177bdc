"""The pipeline's steps, statuses, order, progress and completion.

Pure: rows in, values out.

Steps and statuses come from services that grow without asking us: an unknown name is shown as it
is and never breaks a reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from feedly_core.i18n import N_, Message, verbatim


class Level(StrEnum):
    """Which table carries the step: ``jobs`` or ``jobs_variants``."""

    JOB = "job"
    VARIANT = "variant"


class Status(StrEnum):
    """The four statuses that services write.

    Readers must accept any other string too.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One unit of work. ``name`` is the value of ``current_step``.

    ``owner`` the service's letters.
    """

    name: str
    level: Level
    owner: str
    title: Message
    explanation: Message


_J, _V = Level.JOB, Level.VARIANT

INTAKE_STEPS = (
    Step("user_img_input", _J, "JS", N_("Upload"), N_("The user has uploaded a photo and a description")),
    Step(
        "kor_to_eng",
        _J,
        "JS",
        N_("Translation"),
        N_("The Korean description is translated into English"),
    ),
    Step("ad_copy_eng", _J, "JS", N_("English copy"), N_("An English advertising text is written")),
    Step(
        "gen_vlm_analyze",
        _J,
        "YE",
        N_("Cutout and plan"),
        N_("The product is cut out and a background is planned"),
    ),
    Step("img_gen", _J, "YE", N_("Background pictures"), N_("Three new background pictures are generated")),
)
"""Steps before the variants walk, in order. Test jobs carry the first and last at variant level too."""

VARIANT_STEPS = (
    Step(
        "vlm_analyze",
        _V,
        "YH",
        N_("VLM check"),
        N_("AI checks whether picture and text fit and suggests a font"),
    ),
    Step(
        "yolo_detect",
        _V,
        "YH",
        N_("Object detection"),
        N_("Areas the text must not cover (food, people) are located"),
    ),
    Step("planner", _V, "YH", N_("Text-box planner"), N_("Possible places for the text are proposed")),
    Step("overlay", _V, "YH", N_("Text overlay"), N_("The text is drawn at the chosen place")),
    Step("vlm_judge", _V, "YH", N_("VLM judge"), N_("AI reviews the finished advertisement")),
    Step("ocr_eval", _V, "YH", N_("OCR"), N_("A machine reads the text back to test legibility")),
    Step(
        "readability_eval",
        _V,
        "YH",
        N_("Readability"),
        N_("The contrast of text and background is measured"),
    ),
    Step("iou_eval", _V, "YH", N_("IoU"), N_("The overlap of text with food or people is measured")),
)
"""The eight steps that every variant walks."""

TEXT_STEPS = (
    Step(
        "ad_copy_gen_kor",
        _J,
        "YH",
        N_("Korean copy"),
        N_("The English text is translated into Korean"),
    ),
    Step(
        "instagram_feed_gen",
        _J,
        "YH",
        N_("Feed post"),
        N_("The Instagram post and hashtags are written"),
    ),
)
"""The two job steps after all variants are complete."""

STEPS = {step.name: step for step in (*INTAKE_STEPS, *VARIANT_STEPS, *TEXT_STEPS)}
"""Every known step by name, in pipeline order."""

VARIANT_STEP_NAMES = tuple(step.name for step in VARIANT_STEPS)
LAST_VARIANT_STEP = VARIANT_STEP_NAMES[-1]
LAST_STEP = TEXT_STEPS[-1].name

_NAMES = tuple(STEPS)
_ORDER = {name: index for index, name in enumerate(STEPS)}


def order(step: str | None) -> int:
    """Position in the whole pipeline.

    An unknown step or none is before everything (-1).
    """
    return _ORDER.get(step or "", -1)


def title(step: str | None) -> Message:
    """A step's title for people.

    An unknown name as it is.
    """
    known = STEPS.get(step or "")
    return known.title if known else verbatim(step or "–")


def following(step: str) -> str | None:
    """The step that (step, done) starts.

    None after the last and for an unknown step.
    """
    index = order(step)
    return _NAMES[index + 1] if 0 <= index < len(_NAMES) - 1 else None


def preceding(step: str) -> str | None:
    """The step before: a variant put back to (preceding, done) runs ``step`` once."""
    index = order(step)
    return _NAMES[index - 1] if index > 0 else None


def finished_steps(step: str | None, status: str | None) -> int:
    """How many of the eight variant steps (step, status) proves finished, 0 to 8.

    A step counts only when done: unlike the old monitor, which counted a queued step as complete.
    """
    if order(step) > order(LAST_VARIANT_STEP):
        return len(VARIANT_STEPS)
    if step not in VARIANT_STEP_NAMES:
        return 0
    return VARIANT_STEP_NAMES.index(step) + (status == Status.DONE)


def finished_texts(step: str | None, status: str | None) -> int:
    """How many of the two text steps a job's (step, status) proves finished, 0 to 2."""
    if order(step) <= order(LAST_VARIANT_STEP):
        return 0
    return order(step) - order(TEXT_STEPS[0].name) + (status == Status.DONE)


def variants_complete(states: Iterable[tuple[str | None, str | None]]) -> bool:
    """True when there are variants, each (iou_eval, done)."""
    pairs = list(states)
    return bool(pairs) and all(pair == (LAST_VARIANT_STEP, Status.DONE) for pair in pairs)


def job_complete(step: str | None, status: str | None) -> bool:
    """The full pipeline's end: (instagram_feed_gen, done).

    (done, any other step) is not the end.
    """
    return step == LAST_STEP and status == Status.DONE


def variants_complete_by_job(step: str | None, status: str | None) -> bool:
    """The YE pipeline's end seen from the job row: (iou_eval, done), or any text step begun."""
    return (step == LAST_VARIANT_STEP and status == Status.DONE) or order(step) > order(LAST_VARIANT_STEP)
