// A picture large, the same on every page: whatever carries `data-picture` opens it, in a component too. Arrows go through
// the pictures of the page; before and after, zoom and boxes stay in the browser. Values are written as text only.
const HOST = "feedly-lightbox";
const MOST_ZOOM = 10, STEP = 1.5, CLOSE_UP = 2.5, SWIPE_PX = 50, STILL_PX = 6;
let box, listening;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const deep = (root) => [...root.querySelectorAll("*")].flatMap((one) => (one.shadowRoot ? [one, ...deep(one.shadowRoot)] : [one]));

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// What an element that opens the lightbox says: its picture, its name, the pictures before it, its job, its boxes.
function described(element) {
  const {picture, name = "", before = "[]", jobHref = ""} = element.dataset;
  return {picture, name, before: JSON.parse(before), job: jobHref, boxes: element.querySelector(".fd-boxes")};
}

function openers() {
  const seen = new Set();
  const another = ({picture}) => picture && !seen.has(picture) && seen.add(picture);
  return deep(document).filter((one) => one.checkVisibility({visibilityProperty: true}) && another(one.dataset ?? {}));
}

class Lightbox {
  constructor(css) {
    const host = made("div", {id: HOST});
    const shadow = host.attachShadow({mode: "open"});
    this.image = made("img", {draggable: false});
    this.inner = made("div", {className: "inner"}, this.image);
    this.stage = made("div", {className: "lightbox-stage"}, this.inner);
    this.name = made("span", {className: "name"});
    this.name.setAttribute("aria-live", "polite");
    this.views = made("span", {className: "views"});
    this.back = made("button", {className: "turn before", textContent: "‹", onclick: () => this.step(-1)});
    this.next = made("button", {className: "turn after", textContent: "›", onclick: () => this.step(1)});
    this.out = made("button", {textContent: "−", onclick: () => this.zoomBy(1 / STEP)});
    this.into = made("button", {textContent: "+", onclick: () => this.zoomBy(STEP)});
    this.boxes = made("button", {onclick: () => this.toggleBoxes()});
    this.job = made("a", {onclick: () => this.dialog.close()});
    this.original = made("a", {target: "_blank", rel: "noopener"});
    this.close = made("button", {className: "close", textContent: "✕", autofocus: true, onclick: () => this.dialog.close()});
    const bar = made("div", {className: "bar"}, this.name, this.views, this.boxes, this.out, this.into, this.job, this.original);
    this.dialog = made("dialog", {onkeydown: (event) => this.key(event)}, this.stage, this.back, this.next, this.close, bar);
    shadow.append(made("style", {textContent: css}), this.dialog);
    document.body.append(host);
    this.followPointers();
  }

  take(words) {
    this.words = words;
    const named = [["back", "previous"], ["next", "next"], ["out", "out"], ["into", "in"], ["close", "close"]];
    for (const [button, word] of named) {
      this[button].setAttribute("aria-label", words[word]);
      this[button].title = words[word];
    }
    this.boxes.textContent = words.boxes;
    this.job.textContent = words.job;
    this.original.textContent = words.original;
  }

  open(element) {
    const all = openers();
    this.items = all.map(described);
    this.index = Math.max(0, all.findIndex((one) => one.dataset.picture === element.dataset.picture));
    const app = document.querySelector('[data-testid="stApp"]');
    if (app) this.dialog.style.fontFamily = getComputedStyle(app).fontFamily;
    this.show();
    this.dialog.showModal();
  }

  get item() {
    return this.items[this.index];
  }

  step(by) {
    this.index = (this.index + by + this.items.length) % this.items.length;
    this.show();
    const coming = this.items[(this.index + by + this.items.length) % this.items.length];
    new Image().src = coming.picture;
  }

  show() {
    const {item, words} = this;
    const stages = [[words.after, item.picture], ...item.before];
    this.view = 0;
    this.views.hidden = stages.length < 2;
    this.views.replaceChildren(...stages.map(([label], place) => made("button", {textContent: label, onclick: () => this.look(place)})));
    this.stages = stages;
    for (const button of [this.back, this.next]) button.hidden = this.items.length < 2;
    this.inner.querySelector(".fd-boxes")?.remove();
    if (item.boxes) this.inner.append(item.boxes.cloneNode(true));
    this.boxes.hidden = !item.boxes?.children.length;
    this.job.hidden = !item.job || location.href.includes(item.job);
    if (item.job) this.job.href = item.job;
    const place = this.items.length > 1 ? `${this.index + 1} / ${this.items.length} · ` : "";
    this.name.textContent = this.name.title = `${place}${item.name}`;
    this.dialog.setAttribute("aria-label", item.name || words.after);
    this.zoomTo(1);
    this.look(0);
  }

