// The judging stage: one picture at a time, keys first. It never waits for the server.
const PRELOADED = 3;
const TAP_PX = 10;
const PHONE_PX = 800;
const stages = new WeakMap();

class Stage {
  constructor(root, data) {
    this.root = root;
    this.board = root.querySelector(".stage");
    this.log = new VerdictLog(`log.${data.name}`, () => this.drawCounter());
    this.done = [];
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.take(data);
  }

  take(data) {
    const known = this.data;
    const another = known?.queue !== data.queue;
    const lost = known && known.session !== data.session;
    const reworded = JSON.stringify([known?.words, known?.tags]) !== JSON.stringify([data.words, data.tags]);
    // The same queue comes back as it was asked for: what was judged since is known here.
    if (!another) data.items.forEach((item, place) => { item.mine = known.items[place].mine; });
    this.data = data;
    this.log.stored([...data.saved, ...data.refused]);
    if (another && lost && this.goOn(known)) {
      this.draw();
    } else if (another) {
      this.index = 0;
      this.counted = 0;
      this.done = [];
      this.resume();
      this.fresh();
      this.draw();
    } else if (reworded) {
      this.draw();
    } else {
      this.drawCounter();
    }
  }

  // After a restart: the same picture, with what was written beside it, in the queue that was read anew.
  goOn(known) {
    const places = new Map(this.data.items.map((item, place) => [item.id, place]));
    const here = known.items[this.index];
    if (here && !places.has(here.id)) return false;
    for (const old of known.items) {
      const item = this.data.items[places.get(old.id)];
      if (item && old.mine && !item.mine) item.mine = old.mine;
    }
    this.done = this.done.map((step) => ({...step, index: places.get(known.items[step.index].id)}))
      .filter((step) => step.index !== undefined);
    this.index = here ? places.get(here.id) : this.data.items.length;
    this.counted = this.log.waiting.filter((entry) => entry.verdict).length;
    return true;
  }

  // The queue was read without the verdicts of an earlier visit that are still on their way.
  resume() {
    const waiting = this.log.waiting;
    for (const entry of waiting) {
      const item = this.data.items.find((one) => one.id === entry.item);
      if (!item || !entry.verdict || waiting.some((later) => later.undoes === entry.id)) continue;
      this.counted += item.mine ? 0 : 1;
      item.mine = entry;
      if (item === this.item) this.index += 1;
    }
  }

  get item() {
    return this.data.items[this.index];
  }

  // A picture that was judged before begins with what was said then.
  fresh(draft = this.item?.mine || {}) {
    this.tags = new Set(draft.tags || []);
    this.comment = draft.comment || "";
    this.marks = (draft.marks || []).map((mark) => ({...mark}));
    this.before = false;
  }

  key(event) {
    if (typing(event) || !this.root.isConnected && !this.root.host?.isConnected) return;
    const actions = {
      ...(this.data.may_judge && {
        1: () => this.judge("approve"), 2: () => this.judge("needs_work"), 3: () => this.judge("reject"), z: () => this.undo(),
      }),
      ArrowRight: () => this.go(this.index + 1), ArrowLeft: () => this.go(this.index - 1),
      " ": () => this.flip(), h: () => this.help(), "?": () => this.help(),
      Escape: () => this.help(false),
    };
    const action = keyAction(event, actions);
    if (!action || event.repeat && event.code === "Space") return;
    event.preventDefault();
    action();
  }

  judge(verdict) {
    const item = this.item;
    if (!item) return;
    const draft = {tags: [...this.tags], comment: this.comment.trim(), marks: this.marks};
    const entry = {id: newId(), item: item.id, picture: item.picture_id, verdict, blind: this.data.blind, ...draft};
    this.done.push({entry, index: this.index, before: item.mine});
    item.mine = {verdict, ...draft};
    this.counted += this.done.at(-1).before ? 0 : 1;
    this.log.add(entry);
    this.last = {item, verdict};
    this.go(this.index + 1);
  }

  undo() {
    const last = this.done.pop();
    if (!last) return;
    const item = this.data.items[last.index];
    item.mine = last.before;
    this.counted -= last.before ? 0 : 1;
    this.log.add({id: newId(), item: item.id, picture: item.picture_id, undoes: last.entry.id});
    this.last = null;
    this.index = last.index;
    this.fresh(last.entry);
    this.draw();
  }

  go(index) {
    const next = Math.max(0, Math.min(index, this.data.items.length));
    if (next === this.index) return;
    this.index = next;
    this.fresh();
    this.draw();
    // On a phone the choices above would push the next picture out of sight.
    if (innerWidth <= PHONE_PX) this.board.scrollIntoView();
  }

