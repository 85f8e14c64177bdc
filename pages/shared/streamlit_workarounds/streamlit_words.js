// Streamlit's own words are English in every language. In the places that it writes itself, and only there, a known
// word is replaced by ours; data is never touched. Going back to English puts back what stood there.
const PLACES = ['[data-testid^="stMainMenu"]', '[data-testid^="stFileUploader"]', '[role="listbox"]'].join();
const LABELLED = "button[aria-label], [role=group][aria-label], input[aria-label], nav[aria-label]";
const before = new Map();
let words = {}, waiting;

function said(english) {
  const plain = english.trim();
  if (Object.hasOwn(words, plain)) return english.replace(plain, words[plain]);
  for (const [pattern, korean] of Object.entries(words)) {
    const [start, end, more] = pattern.split("*");
    const fits = end !== undefined && more === undefined && plain.length > start.length + end.length;
    if (fits && plain.startsWith(start) && plain.endsWith(end))
      return korean.replace("*", plain.slice(start.length, plain.length - end.length));
  }
  return undefined;
}

function replace(owner, read, write) {
  const known = before.get(owner);
  const now = read();
  const english = known?.korean === now ? known.english : now;
  const korean = english && said(english);
  if (korean === undefined && known?.korean === now) write(known.english);
  if (!korean || korean === now) return;
  before.set(owner, {english, korean});
  write(korean);
}

function pass() {
  waiting = undefined;
  for (const owner of before.keys()) if (!owner.isConnected) before.delete(owner);
  for (const place of document.querySelectorAll(PLACES)) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      replace(node, () => node.nodeValue, (text) => (node.nodeValue = text));
  }
  for (const element of document.querySelectorAll(LABELLED))
    replace(element, () => element.getAttribute("aria-label"), (text) => element.setAttribute("aria-label", text));
}

export default renewed(({data}) => {
  words = data.words;
  const soon = () => (waiting ??= requestAnimationFrame(pass));
  const watching = new MutationObserver(soon);
  watching.observe(document.body, {childList: true, subtree: true});
  soon();
  return () => watching.disconnect();
});
