// Verdicts on their way: kept in the browser until Python says that they are stored, sent again if not.
const RESEND_MS = 4000;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

class VerdictLog {
  constructor(name, changed) {
    this.name = `feedly.review.${name}`;
    this.changed = changed;
    this.report = () => {};
    this.waiting = JSON.parse(localStorage.getItem(this.name) || "[]");
    this.sentAt = 0;
    this.timer = setInterval(() => this.send(), 500);
  }

  add(entry) {
    this.waiting.push(entry);
    this.keep();
    this.send();
  }

  send() {
    if (!this.waiting.length || Date.now() - this.sentAt < RESEND_MS) return;
    this.sentAt = Date.now();
    this.report(this.waiting);
  }

  stored(ids) {
    const gone = new Set(ids);
    const left = this.waiting.filter((entry) => !gone.has(entry.id));
    if (left.length === this.waiting.length) return;
    this.waiting = left;
    this.sentAt = 0;
    this.keep();
    this.send();
  }

  keep() {
    localStorage.setItem(this.name, JSON.stringify(this.waiting));
    this.changed();
  }

  stop() {
    clearInterval(this.timer);
  }
}

// A press that belongs to what has the focus: letters to a field, the space bar to a button or a switch.
function typing(event) {
  const target = event.composedPath()[0];
  const pressed = target.tagName === "BUTTON" || ["checkbox", "radio", "button"].includes(target.type);
  const field = ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable;
  return event.ctrlKey || event.metaKey || event.altKey || (pressed ? event.key === " " : field);
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