  flip() {
    this.before = !this.before;
    this.drawPicture();
  }

  // Blind: until this person's verdict is in.
  hidden(item) {
    return this.data.blind && !item.mine;
  }

  help(open) {
    const dialog = this.root.querySelector("dialog");
    if (open ?? !dialog.open) dialog.show();
    else dialog.close();
  }

  draw() {
    const words = this.data.words;
    const item = this.item;
    this.board.replaceChildren(item ? this.drawItem(item) : this.drawEnd(), this.drawHelp());
    this.drawCounter();
    const keys = this.root.querySelector(".keys");
    keys.replaceChildren(made("kbd", {}, "H"), words.help);
    keys.onclick = () => this.help();
    if (item) this.drawPicture();
    for (let step = 1; step <= PRELOADED; step += 1) {
      const coming = this.data.items[this.index + step];
      if (coming) new Image().src = coming.picture;
    }
    this.board.dataset.item = item ? item.id : "";
    this.board.setAttribute("aria-label", item ? item.text || item.description || "" : words.end);
  }

  drawItem(item) {
    const words = this.data.words;
    const judging = this.data.may_judge;
    const frame = made("div", {class: "frame", title: judging ? words.mark_hint : ""},
      made("img", {alt: item.text || item.description || "", draggable: "false"}), made("div", {class: "pins"}));
    frame.append(made("a", {...item.large, class: "large", title: words.large, "aria-label": words.large,
      onpointerdown: (event) => event.stopPropagation()}, "⤢"));
    if (judging) {
      frame.onpointerdown = (event) => event.pointerType === "mouse" && this.pin(event, frame);
      this.swiped(frame);
    }
    return made("div", {class: "columns"}, frame, this.drawSide(item));
  }

  // A finger judges: to the right approves, to the left rejects. A tap marks a point, as a click does.
  swiped(frame) {
    const words = this.data.words;
    let start = null;
    frame.addEventListener("pointerdown", (event) => { start = event; });
    const show = (x, y) => {
      const verdict = {"-1": "reject", 1: "approve"}[swipe(x, y)];
      frame.style.transform = x ? `translateX(${x}px) rotate(${x / 40}deg)` : "";
      frame.dataset.verdict = verdict ? `${SHAPES[verdict]} ${words[verdict]}` : "";
    };
    followFinger(frame, show, (x, y) => {
      const way = swipe(x, y);
      show(0, 0);
      if (way) this.judge(way > 0 ? "approve" : "reject");
      else if (x !== null && Math.abs(x) + Math.abs(y) < TAP_PX) this.mark(frame, start, start);
    });
  }

  drawSide(item) {
    const words = this.data.words;
    const hidden = this.hidden(item);
    const facts = [hidden ? null : `${words.variant} ${item.order}`, item.description, item.tenant, item.tone, item.when].filter(Boolean).join(" · ");
    const verdicts = verdictButtons(words, item.mine?.verdict, (verdict) => this.judge(verdict));
    const tags = tagButtons(this.data.tags, this.tags);
    const comment = made("textarea", {placeholder: words.comment, maxlength: "2000", rows: "2", "aria-label": words.comment,
      oninput: (event) => { this.comment = event.currentTarget.value; }});
    comment.value = this.comment;
    return made("div", {class: "side"},
      made("p", {class: isLong(item.text) ? "copy long" : "copy", tabindex: isLong(item.text) ? "0" : null}, item.text || "–"),
      made("p", {class: "facts long"}, facts, " · ", made("a", {href: item.job, target: "_blank"}, words.job)),
      hidden ? made("p", {class: "facts"}, words.blind) : this.drawScores(item),
      ...(this.data.may_judge ? [made("p", {class: "swipes"}, words.swipe_hint), made("div", {class: "verdicts"}, ...verdicts), made("div", {class: "tags"}, ...tags), comment] : []),
      made("ol", {class: "notes"}), this.drawSaid(item), this.drawLast());
  }

  drawScores(item) {
    const scores = [...item.scores].map((score) => made("span", {},
      made("small", {}, score.label), made("b", {}, score.value)));
    return made("div", {class: "scores"}, ...scores);
  }

  drawSaid(item) {
    return this.hidden(item) || !item.said.length ? null : made("ul", {class: "others"}, ...saidLines(item.said, "li"));
  }

  drawLast() {
    if (!this.last) return null;
    const {item, verdict} = this.last;
    const words = this.data.words;
    return made("div", {class: "last"},
      made("span", {}, made("i", {class: verdict, "aria-hidden": "true"}, SHAPES[verdict]),
        `${words.last}: ${words[verdict]} · ${words.variant} ${item.order}`),
      this.drawScores(item), made("button", {class: "tag", onclick: () => this.undo()}, made("kbd", {}, "Z"), words.undo));
  }

