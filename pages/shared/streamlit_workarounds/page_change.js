// Streamlit's page learns only from the first answer that another page is shown. Until then it asks in the name of
// the page that is left, and what answers that clears the new page for good. So from the click on another page to
// its first answer nobody can use the page that is left, and what asks by itself waits (waiting.js). It waits after
// each Back and Forward: asked for both, Streamlit's server would forget that the address alone has changed.
// What was asked in the moment before is put in order by the server (late_requests.py).
// It lasts: begun anew by a drawing of the page that is left, it would forget that another one is on its way.
const LINKS = ["stSidebarNavLink", "stPageLink-NavLink", "stLogoLink"].map((id) => `[data-testid="${id}"]`).join();
const SHOWN = '[data-testid="stSidebarNavLink"][aria-current="page"]';
const PATIENCE = 30000, BACK_MS = 5000;

export default lasting("page-change", () => {
  let watching, going;
  const shown = () => document.querySelector(SHOWN)?.pathname;
  const setInert = (inert) => document.querySelectorAll('[data-testid="stMain"]').forEach((main) => (main.inert = inert));
  const changeTo = (path) => {
    const left = shown();
    if (left === undefined || path === left) return;
    const since = Date.now();
    setInert(true);
    clearInterval(watching);
    watching = setInterval(() => {
      if (shown() === left && Date.now() - since < PATIENCE) return;
      clearInterval(watching);
      setInert(false);
    }, 50);
  };
  const clicked = (event) => {
    const link = event.target.closest?.(LINKS);
    const here = !event.ctrlKey && !event.metaKey && !event.shiftKey && link?.target !== "_blank";
    if (link && here) changeTo(link.pathname);
  };
  const back = () => {
    changeTo(location.pathname);
    document.body.dataset.feedlyGoing = document.body.dataset.feedlyRun ?? "";
    clearTimeout(going);
    going = setTimeout(() => delete document.body.dataset.feedlyGoing, BACK_MS);
  };
  document.addEventListener("click", clicked, true);
  addEventListener("popstate", back);
});
