// An open list closes at any scroll of the page, also at one that nobody made: the browser keeps in sight what is in
// sight when something above it grows, and tells of a scroll that came before the click a moment after it. So since
// the press or key that may have opened a list, only what a hand moves counts as a scroll.
const LIST = '[role="listbox"]';
const OPENING = ["pointerdown", "keydown"];
const MOVING = ["wheel", "touchmove"];

export default renewed(() => {
  let moved = false;
  const inList = (event) => Boolean(event.target.closest?.(LIST));
  const opened = (event) => {
    const scrollbar = event.type === "pointerdown" && event.target.matches?.('[data-testid="stMain"]');
    moved = Boolean(scrollbar);
  };
  const byHand = (event) => (moved ||= !inList(event));
  const scrolled = (event) => {
    if (!moved && !inList(event) && document.querySelector(LIST)) event.stopImmediatePropagation();
  };
  const heard = [...OPENING.map((name) => [name, opened]), ...MOVING.map((name) => [name, byHand]), ["scroll", scrolled]];
  heard.forEach(([name, hear]) => addEventListener(name, hear, {capture: true, passive: true}));
  return () => heard.forEach(([name, hear]) => removeEventListener(name, hear, {capture: true}));
});