  drawEnd() {
    const words = this.data.words;
    const counts = VERDICTS.map((verdict) => {
      const count = this.done.filter((step) => step.entry.verdict === verdict).length;
      return made("span", {}, made("i", {class: verdict, "aria-hidden": "true"}, SHAPES[verdict]), `${words[verdict]} ${count}`);
    });
    return made("div", {class: "end"}, made("h2", {}, this.data.items.length ? words.end : words.nothing),
      made("p", {class: "counts"}, ...counts),
      this.done.length ? made("button", {class: "tag", onclick: () => this.undo()}, made("kbd", {}, "Z"), words.undo) : null);
  }

  drawHelp() {
    const words = this.data.words;
    const judging = this.data.may_judge ? [["1 2 3", words.help_verdict], ["Z", words.undo]] : [];
    const rows = [...judging, ["← →", words.help_move], ["Space", words.help_flip], ["H", words.help]].map(([keys, means]) => made("tr", {},
      made("td", {}, ...keys.split(" ").map((key) => made("kbd", {}, key))), made("td", {}, means)));
    return made("dialog", {}, made("table", {}, ...rows),
      made("button", {class: "tag", onclick: () => this.help(false)}, words.close));
  }

  drawPicture() {
    const image = this.root.querySelector(".frame img");
    image.src = this.before && this.item.before ? this.item.before : this.item.picture;
    this.root.querySelector(".frame").dataset.before = this.before ? this.data.words.before : "";
    this.drawPins();
  }

  drawPins() {
    const others = this.hidden(this.item) ? [] : this.item.said.flatMap((one) => one.marks);
    this.root.querySelector(".pins").replaceChildren(...pins(others, letter, "theirs"), ...pins(this.marks, (number) => String(number + 1), ""));
    this.root.querySelector(".notes").replaceChildren(...this.marks.map((mark, number) => {
      const note = made("input", {placeholder: this.data.words.note, maxlength: "300", "aria-label": this.data.words.note,
        oninput: (event) => { mark.note = event.currentTarget.value; }});
      note.value = mark.note;
      const remove = made("button", {class: "tag", "aria-label": this.data.words.remove, onclick: () => {
        this.marks.splice(number, 1);
        this.drawPins();
      }}, "✕");
      return made("li", {}, note, remove);
    }));
  }

  pin(down, frame) {
    frame.setPointerCapture(down.pointerId);
    frame.onpointerup = (up) => {
      frame.onpointerup = null;
      this.mark(frame, down, up);
    };
  }

  mark(frame, from, to) {
    const edges = frame.getBoundingClientRect();
    const at = (event) => [(event.clientX - edges.left) / edges.width, (event.clientY - edges.top) / edges.height]
      .map((value) => Math.max(0, Math.min(1, value)));
    const [x, y] = at(from);
    const [right, bottom] = at(to);
    const drawn = Math.abs(right - x) > 0.015 && Math.abs(bottom - y) > 0.015;
    this.marks.push({x: drawn ? Math.min(x, right) : x, y: drawn ? Math.min(y, bottom) : y,
      width: drawn ? Math.abs(right - x) : 0, height: drawn ? Math.abs(bottom - y) : 0, note: ""});
    this.drawPins();
  }

  drawCounter() {
    const words = this.data.words;
    const judged = this.data.judged + this.counted;
    const waiting = this.log.waiting.length;
    const bar = this.root.querySelector(".bar");
    bar.style.setProperty("--share", this.data.total ? judged / this.data.total : 0);
    this.root.querySelector(".count").textContent = words.count.replace("{judged}", judged).replace("{total}", `${this.data.total}${this.data.more ? "+" : ""}`);
    const state = this.root.querySelector(".state");
    state.hidden = !this.data.may_judge;
    state.textContent = this.log.state(words);
    state.dataset.waiting = waiting;
  }

  stop() {
    document.removeEventListener("keydown", this.onKey);
    this.log.stop();
  }
}

export default kept(({parentElement, setTriggerValue, data}) => {
  let stage = stages.get(parentElement);
  if (stage && stage.data.name !== data.name) {
    stage.stop();
    stage = null;
  }
  if (stage) stage.take(data);
  else stages.set(parentElement, (stage = new Stage(parentElement, data)));
  stage.log.report = (entries) => setTriggerValue("log", entries);
  return () => {
    stage.stop();
    stages.delete(parentElement);
  };
});
