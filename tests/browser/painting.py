"""When pictures are on the screen, and how many bytes they took, as the browser itself counts."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

PAGE = 60
"""Cards of a full page."""
ZOOMS = """all => all.map(one => {
  const zoom = new DOMMatrix(getComputedStyle(one).transform);
  return [zoom.a, zoom.e / one.clientWidth, zoom.f / one.clientHeight].map(part => part.toFixed(2)).join();
})"""
"""Scale and place of each picture in shares of its own size."""
WHOLE = "1.00,0.00,0.00"
CARDS = ".fd-gallery .fd-card img[src*='/img/thumb/']"
_PAINTED = """async ([cards, count]) => {
  const found = () => [...document.querySelectorAll(cards)].slice(0, count);
  while (found().length < count) await new Promise(requestAnimationFrame);
  const drawn = performance.now();
  await Promise.all(found().map((image) => image.decode()));
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return [performance.now(), drawn];
}"""
_ENTRIES = "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/img/thumb/'))"
_BYTES = f"() => ({_ENTRIES})().reduce((sum, entry) => sum + entry.encodedBodySize, 0)"
_SLOW_MS = 120_000
STAGE = "[...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('.stage')).find(Boolean)"
"""The judging stage, inside its component's shadow root, as JavaScript finds it."""
_NEXT_PICTURE = f"""() => {{
  const stage = {STAGE}, before = stage.dataset.item;
  window.took = new Promise((done) => document.addEventListener("keydown", () => {{
    const began = performance.now();
    const look = () => {{
      const picture = stage.querySelector("img");
      if (stage.dataset.item !== before && picture?.complete && picture.naturalWidth)
        return done(performance.now() - began);
      requestAnimationFrame(look);
    }};
    requestAnimationFrame(look);
  }}, {{capture: true, once: true}}));
}}"""


@dataclass(frozen=True)
class Painted:
    """``ms`` from the navigation to the frame that shows the last picture, ``cards_ms`` to the cards that are
    to hold them; bytes of all thumbnails, kept ones too."""

    ms: float
    cards_ms: float
    bytes: int


def painted(page: Page, count: int) -> Painted:
    """Wait until the page's first ``count`` thumbnails are decoded and drawn; they must lie in the window."""
    page.set_default_timeout(_SLOW_MS)
    last, cards = page.evaluate(_PAINTED, [CARDS, count])
    return Painted(float(last), float(cards), int(page.evaluate(_BYTES)))


def fetched(page: Page) -> int:
    """How many thumbnails the page has asked for."""
    return int(page.evaluate(f"() => ({_ENTRIES})().length"))


def key_to_picture(page: Page, key: str) -> float:
    """Milliseconds from a key on the judging stage to the next picture."""
    page.evaluate(_NEXT_PICTURE)
    page.keyboard.press(key)
    return float(page.evaluate("() => window.took"))
