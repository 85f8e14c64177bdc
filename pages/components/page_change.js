// Streamlit's page learns only from the first answer that another page is shown. Until then it asks in the name of
// the page that is left, and what answers that clears the new page for good. So what asks by itself (live.js, the
// log of verdicts) waits meanwhile.
const PAGE_LINKS = ["stSidebarNavLink", "stPageLink-NavLink", "stLogoLink"].map((id) => `[data-testid="${id}"]`).join();
const SHOWN = '[data-testid="stSidebarNavLink"][aria-current="page"]';
const PATIENCE = 30000;

function pageChange() {
  let left, since;
  const shown = () => document.querySelector(SHOWN)?.pathname;
  const to = (path) => path === shown() || ([left, since] = [shown(), Date.now()]);
  const clicked = (event) => {
    const link = event.target.closest?.(PAGE_LINKS);
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) to(link.pathname);
  };
  const back = () => to(location.pathname);
  document.addEventListener("click", clicked, true);
  addEventListener("popstate", back);
  return {
    isUnderway: () => left !== undefined && left === shown() && Date.now() - since < PATIENCE,
    forget: () => {
      document.removeEventListener("click", clicked, true);
      removeEventListener("popstate", back);
    },
  };
}
