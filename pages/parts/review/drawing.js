// What the judging stage and the meeting's screen draw alike.
// A press that belongs to what has the focus: letters to a field, the space bar to a button or a switch.
function typing(event) {
  const target = event.composedPath()[0];
  const pressed = target.tagName === "BUTTON" || ["checkbox", "radio", "button"].includes(target.type);
  const field = ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable;
  return pressed ? keysOf(event).includes(" ") : field;
}

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const VERDICTS = ["approve", "needs_work", "reject"];
const SHAPES = {approve: "●", needs_work: "▲", reject: "✕"};

// The three verdicts with their keys; `current` is the one that stands.
function verdictButtons(words, current, judge) {
  return VERDICTS.map((verdict, place) => made("button",
    {class: `verdict ${verdict}`, "aria-pressed": String(current === verdict), onclick: () => judge(verdict)},
    made("kbd", {}, String(place + 1)), made("i", {"aria-hidden": "true"}, SHAPES[verdict]), words[verdict]));
}

// Reasons to switch on and off; `chosen` is the set of their ids.
function tagButtons(tags, chosen) {
  return tags.map((tag) => made("button", {
    class: "tag", "aria-pressed": String(chosen.has(tag.id)),
    onclick: (event) => {
      if (!chosen.delete(tag.id)) chosen.add(tag.id);
      event.currentTarget.setAttribute("aria-pressed", String(chosen.has(tag.id)));
    },
  }, tag.label));
}

// Marks over a picture; `name` gives the sign of the n-th one.
function pins(marks, name, kind) {
  const place = (mark) => `left:${mark.x * 100}%;top:${mark.y * 100}%;width:${mark.width * 100}%;height:${mark.height * 100}%`;
  return marks.map((mark, number) => made("div", {class: `${mark.width ? "box" : "point"} ${kind}`, style: place(mark)}, made("b", {}, name(number))));
}

// A finger's way over `element`: `moved(x, y)` while it goes, `ended(x, y)` when it leaves, both 0 for a tap; null when
// the page has taken it to scroll. A mouse draws instead.
function followFinger(element, moved, ended) {
  element.addEventListener("pointerdown", (down) => {
    if (down.pointerType === "mouse" || !down.isPrimary || down.target.closest("button")) return;
    const way = (event) => [event.clientX - down.clientX, event.clientY - down.clientY];
    const move = (event) => moved(...way(event));
    const leave = (event) => {
      element.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) element.removeEventListener(name, leave);
      // After the touch has ended: who takes its element away before loses the next tap (Chromium).
      setTimeout(() => ended(...(event.type === "pointerup" ? way(event) : [null, null])));
    };
    element.setPointerCapture(down.pointerId);
    element.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, leave);
  });
}

// -1 for a swipe to the left, 1 to the right, 0 for anything shorter or steeper.
const SWIPE_PX = 60;
const swipe = (x, y) => (x !== null && Math.abs(x) >= SWIPE_PX && Math.abs(x) > 2 * Math.abs(y) ? Math.sign(x) : 0);

// A text that would push everything else out of the window scrolls in its own place.
const LONG_TEXT = 160;
const isLong = (text) => (text || "").length > LONG_TEXT;

const letter = (number) => String.fromCharCode(65 + number % 26);

// What others said about a picture as lines; their marks carry the letters that stand on the picture.
function saidLines(said, tag) {
  let number = 0;
  return said.map((one) => {
    const notes = one.marks.map((mark) => `${letter(number++)} ${mark.note}`.trim());
    return made(tag, {class: "said"}, made("i", {class: one.verdict, "aria-hidden": "true"}, SHAPES[one.verdict]),
      [`${one.who}: ${one.words}`, ...notes].join(" · "));
  });
}
