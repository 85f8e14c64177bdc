// After the connection was lost the server may be another process, or may have forgotten this tab: then none of the
// tab's parts exists there and every redraw of one is dropped. So the tab asks for a whole run, with what it carries,
// until one has come. Streamlit itself asks for one only where a run was interrupted.
const ASK_AGAIN_MS = 4000;
const STATE = "data-test-connection-state";
const tab = {};

function app() {
  return document.querySelector('[data-testid="stApp"]');
}

function connected() {
  return app()?.getAttribute(STATE) === "CONNECTED";
}

function returning(yes) {
  if (yes) document.body.dataset.feedlyReturning = "yes";
  else delete document.body.dataset.feedlyReturning;
}

// Parts may ask again when the run has ended: before, the server does not know all of them.
function finish() {
  if (tab.due) return;
  if (app()?.dataset.testScriptState === "running") setTimeout(finish, 100);
  else returning(false);
}

function ask() {
  clearTimeout(tab.asking);
  if (!tab.due) return;
  if (connected() && !document.querySelector('[data-testid="stMain"]')?.inert) tab.trigger("returned", tab.due);
  tab.asking = setTimeout(ask, ASK_AGAIN_MS);
}

function changed() {
  const now = connected();
  if (tab.connected && !now) {
    tab.due = {session: tab.data.session, carried: tab.data.carried};
    returning(true);
  }
  if (!tab.connected && now && tab.due) tab.asking = setTimeout(ask, 0);
  tab.connected = now;
}

export default kept(({data, setTriggerValue}) => {
  const another = tab.data && (tab.data.session !== data.session || tab.data.run !== data.run);
  tab.trigger = setTriggerValue;
  tab.data = data;
  document.body.dataset.feedlyRun = `${data.session} ${data.run}`; // tests wait for it
  if (tab.due && another && connected()) {
    tab.due = undefined;
    clearTimeout(tab.asking);
    finish();
  }
  if (!tab.watching) {
    tab.connected = connected();
    tab.watching = new MutationObserver(changed);
    tab.watching.observe(document.documentElement, {subtree: true, attributeFilter: [STATE]});
  }
  return () => {
    tab.watching.disconnect();
    tab.watching = undefined;
  };
});
