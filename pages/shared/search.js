// Search on every page: a button in the head of the page, Ctrl+K (⌘K) and "/". The list is filled from an address of
// the server while one types; only opening a hit runs the page. Texts are written as text, never as markup.
const WAIT_MS = 90;
const ui = {};

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

function build() {
  ui.button = make("button", "fd-find");
  ui.button.type = "button";
  ui.button.append(make("i", "", "⌕"), make("span"), make("kbd", "", /Mac|iP/.test(navigator.platform) ? "⌘K" : "Ctrl K"));
  ui.button.firstChild.setAttribute("aria-hidden", "true");
  ui.button.addEventListener("click", show);
  ui.dialog = make("dialog", "fd-search");
  ui.input = make("input");
  Object.assign(ui.input, {type: "search", autocomplete: "off", spellcheck: false, maxLength: 200});
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", "fd-search-hits"]])
    ui.input.setAttribute(name, value);
  ui.list = make("div", "fd-search-hits");
  ui.list.id = "fd-search-hits";
  ui.list.setAttribute("role", "listbox");
  ui.said = make("p", "fd-search-said");
  ui.said.setAttribute("role", "status");
  ui.ways = make("div", "fd-search-ways");
  ui.keys = make("small");
  ui.dialog.append(ui.input, ui.said, ui.list, ui.ways, ui.keys);
  ui.input.addEventListener("input", asked);
  ui.dialog.addEventListener("keydown", pressed);
  ui.dialog.addEventListener("click", (event) => event.target === ui.dialog && ui.dialog.close());
  ui.dialog.addEventListener("close", () => ui.asking?.abort());
}

function name() {
  const {words, lang} = ui.data;
  ui.button.querySelector("span").textContent = words.search;
  ui.button.setAttribute("aria-label", words.search);
  ui.dialog.setAttribute("aria-label", words.search);
  ui.dialog.lang = lang;
  ui.input.placeholder = words.hint;
  ui.input.setAttribute("aria-label", words.search);
  ui.list.setAttribute("aria-label", words.results);
  ui.keys.textContent = [words.choose, words.open, words.close].join(" · ");
}

function show() {
  if (ui.dialog.open) return;
  const look = getComputedStyle(document.querySelector('[data-testid="stApp"]') ?? document.body);
  ui.dialog.style.setProperty("--ground", look.backgroundColor);
  ui.dialog.style.setProperty("--ink", look.color);
  ui.dialog.style.fontFamily = look.fontFamily;
  ui.dialog.showModal();
  ui.input.select();
  if (!ui.input.value.trim()) say(ui.data.words.help);
}

function say(text) {
  ui.said.textContent = text;
  ui.said.hidden = !text;
}

function asked() {
  clearTimeout(ui.timer);
  ui.timer = setTimeout(ask, WAIT_MS);
}

async function ask() {
  ui.asking?.abort();
  const asking = (ui.asking = new AbortController());
  const {address, lang, words} = ui.data;
  const query = ui.input.value.normalize("NFC");
  try {
    const answer = await fetch(`${address}?${new URLSearchParams({q: query, lang})}`, {signal: asking.signal});
    const found = answer.ok || answer.status === 503 ? await answer.json() : {problem: words.failed};
    if (ui.asking === asking) draw(found);
  } catch (error) {
    if (error.name !== "AbortError") draw({problem: words.failed});
  }
}

function draw({groups = [], note = "", problem = "", asked = false}) {
  const {words} = ui.data;
  ui.hits = [];
  ui.list.replaceChildren(...groups.map(group));
  say(problem || [asked && !ui.hits.length ? words.nothing : asked ? "" : words.help, note].filter(Boolean).join(" "));
  choose(0);
}

function group({name, more, hits}) {
  const part = make("div");
  part.setAttribute("role", "group");
  part.setAttribute("aria-label", name);
  const head = make("strong", "", name);
  head.setAttribute("role", "presentation");
  part.append(head, ...hits.map(option));
  if (more) part.append(make("small", "", ui.data.words.more));
  return part;
}

