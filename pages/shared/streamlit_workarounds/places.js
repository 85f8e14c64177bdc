// Where one was on a page. Back and Forward bring the scroll of that visit back, a link begins at the top, and the menu's
// link to the page that is shown leads to its start: Streamlit follows neither. A theme that was chosen holds for every
// page: Streamlit keeps it for the one address at which it was chosen.
const MAIN = '[data-testid="stMain"]';
const SHOWN = '[data-testid="stSidebarNavLink"][aria-current="page"]';
const IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]';
const HAND = ["wheel", "touchmove", "keydown", "pointerdown"];
const STORE = "feedly.places";
const [LOOK_MS, STEADY, PATIENCE_MS, MOST] = [100, 8, 10000, 200];
const tab = {places: null, wanted: null};

const visit = () => window.navigation?.currentEntry?.key ?? location.href;

// A browser may refuse its storage: then places live in this tab alone.
function stored(storage, name, text) {
  try {
    if (text === undefined) return storage.getItem(name);
    storage.setItem(name, text);
  } catch { /* refused */ }
  return null;
}

function keep() {
  const newest = Object.entries(tab.places).slice(-MOST);
  stored(sessionStorage, STORE, JSON.stringify(Object.fromEntries(newest)));
}

// What is redrawn grows from the top: the place is taken again until the page that was asked for stands still.
function reach() {
  const main = document.querySelector(MAIN);
  if (!tab.wanted || !main) return;
  const {top, since, run} = tab.wanted;
  if (main.scrollTop !== top) main.scrollTop = top;
  const drawn = document.body.dataset.feedlyRun !== run && document.querySelector(IDLE);
  tab.wanted.steady = drawn && Math.abs(main.scrollTop - top) <= 1 ? tab.wanted.steady + 1 : 0;
  if (tab.wanted.steady > STEADY || Date.now() - since > PATIENCE_MS) tab.wanted = null;
}

function themes(paths) {
  const name = `stActiveTheme-${location.pathname}-v2`;
  const chosen = stored(localStorage, name);
  if (tab.path === location.pathname && chosen && chosen !== tab.theme) {
    for (const path of paths) stored(localStorage, `stActiveTheme-${path}-v2`, chosen);
  }
  [tab.path, tab.theme] = [location.pathname, chosen];
}

export default lasting("places", (newest) => {
  tab.places ??= JSON.parse(stored(sessionStorage, STORE) || "{}");
  const note = () => {
    const main = document.querySelector(MAIN);
    if (tab.wanted || !main || main.inert || tab.places[visit()] === main.scrollTop) return;
    delete tab.places[visit()];
    tab.places[visit()] = main.scrollTop;
  };
  const scrolled = (event) => event.target.matches?.(MAIN) && note();
  const went = () => {
    tab.wanted = {top: tab.places[visit()] ?? 0, since: Date.now(), steady: 0, run: document.body.dataset.feedlyRun};
    reach();
  };
  const leaving = () => {
    keep();
    themes(newest().paths);
  };
  const byHand = () => { tab.wanted = null; };
  const clicked = (event) => {
    note(); // a scroll is heard a frame later, when the link may have led away already
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    const link = event.target.closest?.(SHOWN);
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    if (location.search) history.pushState(null, "", link.pathname);
    dispatchEvent(new PopStateEvent("popstate"));
  };
  setInterval(() => {
    reach();
    note(); // somebody may have scrolled before this script was there
    themes(newest().paths);
  }, LOOK_MS);
  document.addEventListener("scroll", scrolled, {capture: true, passive: true});
  document.addEventListener("click", clicked, true);
  addEventListener("popstate", went);
  addEventListener("pagehide", leaving);
  HAND.forEach((name) => addEventListener(name, byHand, {capture: true, passive: true}));
});
