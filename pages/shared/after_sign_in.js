// The kept address is opened once, soon, and only on this very site: it is the address line's own, path and query.
const KEY = "feedly.asked-for";
const MINUTES = 15;

export default function ({ data }) {
  const here = location.pathname + location.search;
  try {
    if (!data.signed_in) {
      if (location.search || !location.pathname.endsWith("/")) {
        sessionStorage.setItem(KEY, JSON.stringify({ address: here, at: Date.now() }));
      }
      return;
    }
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    sessionStorage.removeItem(KEY);
    if (kept && kept.address !== here && Date.now() - kept.at < MINUTES * 60000) {
      location.replace(new URL(kept.address, location.origin).pathname + new URL(kept.address, location.origin).search);
    }
  } catch {
    // Storage is refused: the person lands on the first page, as without a kept address.
  }
}
