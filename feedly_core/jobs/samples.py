"""Built-in pictures for a first test job, and the texts that go with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from feedly_core.jobs.pictures import Picture
from feedly_core.jobs.request import DEFAULT_DESCRIPTION, AdCopy, JobKind

_FOLDER = Path(__file__).with_name("samples")


@dataclass(frozen=True)
class Texts:
    """Texts that a job begins with."""

    description: str
    ad_copy: AdCopy


_OF_SAMPLES = {
    "budae-jjigae.png": Texts(DEFAULT_DESCRIPTION[JobKind.FULL], AdCopy()),
    "coffee.png": Texts(
        "향긋한 커피 한 잔을 만나보세요",
        AdCopy(
            "Come and enjoy a fragrant cup of coffee.",
            "A fragrant cup of coffee, brewed for you.",
            "향긋한 커피 한 잔",
        ),
    ),
    "cake.png": Texts(
        "달콤한 딸기 케이크를 만나보세요",
        AdCopy(
            "Come and enjoy a sweet strawberry cake.",
            "A sweet strawberry cake, fresh every day.",
            "달콤한 딸기 케이크",
        ),
    ),
}
_OF_ANY_DISH = Texts(
    "정성껏 만든 메뉴를 만나보세요",
    AdCopy(
        "Come and enjoy what we made with care.",
        "Made with care, ready for you today.",
        "정성껏 만들었습니다",
    ),
)
"""An own photo must not be called by the name of a sample's dish."""


def texts_for(kind: JobKind, pictures: Sequence[Picture]) -> Texts:
    """Texts to begin with: those of the first sample, else words that fit any dish."""
    if kind is JobKind.YE:
        return Texts(DEFAULT_DESCRIPTION[kind], AdCopy())
    mine = next((known for known in sample_pictures() if known in pictures[:1]), None)
    return _OF_SAMPLES.get(mine.name, _OF_ANY_DISH) if mine else _OF_ANY_DISH


@cache
def sample_pictures() -> tuple[Picture, ...]:
    """Drawn dishes in three shapes, with the note of what is drawn for the demo's simulator."""
    return tuple(_picture(path) for path in sorted(_FOLDER.glob("*.png")))


def _picture(path: Path) -> Picture:
    with Image.open(path) as image:
        width, height = image.size
    return Picture(path.name, path.read_bytes(), "PNG", width, height)
