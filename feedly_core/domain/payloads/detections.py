"""``detections.box``: ``[x1, y1, x2, y2]``, pixels of the analysed picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from feedly_core.domain.boxes import Box
from feedly_core.domain.payloads.document import Unreadable, box_of, finite
from feedly_core.i18n import N_

_SAME_BOX_DECIMALS = 4


@dataclass(frozen=True)
class Detection:
    """One object that text should not cover.

    ``score`` is the confidence, 0 to 1.
    """

    box: Box
    label: str
    score: float | None


@dataclass(frozen=True)
class Detections:
    """The distinct detections of a picture.

    ``rows`` counts the stored rows, repeats included.
    """

    boxes: tuple[Detection, ...]
    rows: int
    unreadable: tuple[Unreadable, ...]
    stored: tuple[Mapping[str, object], ...] = field(default=(), repr=False)

    def on(self, size: tuple[int, int]) -> Detections:
        """The same boxes on a picture whose file was measured: (width, height) pixels.

        Rows of the front end say 1080 x 1080 whatever the file is.
        """
        return read_detections(self.stored, size)


def read_detections(rows: Iterable[Mapping[str, object]], size: tuple[int, int] | None) -> Detections:
    """Rows (``box``, ``label``, ``score``) of one picture of ``size`` (width, height) pixels.

    Every run of the step appends the same boxes again: equal (label, box) count once.
    """
    found: dict[tuple[object, ...], Detection] = {}
    problems = []
    stored = tuple(rows)
    for number, row in enumerate(stored):
        where = f"detections[{number}].box"
        corners = row.get("box")
        numbers = [finite(item) for item in corners] if isinstance(corners, list | tuple) else []
        if len(numbers) != 4 or None in numbers:
            problems.append(Unreadable(where, N_("should be four numbers x1, y1, x2, y2")))
            continue
        x1, y1, x2, y2 = (number for number in numbers if number is not None)
        box, reason = box_of([min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)], size)
        if reason is not None:
            problems.append(Unreadable(where, reason))
        if box is not None:
            label = str(row.get("label") or "")
            edges = (box.x, box.y, box.width, box.height)
            key = (label, *(round(edge, _SAME_BOX_DECIMALS) for edge in edges))
            found.setdefault(key, Detection(box, label, finite(row.get("score"))))
    return Detections(tuple(found.values()), len(stored), tuple(problems), stored)
