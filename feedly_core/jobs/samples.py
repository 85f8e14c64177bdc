"""Built-in pictures for a first test job."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image

from feedly_core.jobs.pictures import Picture

_FOLDER = Path(__file__).with_name("samples")


@cache
def sample_pictures() -> tuple[Picture, ...]:
    """Drawn dishes in three shapes, with the note of what is drawn for the demo's simulator."""
    return tuple(_picture(path) for path in sorted(_FOLDER.glob("*.png")))


def _picture(path: Path) -> Picture:
    with Image.open(path) as image:
        width, height = image.size
    return Picture(path.name, path.read_bytes(), "PNG", width, height)
