// A link to a page of ours is opened by the running app: Streamlit follows the address as it does after Back. Without
// this script, without a connection and with a key held, it is an ordinary link.
// A link that changes some choices of its own page keeps all others as they are now: one may be newer than the link.
const CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]';

function wanted(link) {
  if (!link.dataset.changes) return link.href;
  const address = new URL(location.href);
  for (const [name, value] of new URLSearchParams(link.dataset.changes)) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  return address.href;
}

export default lasting("links", (newest) => {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    const link = event.composedPath().find((one) => one.tagName === "A");
    const here = link && ["", "_self"].includes(link.target) && !link.hasAttribute("download");
    const ours = here && link.origin === location.origin && newest().paths.includes(link.pathname);
    if (!ours || !document.querySelector(CONNECTED)) return;
    event.preventDefault();
    const address = wanted(link);
    if (address === location.href) return;
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
  });
  document.body.dataset.feedlyLinks = "yes";
});
