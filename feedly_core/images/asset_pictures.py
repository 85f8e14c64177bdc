"""An asset's picture, decoded: the file behind a row of ``image_assets``, upright, with what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PIL import Image

from feedly_core.errors import PictureUnusable
from feedly_core.i18n import N_
from feedly_core.images.assets import Unavailable, read_asset
from feedly_core.images.decoding import PictureFacts, decode, facts
from feedly_core.settings import Settings


class AssetMissing(PictureUnusable):
    """There is no file to decode."""


@dataclass(frozen=True)
class DecodedPicture:
    """``image`` as it is shown.

    ``facts`` of the file, whose own pixels may be turned against it.
    """

    image: Image.Image
    facts: PictureFacts


def decoded_asset(
    url: str | None, settings: Settings, mode: Literal["RGB", "RGBA", "L"] = "RGB"
) -> DecodedPicture:
    """The picture of an asset URL.

    Raises :class:`AssetMissing` or another :class:`PictureUnusable`.
    """
    content = read_asset(url, settings)
    if isinstance(content, Unavailable):
        raise AssetMissing(content.reason, detail=N_("Tried: {tried}", tried=content.tried))
    most = settings.upload_max_megapixels
    return DecodedPicture(decode(content, most, mode), facts(content, most))
