// Keeps one socket a page view and reports each new version number to Python. Data never comes this way.
// Where the socket cannot be had (a proxy that lets none through) it asks for a redraw every 2 s instead.
// A redraw whose version has not come LOST_MS later is asked for again.
const LOST_MS = 5000;
const following = new WeakMap();

function follow(address, drawn, delay) {
  const live = {address, drawn, trigger: () => {}};
  live.report = (version) => {
    clearTimeout(held);
    if (mustWait()) held = setTimeout(live.report, 250, version);
    else live.trigger(version);
  };
  const redraw = () => {
    collecting = undefined;
    live.report(live.newest);
    clearTimeout(lost);
    lost = setTimeout(() => Number(live.drawn) < Number(live.newest) && redraw(), LOST_MS);
  };
  let socket, timer, collecting, asking, held, lost, wait = 500, stopped = false;
  const open = () => {
    socket = new WebSocket(address);
    socket.onmessage = (message) => {
      wait = 500;
      live.newest = message.data;
      if (live.newest !== live.drawn) collecting ??= setTimeout(redraw, delay);
    };
    socket.onopen = () => {
      clearInterval(asking);
      asking = undefined;
    };
    socket.onclose = () => {
      if (stopped) return;
      asking ??= setInterval(() => document.hidden || live.report("asked " + Date.now()), 2000);
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 10000);
    };
  };
  live.stop = () => {
    stopped = true;
    clearTimeout(timer);
    clearTimeout(collecting);
    clearTimeout(held);
    clearTimeout(lost);
    clearInterval(asking);
    clearInterval(live.pulse);
    socket.close();
  };
  open();
  return live;
}

export default function ({parentElement, setTriggerValue, data}) {
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
  live.drawn = data.version;
  live.trigger = (version) => setTriggerValue("tick", version);
  return () => {
    live.stop();
    following.delete(parentElement);
  };
}
