// The meeting's dark screen: one picture. The presenter moves it; everybody else follows.
const screens = new WeakMap();
const OLD_NEWS_MS = 4000;
const IDLE_MS = 4000;
const MOST_TRIES = 5;

class Screen {
  constructor(root, data) {
    this.root = root;
    this.board = root.querySelector(".screen");
    this.log = new VerdictLog(`${data.presenting ? "team" : "vote"}.${data.meeting}.${data.name}`, () => this.data && this.drawState());
    this.tell = () => {};
    this.open = {scores: false, agenda: false, reasons: false, pins: false, votes: false, join: false, end: false};
    this.parts = ["header", "main", "footer"].map((tag) => made(tag));
    this.board.replaceChildren(...this.parts);
    this.onKey = (event) => this.key(event);
    this.onMove = () => this.awake();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("pointermove", this.onMove);
    this.ticking = setInterval(() => {
      this.drawClock();
      this.tellAgain();
    }, 500);
    this.resized = new ResizeObserver(() => this.placePins());
    followFinger(this.parts[1], () => {}, (x, y) => this.data.presenting && !this.data.ended && this.go(this.index - swipe(x, y)));
    this.awake();
    this.take(data);
  }

  // The controls fade while nobody touches anything: the room looks at the picture.
  awake() {
    delete this.board.dataset.idle;
    clearTimeout(this.sleeping);
    this.sleeping = setTimeout(() => { this.board.dataset.idle = ""; }, IDLE_MS);
  }

  take(data) {
    const first = !this.data;
    const before = first ? null : this.item?.id;
    this.data = data;
    if (data.position === this.moved?.index) this.moved = null;
    this.skew = Date.now() - data.now;
    this.arranged(data);
    this.log.stored([...data.saved, ...data.refused]);
    for (const entry of this.log.waiting) this.said(data.items.find((item) => item.id === entry.item), entry);
    const kept = data.items.findIndex((item) => item.id === before);
    // The presenter's own screen is ahead of the database: what comes back is old news.
    if (data.presenting && !first) this.index = kept < 0 ? Math.min(this.index, data.items.length - 1) : kept;
    else this.index = data.position;
    if (this.item.id !== before) this.fresh();
    this.draw();
  }

  // An agenda that was changed here a moment ago wins over one that was read before.
  arranged(data) {
    const ids = this.pending && Date.now() - this.pending.at < OLD_NEWS_MS ? this.pending.ids : null;
    if (!ids || data.items.map((item) => item.id).join() === ids.join()) this.pending = null;
    else data.items = ids.map((id) => data.items.find((item) => item.id === id)).filter(Boolean);
  }

  get item() {
    return this.data.items[this.index];
  }

  get own() {
    return this.data.presenting ? "decision" : "mine";
  }

  get judging() {
    return (this.data.presenting || this.data.voting) && !this.data.ended;
  }

  // Reasons and comment go with the next verdict; they begin with those of the last one.
  fresh() {
    const last = this.item[this.own];
    this.tags = new Set(last?.tags || []);
    this.comment = last?.comment || "";
    this.open.votes = false;
  }

  // Nobody is led by what others said: it stands here after the own verdict, the decision, or the presenter's word.
  get votesHidden() {
    const {data, item} = this;
    return !data.ended && !item.decision && !this.open.votes && !(data.voting && item.mine);
  }

  // What an entry that is on its way makes of the picture's verdict.
  said(item, entry) {
    if (!item) return;
    if (entry.undoes) return this.stands(item, entry.back);
    const labels = this.data.tags.filter((tag) => entry.tags.includes(tag.id)).map((tag) => tag.label);
    const words = [this.data.words[entry.verdict], labels.join(", "), entry.comment].filter(Boolean).join(" · ");
    this.stands(item, {id: entry.id, verdict: entry.verdict, tags: entry.tags, comment: entry.comment, words, back: item[this.own]});
  }

