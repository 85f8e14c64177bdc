// One zoom for all pictures that stand beside each other: Ctrl or ⌘ and the wheel (a pinch on a touchpad), drag, 0 for the
// whole pictures. It lives in the document, so that it stays when the pictures are drawn anew or one joins them; another
// job begins whole.
const MOST = 12, STILL_PX = 4;
const zoom = {scale: 1, x: 0, y: 0};
let shown = [];

function write() {
  const style = document.documentElement.style;
  for (const [name, value] of Object.entries(zoom)) style.setProperty(`--fd-${name}`, value);
}

// x and y count in widths and heights of a picture, so that pictures of different sizes show the same part.
function move(x, y, scale = zoom.scale) {
  const within = (value) => Math.min(0, Math.max(1 - scale, value));
  Object.assign(zoom, {scale, x: within(x), y: within(y)});
  write();
}

export default renewed(({data}) => {
  if (!data.of.some((one) => shown.includes(one))) move(0, 0, 1);
  shown = data.of;
  let dragged = false;
  const panel = (event) => event.composedPath().find((one) => one.matches?.(".fd-zoomable .fd-panel"));
  const wheel = (event) => {
    const found = (event.ctrlKey || event.metaKey) && panel(event);
    if (!found) return;
    event.preventDefault();
    const edges = found.getBoundingClientRect();
    const [x, y] = [(event.clientX - edges.left) / edges.width, (event.clientY - edges.top) / edges.height];
    const scale = Math.min(MOST, Math.max(1, zoom.scale * Math.exp(-event.deltaY / 400)));
    move(x - ((x - zoom.x) * scale) / zoom.scale, y - ((y - zoom.y) * scale) / zoom.scale, scale);
  };
  const press = (event) => {
    dragged = false;
    const found = zoom.scale > 1 && event.button === 0 && panel(event);
    if (!found) return;
    event.preventDefault();
    let last = event;
    const edges = found.getBoundingClientRect();
    const follow = (to) => {
      dragged ||= Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) > STILL_PX;
      move(zoom.x + (to.clientX - last.clientX) / edges.width, zoom.y + (to.clientY - last.clientY) / edges.height);
      last = to;
    };
    const end = () => removeEventListener("pointermove", follow);
    addEventListener("pointermove", follow);
    addEventListener("pointerup", end, {once: true});
    addEventListener("pointercancel", end, {once: true});
  };
  const click = (event) => {
    if (!dragged || !panel(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const key = (event) => {
    const field = ["INPUT", "TEXTAREA", "SELECT"].includes(event.composedPath()[0].tagName);
    if (!field && keyAction(event, {0: true})) move(0, 0, 1);
  };
  const dragstart = (event) => zoom.scale > 1 && panel(event) && event.preventDefault();
  const heard = {wheel, pointerdown: press, dragstart, click, keydown: key};
  for (const [name, hear] of Object.entries(heard)) document.addEventListener(name, hear, {passive: false, capture: true});
  return () => {
    for (const [name, hear] of Object.entries(heard)) document.removeEventListener(name, hear, {capture: true});
  };
});
