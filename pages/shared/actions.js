// What the row of actions does without leaving the page: an address to the clipboard, pictures on the agenda. Without
// this script, with a key held, or before the reviewer's name is known, they are ordinary links.
const SAID_MS = 2500;

// Without https the browser has no clipboard to write to; the old way asks a field.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.cssText = "position:fixed;opacity:0";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function say(link, words) {
  link.textContent = link.dataset.said = words;
  clearTimeout(link.saying);
  link.saying = setTimeout(() => {
    delete link.dataset.said;
    link.textContent = link.title;
  }, SAID_MS);
}

export default renewed(({data, setTriggerValue}) => {
  const clicked = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    const link = event.composedPath().find((one) => one.dataset?.act);
    if (!link || (link.dataset.act === "agenda" && !data.collects)) return;
    event.preventDefault();
    if (link.dataset.act === "copy") copied(link.href).then(() => say(link, data.copied));
    else setTriggerValue("agenda", link.dataset.pictures);
  };
  document.addEventListener("click", clicked, true);
  return () => document.removeEventListener("click", clicked, true);
});
