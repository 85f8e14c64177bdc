"""Names of detected objects in plain words: the detector's vocabulary is English and fixed."""

from __future__ import annotations

from feedly_core.i18n import N_, Message, verbatim

_LABELS = {
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


def label_words(label: str) -> Message:
    """A detection's label for people; an unknown one as it is."""
    return _LABELS.get(label) or verbatim(label or "–")
