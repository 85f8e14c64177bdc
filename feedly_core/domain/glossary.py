"""Terms that pages use, each explained in a sentence or two. The words are those of ``docs/glossary.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feedly_core.domain.scores import SCORES
from feedly_core.i18n import N_, Message


@dataclass(frozen=True)
class Term:
    """``key`` stands in addresses. ``explanation`` is for somebody who builds no pipeline."""

    key: str
    name: Message
    explanation: Message


_PIPELINE = (
    Term(
        "job",
        N_("Job"),
        N_("One request for an advertisement: a photo, a description and a tone, from upload to feed post."),
    ),
    Term("variant", N_("Variant"), N_("One candidate picture of a job. A job normally has three of them.")),
    Term("tenant", N_("Tenant"), N_("A customer whose data is kept apart from that of others.")),
    Term(
        "step",
        N_("Step"),
        N_("One unit of work. Each variant walks eight; two text steps follow."),
    ),
    Term(
        "js",
        N_("Front end service (JS)"),
        N_("Takes the upload, registers the job and writes the first ad copy."),
    ),
    Term("ye", N_("Image service (YE)"), N_("Cuts the product out and generates new backgrounds.")),
    Term(
        "yh",
        N_("Analysis service (YH)"),
        N_("Checks pictures, draws the text, measures scores and writes the feed post. It moves jobs on."),
    ),
    Term(
        "trigger",
        N_("Trigger"),
        N_("A function in the database that runs at each change of a row and sends a notification."),
    ),
    Term(
        "notification",
        N_("Notification"),
        N_("The database says that a step has changed. It is not stored: who does not listen misses it."),
    ),
    Term(
        "listener",
        N_("Listener"),
        N_("The program that receives notifications and starts the next step. Without it no job moves."),
    ),
    Term(
        "stalled",
        N_("Stalled"),
        N_("Nothing has changed for longer than the step normally takes. Diagnostics names the cause."),
    ),
    Term("retry", N_("Retry count"), N_("How often a step was repeated by itself after a failure.")),
    Term(
        "ad-copy",
        N_("Ad copy"),
        N_("The advertising text: a short Korean line for the picture, and English."),
    ),
    Term("tone", N_("Tone"), N_("The mood of an advertisement, such as warm or retro.")),
    Term("cutout", N_("Cutout"), N_("The product without its background.")),
    Term(
        "feed-post",
        N_("Feed post"),
        N_("The caption for Instagram with hashtags, written after all pictures."),
    ),
)

_PICTURES = (
    Term(
        "vlm",
        N_("VLM"),
        N_("A model that looks at a picture and answers questions: does it fit, which font, is it good?"),
    ),
    Term("detection", N_("Detection"), N_("An object that the machine found in the picture, with its box.")),
    Term("forbidden-area", N_("Forbidden area"), N_("Where no text may lie: food and people.")),
    Term(
        "planner",
        N_("Planner"),
        N_("The step that proposes places for the text, outside the forbidden area."),
    ),
    Term("overlay", N_("Overlay"), N_("The ad copy drawn on the picture.")),
)

_SCORES = (
    Term("score", N_("Score"), N_("One measured value of a picture. Its limit says when it passes.")),
    Term(
        "ocr",
        N_("OCR"),
        N_("A machine reads the drawn text back. 100%: it read every letter; low values are hard to read."),
    ),
    Term(
        "contrast",
        N_("Contrast"),
        N_("Brightness of letters against background, 1:1 to 21:1. Readable from 4.5:1 (large text 3:1)."),
    ),
    Term("readability", N_("Readability"), N_("The contrast as a share: 50% at WCAG AA, 100% from AAA on.")),
    Term(
        "iou",
        N_("IoU"),
        N_("How much two boxes overlap, 0% to 100%. Here the text over food or people: lower is better."),
    ),
    Term(
        "edit-distance",
        SCORES["edit_distance"].title,
        N_("How many letters must be put in, taken out or replaced to make one text of the other."),
    ),
    Term(
        "overall",
        SCORES["overall"].title,
        N_("The mean of OCR accuracy, readability and the share that covers no food."),
    ),
    Term(
        "tokens",
        N_("Token usage"),
        N_("Pieces of text that a language model reads and writes. Its price counts them."),
    ),
)

_TEAM = (
    Term("verdict", N_("Verdict"), N_("What a person says of a picture: approve, needs work or reject.")),
    Term("blind", N_("Blind mode"), N_("Judging without seeing scores and the verdicts of others.")),
    Term("agenda", N_("Agenda"), N_("The pictures that a meeting is about, in their order.")),
    Term("minutes", N_("Minutes"), N_("What a meeting decided, as a file.")),
    Term("campaign", N_("Campaign"), N_("Many jobs created by a schedule.")),
    Term(
        "read-model",
        N_("Read model"),
        N_("The dashboard's own table of all variants, so that gallery and trends answer fast."),
    ),
    Term("check", N_("Check"), N_("One question of diagnostics, such as: does the trigger exist?")),
    Term(
        "probe",
        N_("Trigger probe"),
        N_("Runs the real event on rows of its own and names the link that is broken."),
    ),
    Term(
        "alert",
        N_("Alert"),
        N_("What a rule has found, from its opening to its end. Its messages leave the dashboard."),
    ),
    Term("resend", N_("Resend"), N_("Sending a notification again for variants that stand still.")),
)

GROUPS: tuple[tuple[Message, tuple[Term, ...]], ...] = (
    (N_("The pipeline"), _PIPELINE),
    (N_("Pictures"), _PICTURES),
    (N_("Scores and models"), _SCORES),
    (N_("Reviews and operation"), _TEAM),
)
"""In the order in which a newcomer meets them."""

TERMS: Mapping[str, Term] = {term.key: term for _title, terms in GROUPS for term in terms}

SCORE_TERMS: Mapping[str, str] = {
    "overall": "overall",
    "ocr_accuracy": "ocr",
    "ocr_confidence": "ocr",
    "character_match_rate": "ocr",
    "word_match_rate": "ocr",
    "edit_distance": "edit-distance",
    "contrast": "contrast",
    "contrast_worst": "contrast",
    "contrast_stored": "contrast",
    "readability": "readability",
    "iou_with_food": "iou",
    "proposal_iou": "iou",
    "relevance": "vlm",
    "judge": "vlm",
}
"""The term that explains a score."""

STEP_TERMS: Mapping[str, str] = {
    "vlm_analyze": "vlm",
    "yolo_detect": "detection",
    "planner": "planner",
    "overlay": "overlay",
    "vlm_judge": "vlm",
    "ocr_eval": "ocr",
    "readability_eval": "readability",
    "iou_eval": "iou",
    "ad_copy_gen_kor": "ad-copy",
    "instagram_feed_gen": "feed-post",
}
"""The term that explains a step."""
