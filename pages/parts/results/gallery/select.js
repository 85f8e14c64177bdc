// Selecting cards: a click on a card's box, with Shift the whole stretch since the last one. It is shown at once and sent
// when the hand rests; the boxes are hidden until this script is there. The page draws the bar of what can be done with them.
const RESTS_MS = 350;
const tab = {chosen: new Set(), last: null, sending: 0, awaits: null};

const boxes = () => [...document.querySelectorAll("[data-pick]")];

function show() {
  for (const box of boxes()) {
    const chosen = String(tab.chosen.has(box.dataset.pick));
    if (box.getAttribute("aria-pressed") === chosen) continue;
    box.setAttribute("aria-pressed", chosen);
    box.parentElement.classList.toggle("fd-picked", chosen === "true");
  }
}

export default renewed(({data, setTriggerValue}) => {
  // What was drawn before the newest click was sent is old news.
  if (tab.awaits === null || tab.awaits === data.chosen.join()) {
    tab.chosen = new Set(data.chosen);
    tab.awaits = null;
  }
  const clicked = (event) => {
    const box = event.composedPath().find((one) => one.dataset?.pick);
    if (!box) return;
    event.preventDefault();
    const all = boxes();
    const [from, to] = [all.findIndex((one) => one.dataset.pick === tab.last), all.indexOf(box)];
    const some = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
    const take = !tab.chosen.has(box.dataset.pick);
    for (const one of some) {
      if (take) tab.chosen.add(one.dataset.pick);
      else tab.chosen.delete(one.dataset.pick);
    }
    tab.last = box.dataset.pick;
    tab.awaits = "a click that is not sent yet";
    show();
    clearTimeout(tab.sending);
    tab.sending = setTimeout(() => {
      tab.awaits = [...tab.chosen].slice(0, data.most).join();
      setTriggerValue("chosen", [...tab.chosen]);
    }, RESTS_MS);
  };
  document.body.dataset.feedlySelects = "yes";
  show();
  const redrawn = new MutationObserver(show);
  redrawn.observe(document.querySelector('[data-testid="stMain"]'), {subtree: true, childList: true});
  document.addEventListener("click", clicked, true);
  return () => {
    redrawn.disconnect();
    document.removeEventListener("click", clicked, true);
  };
});
