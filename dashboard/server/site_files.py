"""What a browser needs of the site itself: manifest, icons, Korean fonts.

Public, as Streamlit's own script is: nothing here comes from the database, and the sign-in page needs it too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_FOLDER = Path(__file__).parent / "files"
_KEPT = "public, max-age=31536000, immutable"
_PATH = "/site"
MANIFEST = f"{_PATH}/manifest.webmanifest"
THEME_COLOURS = {"light": "#f3f6f6", "dark": "#0c1315"}
"""Of the window's frame: the menu's own background in config.toml."""

_ICON_SIZES = (192, 512)
_FONTS = {"FeedlyAI Korean": "korean-common.woff2", "FeedlyAI Korean Rare": "korean-rare.woff2"}
"""Noto Sans KR (SIL Open Font License, ``files/OFL.txt``), cut with fontTools (``pyftsubset --flavor=woff2
--no-hinting --layout-features=kern,ccmp``): the 2,350 syllables of KS X 1001 with its signs, and the rest.
A browser loads the second only for a syllable that the first has not."""

_KOREAN = "U+1100-11FF, U+3000-303F, U+3130-318F, U+AC00-D7A3, U+FF00-FFEF"
_TYPES = {".woff2": "font/woff2", ".png": "image/png"}


def routes(prefix: str) -> list[BaseRoute]:
    """``<prefix>/site/manifest.webmanifest``, and each file under a name that changes with its bytes."""
    names = [*_FONTS.values(), *(f"icon-{size}.png" for size in _ICON_SIZES)]
    files: list[BaseRoute] = [Route(prefix + site_file(name), _file(name)) for name in names]
    return [Route(prefix + MANIFEST, _manifest(prefix)), *files]


@cache
def site_file(name: str) -> str:
    """The file's address without the base path."""
    digest = sha256((_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"{_PATH}/{digest}/{name}"


def font_faces(prefix: str) -> str:
    """CSS of the fonts, for the families that config.toml names last: a machine's own come first."""
    return "".join(
        f"@font-face{{font-family:'{family}';font-display:swap;unicode-range:{_KOREAN};"
        f"src:local('Noto Sans KR'),local('Noto Sans CJK KR'),"
        f"url('{prefix}{site_file(name)}') format('woff2')}}"
        for family, name in _FONTS.items()
    )


def _manifest(prefix: str) -> Callable[[Request], Response]:
    shown = {
        "name": "FeedlyAI",
        "short_name": "FeedlyAI",
        "id": f"{prefix}/",
        "start_url": f"{prefix}/",
        "scope": f"{prefix}/",
        "display": "standalone",
        "background_color": THEME_COLOURS["light"],
        "theme_color": THEME_COLOURS["light"],
        "icons": [
            {
                "src": prefix + site_file(f"icon-{size}.png"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in _ICON_SIZES
            for purpose in ("any", "maskable")
        ],
    }
    return lambda _request: JSONResponse(
        shown, headers={"Cache-Control": "no-cache"}, media_type="application/manifest+json"
    )


def _file(name: str) -> Callable[[Request], Response]:
    content = (_FOLDER / name).read_bytes()
    headers = {"Cache-Control": _KEPT, "X-Content-Type-Options": "nosniff"}
    return lambda _request: Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])
