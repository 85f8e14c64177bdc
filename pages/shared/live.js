// Keeps one socket per part of a page and reports each new version to Python. Data never comes this way.
// A version is "process:number": numbers of two processes say nothing about each other.
// Where the socket cannot be had (a proxy that lets none through or keeps it waiting) it asks for a redraw every 2 s
// instead.
// A redraw whose version has not come LOST_MS later is asked for again.
// One redraw at a time, and after it a rest as long as it took: where changes never end, pages that redraw without a
// rest take the whole server, and every change waits behind all of them. Either lasts REST_MS at most: a redraw may
// have been lost.
// The page calls itself live only while each of its parts has proved it lately (style.css shows which word).
// After a sleep a socket may be dead though nobody closed it: one that is silent for too long, or does not
// come to open, is opened anew.
const LOST_MS = 5000, REST_MS = 1000, UNPROVED_MS = 25000, ASK_MS = 2000;
const following = new WeakMap();
const parts = new Set();
let proving;

// Below 0 when what is drawn is older; NaN between two processes.
function lead(drawn, newest) {
  const [[process, number], [other, least]] = [drawn, newest].map((version) => version.split(":"));
  return process === other ? number - least : NaN;
}

const behind = (drawn, newest) => lead(drawn, newest) < 0;

function prove() {
  for (const part of parts) part.renew();
  const live = !mustWait() && [...parts].every((part) => part.proved());
  document.body.dataset.feedlyLive = live ? "yes" : "no";
}

function follow(address, drawn, delay) {
  const live = {address, drawn, drawnAt: Date.now(), trigger: () => {}};
  live.report = (version) => {
    clearTimeout(held);
    if (mustWait()) held = setTimeout(live.report, 250, version);
    else live.trigger(version);
  };
  const ask = () => {
    if (Date.now() - askedAt < REST_MS) again = true;
    else collecting ??= setTimeout(redraw, Math.max(delay, restUntil - Date.now()));
  };
  const redraw = () => {
    collecting = undefined;
    askedAt = Date.now();
    askedFor = live.newest;
    live.report(askedFor);
    clearTimeout(lost);
    lost = setTimeout(() => {
      askedAt = 0;
      if (behind(live.drawn, live.newest)) redraw();
    }, LOST_MS);
  };
  live.came = (version) => {
    live.drawn = version;
    live.drawnAt = Date.now();
    if (!askedAt || behind(version, askedFor)) return;
    restUntil = live.drawnAt + Math.min(live.drawnAt - askedAt, REST_MS);
    askedAt = 0;
    if (again && !(lead(version, live.newest) >= 0)) ask();
    again = false;
  };
  let socket, timer, collecting, asking, held, lost, wait = 500, stopped = false, heardAt = 0, newSince = 0;
  let askedAt = 0, askedFor, restUntil = 0, again = false;
  live.proved = () => {
    const now = Date.now();
    const heard = socket.readyState === WebSocket.OPEN ? now - heardAt < UNPROVED_MS : now - live.drawnAt < 4 * ASK_MS;
    return heard && !(live.newest && behind(live.drawn, live.newest) && now - newSince > 2 * LOST_MS + delay);
  };
  const askMeanwhile = () => {
    asking ??= setInterval(() => document.hidden || live.report("asked " + Date.now()), ASK_MS);
  };
  live.renew = () => { // a closed one opens by itself
    if (socket.readyState > WebSocket.OPEN || Date.now() - heardAt < UNPROVED_MS) return;
    const dead = socket;
    if (dead.readyState !== WebSocket.OPEN) askMeanwhile();
    dead.onopen = dead.onmessage = dead.onclose = null;
    dead.close();
    open();
  };
  const open = () => {
    socket = new WebSocket(address);
    heardAt = Date.now();
    socket.onmessage = ({data: version}) => {
      wait = 500;
      heardAt = Date.now();
      const known = version === live.newest;
      if (!known) newSince = heardAt;
      live.newest = version;
      if (version !== live.drawn && (!known || behind(live.drawn, version))) ask();
    };
    socket.onopen = () => {
      clearInterval(asking);
      asking = undefined;
      heardAt = Date.now();
    };
    socket.onclose = () => {
      if (stopped) return;
      askMeanwhile();
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 10000);
    };
  };
  live.stop = () => {
    stopped = true;
    parts.delete(live);
    clearTimeout(timer);
    clearTimeout(collecting);
    clearTimeout(held);
    clearTimeout(lost);
    clearInterval(asking);
    clearInterval(live.pulse);
    socket.close();
  };
  open();
  parts.add(live);
  proving ??= setInterval(prove, 1000);
  return live;
}

export default kept(({parentElement, setTriggerValue, data}) => {
  const address = location.origin.replace(/^http/, "ws") + data.path;
  let live = following.get(parentElement);
  if (!live || live.address !== address) {
    live?.stop();
    live = follow(address, data.version, data.delay * 1000);
    following.set(parentElement, live);
    if (data.pulse) {
      live.pulse = setInterval(() => document.hidden || live.report("pulse " + Date.now()), data.pulse * 1000);
    }
  }
  live.came(data.version);
  live.trigger = (version) => setTriggerValue("tick", version);
  return () => {
    live.stop();
    following.delete(parentElement);
  };
});
