// The agenda beside what can be added. A change is drawn at once and the whole order sent.
const OLD_NEWS_MS = 3000;

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".agenda");
  const [agendaHead, offeredHead] = root.querySelectorAll("h3");
  const { words } = data;
  const sent = root.sent;
  // An answer to an earlier change must not take back a later one.
  const old = sent && Date.now() - sent.at < OLD_NEWS_MS && sent.agenda.map((entry) => entry.id).join() !== data.agenda.map((entry) => entry.id).join();
  let agenda = old ? sent.agenda : [...data.agenda];
  let offered = old ? sent.offered : [...data.offered];

  const change = (next) => {
    if (!next.length) return;
    const gone = agenda.filter((entry) => !next.includes(entry));
    offered = [...gone, ...offered.filter((entry) => !next.includes(entry))];
    agenda = next;
    root.sent = { at: Date.now(), agenda, offered };
    draw();
    setTriggerValue("order", agenda.map((entry) => entry.id));
  };
  const moved = (from, to) => {
    const next = [...agenda];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next);
  };
  const button = (sign, label, disabled, act) => {
    const element = Object.assign(document.createElement("button"), { textContent: sign, title: label, disabled, onclick: act });
    element.setAttribute("aria-label", label);
    return element;
  };
  const picture = (entry) => Object.assign(new Image(), { src: entry.thumb, alt: "", loading: "lazy" });
  const text = (tag, content) => Object.assign(document.createElement(tag), { textContent: content, title: content });

  const draw = () => {
    agendaHead.textContent = `${words.agenda} · ${agenda.length}`;
    offeredHead.textContent = words.offered;
    root.querySelector("ol").replaceChildren(...agenda.map((entry, place) => {
      const line = document.createElement("li");
      line.dataset.id = entry.id;
      const said = text("p", entry.words);
      said.append(text("small", entry.facts));
      line.append(picture(entry), said,
        button("↑", words.up, place === 0, () => moved(place, place - 1)),
        button("↓", words.down, place === agenda.length - 1, () => moved(place, place + 1)),
        button("✕", words.remove, agenda.length === 1, () => change(agenda.filter((other) => other !== entry))));
      return line;
    }));
    root.querySelector("section > div").replaceChildren(...offered.map((entry) => {
      const choice = button("", `${words.add}: ${entry.words}`, false, () => change([...agenda, entry]));
      choice.dataset.id = entry.id;
      choice.append(picture(entry), text("small", entry.words));
      return choice;
    }));
  };
  draw();
}
