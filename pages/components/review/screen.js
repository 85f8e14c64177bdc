// The meeting's dark screen: one picture. The presenter moves it; everybody else follows.
const screens = new WeakMap();

class Screen {
  constructor(root, data) {
    this.root = root;
    this.board = root.querySelector(".screen");
    this.log = new VerdictLog(`team.${data.name}`, () => this.data && this.drawState());
    this.tell = () => {};
    this.open = {scores: false, agenda: false};
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.ticking = setInterval(() => this.data && this.drawClock(), 500);
    this.take(data);
  }

  take(data) {
    const first = !this.data;
    const moved = first || this.data.position !== data.position;
    this.data = data;
    this.log.stored([...data.saved, ...data.refused]);
    for (const entry of this.log.waiting) this.decide(entry.item, entry.verdict);
    // The presenter's own screen is ahead of the database: what comes back is old news.
    if (first || moved && !data.presenting) this.index = data.position;
    this.draw();
  }

  get item() {
    return this.data.items[this.index];
  }

  decide(id, verdict) {
    const item = this.data.items.find((each) => each.id === id);
    if (item && verdict) item.decision = verdict;
  }

  key(event) {
    if (typing(event)) return;
    const presenting = this.data.presenting && !this.data.ended;
    const actions = {
      s: () => this.toggle("scores"), a: () => this.toggle("agenda"), f: () => this.fullscreen(),
      Escape: () => this.tell("leave", Date.now()),
      ...(presenting && {
        ArrowRight: () => this.go(this.index + 1), ArrowLeft: () => this.go(this.index - 1), " ": () => this.go(this.index + 1),
        1: () => this.judge("approve"), 2: () => this.judge("needs_work"), 3: () => this.judge("reject"),
      }),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  go(index) {
    const next = Math.max(0, Math.min(index, this.data.items.length - 1));
    if (next === this.index) return;
    this.index = next;
    this.data.shown = Date.now();
    this.tell("show", next);
    this.draw();
  }

  judge(verdict) {
    const item = this.item;
    if (!item.picture) return;
    item.decision = verdict;
    this.log.add({id: newId(), item: item.id, picture: item.picture_id, verdict, tags: [], comment: "", marks: []});
    this.draw();
  }

  toggle(part) {
    this.open[part] = !this.open[part];
    this.draw();
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  draw() {
    const {data, item} = this;
    const words = data.words;
    this.board.dataset.item = item.id;
    this.board.replaceChildren(
      made("header", {},
        made("span", {class: "place"}, `${this.index + 1} / ${data.items.length}`),
        made("span", {class: "who"}, data.ended ? words.ended : data.presenting ? words.presenting : words.following),
        made("span", {class: "clock"}), made("span", {class: "state", role: "status"}),
        this.button(words.agenda, "A", () => this.toggle("agenda")), this.button(words.scores, "S", () => this.toggle("scores")),
        this.button(words.fullscreen, "F", () => this.fullscreen()), this.button(words.leave, "Esc", () => this.tell("leave", Date.now())),
        data.presenting && !data.ended ? this.button(words.end, "", () => this.tell("end", Date.now())) : null),
      made("main", {}, this.open.agenda ? this.drawAgenda() : null,
        item.picture ? made("img", {src: item.picture, alt: item.text, class: "picture"}) : made("p", {}, item.gone),
        this.open.scores ? this.drawScores(item) : null),
      this.drawFooter(item));
    this.drawClock();
    this.drawState();
    for (const coming of data.items.slice(this.index + 1, this.index + 3)) if (coming.picture) new Image().src = coming.picture;
  }

  button(label, key, onclick) {
    return made("button", {onclick}, key ? made("kbd", {}, key) : null, label);
  }

  drawAgenda() {
    return made("nav", {}, ...this.data.items.map((item, place) => made("button", {
      class: place === this.index ? "here" : "", disabled: !this.data.presenting, onclick: () => this.go(place)},
      item.thumb ? made("img", {src: item.thumb, alt: "", loading: "lazy"}) : null,
      made("span", {}, `${place + 1}`), made("i", {class: item.decision || ""}, SHAPES[item.decision] || "○"))));
  }

  drawScores(item) {
    return made("aside", {}, ...(item.scores || []).map((score) => made("p", {}, made("small", {}, score.label), made("b", {}, score.value))),
      ...(item.said || []).map((said) => made("p", {class: "said"}, made("i", {class: said.verdict}, SHAPES[said.verdict]), `${said.who}: ${said.words}`)));
  }

  drawFooter(item) {
    const words = this.data.words;
    const decision = item.decision
      ? made("span", {class: `decision ${item.decision}`}, made("i", {"aria-hidden": "true"}, SHAPES[item.decision]), words[item.decision])
      : null;
    const verdicts = this.data.presenting && !this.data.ended ? VERDICTS.map((verdict, place) => made("button",
      {class: `verdict ${verdict}`, "aria-pressed": String(item.decision === verdict), onclick: () => this.judge(verdict)},
      made("kbd", {}, String(place + 1)), made("i", {"aria-hidden": "true"}, SHAPES[verdict]), words[verdict])) : [decision].filter(Boolean);
    return made("footer", {}, made("div", {}, made("p", {class: "copy"}, item.text || ""), made("p", {class: "facts"}, item.facts || "")),
      made("div", {class: "verdicts"}, ...verdicts));
  }

  drawClock() {
    const clock = this.board.querySelector(".clock");
    const minutes = (since) => {
      const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    if (clock && !this.data.ended) clock.textContent = `${minutes(this.data.shown)} · ${minutes(this.data.started)}`;
  }

  drawState() {
    const state = this.board.querySelector(".state");
    const waiting = this.log.waiting.length;
    if (state && this.data.presenting) state.textContent = waiting ? this.data.words.saving.replace("{n}", waiting) : this.data.words.saved;
  }

  stop() {
    document.removeEventListener("keydown", this.onKey);
    clearInterval(this.ticking);
    this.log.stop();
  }
}

export default function ({parentElement, setTriggerValue, data}) {
  let screen = screens.get(parentElement);
  if (screen && (screen.data.meeting !== data.meeting || screen.data.name !== data.name)) {
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
}
