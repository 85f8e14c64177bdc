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
    this.kept = true;
    this.waiting = this.read();
    this.sentAt = 0;
    this.timer = setInterval(() => this.send(), 500);
  }

  add(entry) {
    this.waiting.push(entry);
    this.keep();
    this.send();
  }

  send() {
    if (!this.waiting.length || Date.now() - this.sentAt < RESEND_MS || mustWait()) return;
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

  // A browser may refuse its storage, or have filled it: then verdicts live in this tab alone until they are stored.
  read() {
    try {
      const found = JSON.parse(localStorage.getItem(this.name) || "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  keep() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.waiting));
      this.kept = true;
    } catch {
      this.kept = false;
    }
    this.changed();
  }

  // What is on its way, in words; and what a closed tab would lose.
  state(words) {
    const many = this.waiting.length;
    if (!many) return words.saved;
    return [words.saving.replace("{n}", many), this.kept ? "" : words.unkept].filter(Boolean).join(" · ");
  }

  stop() {
    clearInterval(this.timer);
  }
}
