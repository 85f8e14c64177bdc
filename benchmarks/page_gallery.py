"""Pictures of every view in all widths, languages and themes: ``make gallery-of-pages`` (half an hour).

Starts one demo, opens each view as a new visitor would, and writes ``<view>-<language>-<theme>-<width>.png``
and a contact sheet ``index.html``. It is a check too: it ends with 1 when a view was not drawn, showed an
error card or a console error, scrolled sideways as a whole, or had something to press outside its panel.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Error, Page

from benchmarks.page_views import (
    FOLLOWER,
    PHONE_WIDTH,
    REVIEWER,
    VIEWS,
    Scene,
    chromium,
    set_scene,
    settle,
    sit_down,
    size,
    window,
)
from tests.browser.server import running_app
from tests.browser.watching import watch

WIDTHS, LANGUAGES, THEMES = ("1440", "1024", "768", "390"), ("ko", "en"), ("light", "dark")
_SPEED = "10"
_ONE_SCREEN = ("review-screen", "review-follower")
"""Views that fill the window and have no more below it."""

_ERRORS = '.fd-state[role="alert"], [data-testid="stException"]'
_SCROLL_THROUGH = """async () => {
  const main = document.querySelector('[data-testid="stMain"]');
  for (let top = 0; main && top < main.scrollHeight; top += main.clientHeight) {
    main.scrollTo(0, top);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  main?.scrollTo(0, 0);
}"""
"""What waits until it is seen is drawn: pictures, charts."""
_UNROLL = """html, body, #root, #root > div, .stApp,
[data-testid="stAppViewContainer"], [data-testid="stMain"] {
  position: static !important; height: auto !important; max-height: none !important; min-height: 100vh;
  overflow: visible !important; }
[data-testid="stSidebar"] { height: auto !important; align-self: stretch; }"""
"""Streamlit scrolls inside the page; a picture of the whole page needs it as long as it is."""
_SIDEWAYS = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const boxes = [document.scrollingElement, main].filter(Boolean);
  const moves = boxes.filter((box) => !['hidden', 'clip'].includes(getComputedStyle(box).overflowX));
  return Math.max(0, ...moves.map((box) => box.scrollWidth - box.clientWidth));
}"""
_OUTSIDE = """() => {
  const deep = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => one.shadowRoot ? [one, ...deep(one.shadowRoot)] : [one]);
  const main = document.querySelector('[data-testid="stMain"]');
  const above = (one) => one.parentElement ?? one.getRootNode().host;
  const panel = '[data-testid="stColumn"], [data-testid="stMainBlockContainer"]';
  const leaves = (one) => {
    const place = one.getBoundingClientRect();
    const beyond = (left, right) => place.left < left - 2 || place.right > right + 2;
    for (let box = above(one); box && box !== main; box = above(box)) {
      const {overflowX, position} = getComputedStyle(box);
      const edge = box.getBoundingClientRect();
      if (['auto', 'scroll'].includes(overflowX) && edge.left >= -2 && edge.right <= innerWidth + 2)
        return false;
      const holds = overflowX !== 'visible' || box.shadowRoot || box.matches(panel);
      if (holds && edge.width > 2 && beyond(edge.left, edge.right)) return true;
      if (position === 'fixed') break;
    }
    return beyond(0, innerWidth);
  };
  const pressed = 'button, a[href], input, select, textarea, [role="button"]';
  return deep(main ?? document.body).filter((one) => {
    const place = one.getBoundingClientRect();
    return one.matches(pressed) && place.width > 1 && place.height > 1
      && one.checkVisibility({opacityProperty: true, visibilityProperty: true}) && leaves(one);
  }).map((one) => (one.innerText || one.getAttribute('aria-label') || one.tagName).trim().slice(0, 40));
}"""
"""Names of what one should press and that lies left or right of its panel, or of the screen.

A box of 1 px hides what is for screen readers only; what scrolls sideways in its panel can be reached."""


@dataclass(frozen=True)
class Shot:
    """One picture: a view as one kind of visitor sees it."""

    view: str
    language: str
    theme: str
    width: int

    @property
    def name(self) -> str:
        return f"{self.view}-{self.language}-{self.theme}-{self.width}"


def main() -> None:
    asked = _arguments()
    asked.out.mkdir(parents=True, exist_ok=True)
    faults: dict[str, list[str]] = {}
    shots: list[Shot] = []
    with dashboard(asked.url) as url, chromium() as browser:
        scene = set_scene(browser, url)
        for language, phone in product(asked.languages, (False, True)):
            widths = [width for width in map(int, asked.widths) if (width <= PHONE_WIDTH) is phone]
            for shot, found in _visit(browser, url, scene, asked, language, widths):
                shots.append(shot)
                faults |= {shot.name: found} if found else {}
                print(f"{shot.name}: {'; '.join(found) or 'drawn'}", flush=True)
    order = {name: place for place, name in enumerate(asked.views)}
    shots.sort(key=lambda shot: (order[shot.view], shot.language, -shot.width, shot.theme))
    if not asked.first_screen:
        (asked.out / "index.html").write_text(_contact_sheet(shots, faults), encoding="utf-8")
    print(f"\n{len(shots)} pictures in {asked.out}, {len(faults)} of them with a fault")
    for name, found in faults.items():
        print(f"  {name}: {'; '.join(found)}")
    sys.exit(bool(faults))


def _arguments() -> argparse.Namespace:
    def several(known: Sequence[str]) -> dict[str, object]:
        return {"type": lambda text: _chosen(text, known), "default": list(known)}

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    parser.add_argument(
        "--first-screen", action="store_true", help="what a person sees first, half as large, as WebP"
    )
    parser.add_argument("--url", help="a running demo, instead of one of its own; a meeting starts in it")
    parser.add_argument("--widths", type=lambda text: text.split(","), default=list(WIDTHS))
    parser.add_argument("--languages", **several(LANGUAGES))  # type: ignore[arg-type]
    parser.add_argument("--themes", **several(THEMES))  # type: ignore[arg-type]
    parser.add_argument("--views", **several(list(VIEWS)), help="names, or their beginnings: review")  # type: ignore[arg-type]
    return parser.parse_args()


def _chosen(text: str, known: Sequence[str]) -> list[str]:
    """Those of ``known`` that are asked for, whole or by the part before their hyphen."""
    asked = text.split(",")
    for one in asked:
        if not any(_means(one, name, known) for name in known):
            raise argparse.ArgumentTypeError(f"{one!r} is none of: {', '.join(known)}")
    return [name for name in known if any(_means(one, name, known) for one in asked)]


def _means(asked: str, name: str, known: Sequence[str]) -> bool:
    return name == asked if asked in known else name.startswith(f"{asked}-")


@contextmanager
def dashboard(url: str | None) -> Iterator[str]:
    """The address of the running dashboard, else of a demo that lives in a folder of its own."""
    if url:
        yield url.rstrip("/")
        return
    home = Path(tempfile.mkdtemp(prefix="feedly-pages-"))
    home.chmod(0o755)  # as root, PostgreSQL runs under another account
    try:
        with running_app(home, FEEDLY_DEMO_SPEED=_SPEED) as server:
            yield server.url
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _visit(
    browser: Browser, url: str, scene: Scene, asked: argparse.Namespace, language: str, widths: Sequence[int]
) -> Iterator[tuple[Shot, list[str]]]:
    """All views in one browser window, each with what was wrong with it.

    A view is opened once; the window is made narrower and the theme switched before each picture.
    """
    if not widths:
        return
    context = window(browser, url, language, asked.themes[0], widths[0])
    met: list[str] = []
    watch(context, met)
    page = context.new_page()
    for view in asked.views:
        sit_down(context, url, FOLLOWER if view == "review-follower" else REVIEWER)
        opened = False
        for width, theme in product(widths, asked.themes):
            shot = Shot(view, language, theme, width)
            met.clear()
            try:
                page.set_viewport_size(size(width))
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                if not opened:
                    page.goto(url + VIEWS[view].format(**vars(scene)))
                    opened = True
                whole = view not in _ONE_SCREEN and not asked.first_screen
                found = shoot(page, file := asked.out / f"{shot.name}.png", whole=whole)
                if asked.first_screen:
                    _as_webp(file)
            except Error as error:
                found, opened = [f"not drawn: {error.message.splitlines()[0]}"], False
            yield shot, [*found, *dict.fromkeys(met)]
    context.close()


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page, once it has stopped changing."""
    found = [] if settle(page) else ["went on changing"]
    found += [f"error: {' '.join(card.split())}" for card in page.locator(_ERRORS).all_inner_texts()]
    if (more := page.evaluate(_SIDEWAYS)) > 1:
        found.append(f"scrolls sideways by {more} px")
    if outside := page.evaluate(_OUTSIDE):
        found.append(f"{len(outside)} outside their panel, such as '{' '.join(outside[0].split())}'")
    return found


def shoot(page: Page, file: Path, *, whole: bool) -> list[str]:
    """Save the picture; return what is wrong with the page. ``whole``: all of it, not one screen."""
    found = faults_of(page)
    if whole:
        page.evaluate(_SCROLL_THROUGH)
        unrolled = page.add_style_tag(content=_UNROLL)
        settle(page)
    page.screenshot(path=file, full_page=whole, animations="disabled")
    if whole:
        unrolled.evaluate("style => style.remove()")
    return found


def _as_webp(file: Path) -> None:
    with Image.open(file) as picture:
        picture.reduce(2).convert("RGB").save(file.with_suffix(".webp"), quality=90)
    file.unlink()


def _contact_sheet(shots: Sequence[Shot], faults: dict[str, list[str]]) -> str:
    """All pictures small, one row per view; what was wrong stands below its picture."""
    rows = []
    for view in dict.fromkeys(shot.view for shot in shots):
        cells = "".join(_cell(shot, faults.get(shot.name, [])) for shot in shots if shot.view == view)
        rows.append(f"<h2>{escape(view)}</h2><div>{cells}</div>")
    style = (
        "body{font:14px sans-serif;margin:1rem}div{display:flex;gap:12px;overflow-x:auto}"
        "figure{margin:0;flex:none;width:240px}img{width:240px;height:320px;object-fit:cover;"
        "object-position:top left;border:1px solid #999}figcaption b{color:#b00020}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Pages</title><style>{style}</style>'
        f"<h1>{len(shots)} pictures, {len(faults)} with a fault</h1>{''.join(rows)}</html>\n"
    )


def _cell(shot: Shot, found: Sequence[str]) -> str:
    file = escape(f"{shot.name}.png", quote=True)
    words = escape(f"{shot.language} {shot.theme} {shot.width}")
    return (
        f'<figure><a href="{file}"><img src="{file}" loading="lazy" alt="{words}"></a>'
        f"<figcaption>{words} <b>{escape('; '.join(found))}</b></figcaption></figure>"
    )


if __name__ == "__main__":
    main()