function option(hit) {
  const place = ui.hits.push(hit) - 1;
  const row = make("div", "fd-search-hit");
  row.id = `fd-search-hit-${place}`;
  row.setAttribute("role", "option");
  const picture = hit.thumb ? make("img") : make("span", "fd-search-none");
  if (hit.thumb) Object.assign(picture, {src: ui.data.base + hit.thumb, alt: "", loading: "lazy"});
  const words = make("div");
  const title = make("p", "", hit.title);
  if (hit.status) title.append(badge(hit.status));
  const passage = make("small");
  passage.append(make("em", "", hit.field), " ");
  for (const [text, found] of hit.passage) passage.append(found ? make("mark", "", text) : text);
  const facts = [hit.tenant, hit.at && new Date(hit.at).toLocaleDateString(ui.data.lang)].filter(Boolean).join(" · ");
  words.append(title, passage);
  if (facts) words.append(make("small", "", facts));
  row.append(picture, words);
  row.addEventListener("mousemove", () => ui.chosen !== place && choose(place, false));
  hit.ways = hit.ways.map(way);
  row.addEventListener("click", (event) => follow(hit.ways[0], event));
  hit.row = row;
  return row;
}

function badge({state, words}) {
  const [shape, tone] = ui.data.looks[state] ?? ["◇", "odd"];
  const mark = make("span", `fd-badge fd-${tone}`);
  const sign = make("i", "", shape);
  sign.setAttribute("aria-hidden", "true");
  mark.append(sign, make("span", "", words));
  return mark;
}

function choose(place, scroll = true) {
  ui.chosen = ui.hits?.length ? (place + ui.hits.length) % ui.hits.length : -1;
  ui.hits?.forEach(({row}, number) => row.setAttribute("aria-selected", String(number === ui.chosen)));
  const hit = ui.hits?.[ui.chosen];
  ui.input.setAttribute("aria-activedescendant", hit?.row.id ?? "");
  if (scroll) hit?.row.scrollIntoView({block: "nearest"});
  ui.ways.replaceChildren(...(hit?.ways ?? []));
}

// An ordinary link: app_links.js opens it inside the app, and a key held opens another tab.
function way({name, page, params}) {
  const link = make("a", "", name);
  link.href = `${ui.data.base}/${page}?${new URLSearchParams({...params, lang: ui.data.lang})}`;
  link.addEventListener("click", () => ui.dialog.close());
  return link;
}

function follow(link, {ctrlKey, metaKey}) {
  link.dispatchEvent(new MouseEvent("click", {bubbles: true, composed: true, cancelable: true, ctrlKey, metaKey}));
}

// While an input method composes a syllable, Enter and the arrows belong to it.
function pressed(event) {
  event.stopPropagation();
  if (event.isComposing || event.keyCode === 229) return;
  const moves = {ArrowDown: 1, ArrowUp: -1};
  if (event.key in moves && event.target === ui.input) {
    event.preventDefault();
    choose(ui.chosen + moves[event.key]);
  } else if (event.key === "Enter" && event.target === ui.input && ui.hits?.[ui.chosen]) {
    event.preventDefault();
    follow(ui.hits[ui.chosen].ways[0], event);
  } else if (event.key === "Escape") {
    event.preventDefault();
    ui.dialog.close();
  } else if (event.key === "Tab") {
    trap(event);
  }
}

function trap(event) {
  const stops = [ui.input, ...ui.ways.children];
  const place = stops.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
  event.preventDefault();
  stops[(place + stops.length) % stops.length].focus();
}

// By the key's place: with a Korean input method `key` is ㅏ (or "Process") where `code` says KeyK.
function called(event) {
  const combined = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const typing = event.target.closest?.("input, textarea, select, [contenteditable=true], [role=textbox]");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  const slash = plain && !typing && !event.isComposing && (event.code === "Slash" || event.key === "/");
  if (!slash && !(combined && event.code === "KeyK")) return;
  if (document.querySelector("dialog[open]") && !ui.dialog.open) return;
  event.preventDefault();
  event.stopPropagation();
  show();
}

export default kept(({data}) => {
  ui.data = data;
  if (!ui.button) build();
  name();
  if (!ui.button.isConnected) document.body.append(ui.button, ui.dialog);
  document.addEventListener("keydown", called, true);
  return () => {
    document.removeEventListener("keydown", called, true);
    ui.button.remove();
    ui.dialog.remove();
  };
});