  stands(item, judgement) {
    const votes = [...item.votes];
    if (this.own === "mine") {
      if (item.mine) votes.splice(votes.indexOf(item.mine.verdict), 1);
      if (judgement) votes.push(judgement.verdict);
    }
    Object.assign(item, {votes, [this.own]: judgement});
  }

  undo() {
    const {item} = this;
    const mine = item[this.own];
    if (!mine) return;
    const entry = {id: newId(), item: item.id, picture: item.picture_id, undoes: mine.id, back: mine.back || null};
    this.said(item, entry);
    this.log.add(entry);
    this.fresh();
    this.draw();
  }

  key(event) {
    this.awake();
    if (typing(event)) return;
    const presenting = this.data.presenting && !this.data.ended;
    const actions = {
      s: () => this.toggle("scores"), m: () => this.toggle("pins"), a: () => this.toggle("agenda"), f: () => this.fullscreen(),
      j: () => this.toggle("join"),
      Escape: () => (this.open.end || this.open.join ? this.close() : this.tell("leave", Date.now())),
      ...(presenting && {
        v: () => this.toggle("votes"), ...(this.open.end && {Enter: () => this.end()}),
        ArrowRight: () => this.go(this.index + 1), ArrowLeft: () => this.go(this.index - 1), " ": () => this.go(this.index + 1),
      }),
      ...(this.judging && {
        c: () => this.toggle("reasons"), z: () => this.undo(),
        1: () => this.judge("approve"), 2: () => this.judge("needs_work"), 3: () => this.judge("reject"),
      }),
    };
    const action = keyAction(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  }

  go(index) {
    const next = Math.max(0, Math.min(index, this.data.items.length - 1));
    if (next === this.index) return;
    this.index = next;
    this.data.shown = Date.now() - this.skew;
    this.moved = {index: next, at: Date.now(), tries: 0};
    this.tell("show", next);
    this.fresh();
    this.draw();
  }

  // A move that the server has not confirmed: it was away, or the message was lost.
  tellAgain() {
    const {moved} = this;
    if (!moved || Date.now() - moved.at < RESEND_MS || mustWait()) return;
    this.moved = moved.tries < MOST_TRIES ? {...moved, at: Date.now(), tries: moved.tries + 1} : null;
    this.tell("show", moved.index);
  }

  // Only the presenter: the picture on the screen stays, wherever it has gone.
  arrange(items) {
    const shown = this.item;
    this.data.items = items;
    this.index = Math.max(0, items.includes(shown) ? items.indexOf(shown) : Math.min(this.index, items.length - 1));
    if (this.item !== shown) this.fresh();
    this.pending = {at: Date.now(), ids: items.map((item) => item.id)};
    this.tell("arrange", this.pending.ids);
    this.draw();
  }

  shift(place, by) {
    const items = [...this.data.items];
    items.splice(place + by, 0, ...items.splice(place, 1));
    this.arrange(items);
  }

  judge(verdict) {
    const item = this.item;
    if (!item.picture) return;
    // Reasons of an earlier verdict that nobody sees now do not go with another one.
    if (!this.open.reasons && item[this.own]?.verdict !== verdict) [this.tags, this.comment] = [new Set(), ""];
    const entry = {id: newId(), item: item.id, picture: item.picture_id, verdict, tags: [...this.tags], comment: this.comment.trim(), marks: []};
    this.said(item, entry);
    this.log.add(entry);
    this.draw();
  }

  toggle(part) {
    this.open[part] = !this.open[part];
    this.draw();
  }

  close() {
    this.open.end = this.open.join = false;
    this.draw();
  }

  end() {
    this.open.end = false;
    this.tell("end", Date.now());
    this.draw();
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  draw() {
    const {data, item} = this;
    const words = data.words;
    const [header, main, footer] = this.parts;
    this.board.dataset.item = item.id;
    this.board.setAttribute("aria-label", data.title);
    header.replaceChildren(
      made("span", {class: "place"}, `${this.index + 1} / ${data.items.length}`),
      made("span", {class: "who"}, data.ended ? words.ended : data.presenting ? words.presenting : words.following),
      data.here && !data.ended ? made("span", {class: "here", title: data.here}, data.here) : "",
      made("span", {class: "clock"}), made("span", {class: "state", role: "status"}),
      made("div", {class: "tools"}, this.button(words.agenda, "A", () => this.toggle("agenda")), this.button(words.scores, "S", () => this.toggle("scores")),
      ...(this.pinned.length ? [this.button(words.pins, "M", () => this.toggle("pins"))] : []),
      ...(this.judging ? [this.button(words.reasons, "C", () => this.toggle("reasons"))] : []),
      this.button(words.fullscreen, "F", () => this.fullscreen()), this.button(words.leave, "Esc", () => this.tell("leave", Date.now())),
      this.button(words.join, "J", () => this.toggle("join")),
      ...(data.presenting && !data.ended ? [this.button(words.end, "", () => this.toggle("end"))] : []),
      ...(data.ended && data.reopens ? [this.button(words.reopen, "", () => this.tell("reopen", Date.now()))] : []),
      ...(data.ended ? [this.button(words.minutes, "", () => this.tell("minutes", Date.now()))] : [])));
    main.replaceChildren(...[this.open.agenda ? agendaStrip(this) : null,
      item.picture ? made("img", {src: item.picture, alt: item.text, class: "picture", onload: () => this.placePins()}) : made("p", {}, item.gone),
      this.open.pins ? made("div", {class: "pins"}, ...pins(this.pinned, letter, "")) : null,
      this.open.scores ? this.drawScores(item) : null, this.open.join ? this.drawJoin() : null,
      this.open.end && !data.ended ? this.drawEnd() : null].filter(Boolean));
    this.placePins();
    // A comment being typed (a Korean syllable even) must survive what others do meanwhile.
    if (!footer.querySelector("textarea:focus") || footer.dataset.item !== item.id) this.drawFooter(footer, item);
    this.drawClock();
    this.drawState();
    for (const coming of data.items.slice(this.index + 1, this.index + 3)) if (coming.picture) new Image().src = coming.picture;
  }

  // What is still open, before everybody is sent home.
  drawEnd() {
    const words = this.data.words;
    const open = this.data.items.map((item, place) => (item.picture && !item.decision ? place + 1 : 0)).filter(Boolean);
    return made("div", {class: "ask", role: "alertdialog", "aria-label": words.end_ask}, made("h3", {}, words.end_ask),
      made("p", {}, open.length ? words.undecided.replace("{numbers}", open.join(", ")) : words.all_decided), made("p", {class: "facts"}, words.end_note),
      made("div", {class: "verdicts"}, this.button(words.end, "Enter", () => this.end()), this.button(words.go_on, "Esc", () => this.close())));
  }

  drawJoin() {
    const {join, words} = this.data;
    return made("div", {class: "ask join", role: "dialog", "aria-label": words.join}, made("img", {src: join.code, alt: join.address}),
      made("p", {}, join.address), made("p", {class: "facts"}, words.join_note), this.button(words.go_on, "Esc", () => this.close()));
  }

  get pinned() {
    return (this.item.said || []).flatMap((one) => one.marks);
  }

  // The picture keeps its shape within its frame: the marks belong to the picture, not to the frame.
  placePins() {
    const image = this.board.querySelector(".picture");
    const layer = this.board.querySelector(".pins");
    if (!image || !layer) return;
    this.resized.observe(image);
    const scale = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight) || 0;
    const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    layer.style.cssText = `width:${width}px;height:${height}px;left:${image.offsetLeft + (image.clientWidth - width) / 2}px;` +
      `top:${image.offsetTop + (image.clientHeight - height) / 2}px`;
  }

  button(label, key, onclick) {
    return made("button", {onclick}, key ? made("kbd", {}, key) : null, label);
  }

  drawScores(item) {
    return made("aside", {}, ...(item.scores || []).map((score) => made("p", {}, made("small", {}, score.label), made("b", {}, score.value))),
      ...(this.votesHidden ? [] : saidLines(item.said || [], "p")));
  }

  drawFooter(footer, item) {
    const words = this.data.words;
    const decided = item.decision;
    footer.dataset.item = item.id;
    const hidden = this.votesHidden;
    const given = item.votes.length || item.voters || 0;
    const secret = hidden && given ? made("p", {class: "votes"}, made("small", {}, (this.data.voting ? words.voters : words.voters_shown).replace("{n}", given)),
      this.data.presenting ? this.button(words.show_votes, "V", () => this.toggle("votes")) : null) : null;
    const tally = hidden ? [] : VERDICTS.map((verdict) => [verdict, item.votes.filter((vote) => vote === verdict).length]).filter(([, count]) => count)
      .map(([verdict, count]) => made("span", {class: verdict, title: words[verdict]}, made("i", {}, SHAPES[verdict]), `${count}`));
    const decision = decided && made("p", {class: `decision ${decided.verdict}`},
      made("i", {"aria-hidden": "true"}, SHAPES[decided.verdict]), decided.words);
    const verdicts = this.judging ? verdictButtons(words, item[this.own]?.verdict, (verdict) => this.judge(verdict)) : [];
    const label = this.judging ? made("small", {}, this.data.presenting ? words.team_verdict : words.own_verdict,
      item[this.own] ? made("button", {class: "undo", onclick: () => this.undo()}, made("kbd", {}, "Z"), words.undo) : null) : null;
    footer.replaceChildren(
      made("div", {class: "said", tabindex: isLong(item.text) ? "0" : null}, made("p", {class: isLong(item.text) ? "copy long" : "copy"}, item.text || ""), made("p", {class: "facts"}, item.facts || ""),
        decision || null, secret, tally.length ? made("p", {class: "votes"}, made("small", {}, words.votes), ...tally) : null),
      made("div", {class: "deciding"}, this.judging && this.open.reasons ? this.drawReasons() : null, label,
        made("div", {class: "verdicts"}, ...verdicts)));
  }

  drawReasons() {
    const words = this.data.words;
    const tags = tagButtons(this.data.tags, this.tags);
    const comment = made("textarea", {placeholder: words.comment, maxlength: "2000", rows: "2", "aria-label": words.comment,
      oninput: (event) => { this.comment = event.currentTarget.value; },
      onkeydown: (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        event.currentTarget.blur();
      }});
    comment.value = this.comment;
    return made("div", {class: "reasons"}, made("div", {class: "tags"}, ...tags), comment);
  }

  drawClock() {
    const clock = this.board.querySelector(".clock");
    const minutes = (since) => {
      const seconds = Math.max(0, Math.round((Date.now() - this.skew - since) / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    if (clock && !this.data.ended) {
      const {words, shown, started} = this.data;
      clock.textContent = `${words.this_picture} ${minutes(shown)} · ${words.meeting} ${minutes(started)}`;
    }
  }

  drawState() {
    const state = this.board.querySelector(".state");
    if (state && this.judging) state.textContent = this.log.state(this.data.words);
  }

  stop() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("pointermove", this.onMove);
    clearInterval(this.ticking);
    clearTimeout(this.sleeping);
    this.resized.disconnect();
    this.log.stop();
  }
}

export default kept(({parentElement, setTriggerValue, data}) => {
  let screen = screens.get(parentElement);
  if (screen && (screen.data.meeting !== data.meeting || screen.data.name !== data.name || screen.data.presenting !== data.presenting)) {
    screen.stop();
    screen = null;
  }
  if (screen) screen.take(data);
  else screens.set(parentElement, (screen = new Screen(parentElement, data)));
  screen.tell = setTriggerValue;
  screen.log.report = (entries) => setTriggerValue("log", entries);
  return () => {
    screen.stop();
    screens.delete(parentElement);
  };
});