  look(view) {
    this.view = view;
    const [label, source] = this.stages[view];
    this.image.src = source;
    this.image.alt = [this.item.name, label].filter(Boolean).join(" · ");
    this.original.href = source;
    [...this.views.children].forEach((button, place) => button.setAttribute("aria-pressed", String(place === view)));
    this.drawBoxes();
  }

  toggleBoxes() {
    this.shown = !this.shown;
    this.drawBoxes();
  }

  drawBoxes() {
    this.boxes.setAttribute("aria-pressed", String(Boolean(this.shown)));
    this.stage.toggleAttribute("data-boxes", Boolean(this.shown) && this.view === 0);
  }

  key(event) {
    event.stopPropagation(); // the page below has keys of its own
    const action = keyAction(event, {
      ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1),
      b: () => this.look((this.view + 1) % this.stages.length), e: () => this.boxes.hidden || this.toggleBoxes(),
      "+": () => this.zoomBy(STEP), "=": () => this.zoomBy(STEP), "-": () => this.zoomBy(1 / STEP), 0: () => this.zoomTo(1),
    });
    if (!action) return;
    event.preventDefault();
    action();
  }

  zoomTo(zoom) {
    Object.assign(this, {zoom, x: 0, y: 0});
    this.place();
  }

  // Larger or smaller around a point of the screen, which stays where it is.
  zoomBy(factor, x = innerWidth / 2, y = innerHeight / 2) {
    const zoom = clamp(this.zoom * factor, 1, MOST_ZOOM);
    if (zoom === 1) return this.zoomTo(1);
    const edges = this.inner.getBoundingClientRect();
    const by = zoom / this.zoom - 1;
    this.x -= (x - edges.left) * by;
    this.y -= (y - edges.top) * by;
    this.zoom = zoom;
    return this.place();
  }

  place() {
    this.inner.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`;
    this.stage.toggleAttribute("data-zoomed", this.zoom > 1);
  }

  followPointers() {
    const {stage} = this;
    const down = new Map();
    let first, alone;
    stage.onwheel = (event) => {
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
    };
    stage.onpointerdown = (event) => {
      stage.setPointerCapture(event.pointerId);
      alone = down.size === 0;
      first = event;
      down.set(event.pointerId, event);
    };
    stage.onpointermove = (event) => {
      const last = down.get(event.pointerId);
      if (!last) return;
      const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
      if (other) {
        const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        this.zoomBy(apart(event) / Math.max(1, apart(last)), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
      } else if (this.zoom > 1) {
        this.x += event.clientX - last.clientX;
        this.y += event.clientY - last.clientY;
        this.place();
      }
      down.set(event.pointerId, event);
    };
    stage.onpointercancel = (event) => down.delete(event.pointerId);
    stage.onpointerup = (event) => {
      if (!down.delete(event.pointerId) || !alone || down.size) return;
      const [dx, dy] = [event.clientX - first.clientX, event.clientY - first.clientY];
      if (Math.hypot(dx, dy) < STILL_PX) this.press(event);
      else if (this.zoom === 1 && Math.abs(dx) > Math.max(SWIPE_PX, Math.abs(dy))) this.step(dx < 0 ? 1 : -1);
    };
  }

  // A press on the picture looks closer or back; beside it, it closes.
  press(event) {
    const edges = this.inner.getBoundingClientRect();
    const on = event.clientX >= edges.left && event.clientX <= edges.right && event.clientY >= edges.top && event.clientY <= edges.bottom;
    if (!on) this.dialog.close();
    else if (this.zoom > 1) this.zoomTo(1);
    else this.zoomBy(CLOSE_UP, event.clientX, event.clientY);
  }
}

function listen() {
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const element = event.composedPath().find((one) => one.dataset?.picture);
    if (!element) return;
    event.preventDefault();
    box.open(element);
  };
  const leave = () => box.dialog.close();
  document.addEventListener("click", open);
  addEventListener("popstate", leave);
  return () => {
    document.removeEventListener("click", open);
    removeEventListener("popstate", leave);
  };
}

export default kept(({data}) => {
  if (!document.getElementById(HOST)) box = undefined;
  box ??= new Lightbox(data.css);
  box.take(data.words);
  listening ??= listen();
  return () => {
    listening?.();
    listening = undefined;
  };
});
