// The boxes over the finished ads: while E is held, or until the button is pressed again.
export default renewed(({parentElement, data}) => {
  const button = parentElement.querySelector("button");
  const root = document.documentElement;
  const draw = () => {
    const shown = root.hasAttribute("data-fd-evidence");
    button.setAttribute("aria-pressed", String(shown));
    button.textContent = shown ? data.shown : data.words;
  };
  const show = (shown) => { root.toggleAttribute("data-fd-evidence", shown); draw(); };
  const typed = (event) => {
    const {tagName, isContentEditable} = event.composedPath()[0];
    return ["INPUT", "TEXTAREA", "SELECT"].includes(tagName) || isContentEditable;
  };
  let held = false;
  const down = (event) => {
    if (event.repeat || typed(event) || !keyAction(event, {e: true})) return;
    held = !root.hasAttribute("data-fd-evidence");
    show(held);
  };
  const up = (event) => {
    if (!held || !keyAction(event, {e: true})) return;
    held = false;
    show(false);
  };
  button.onclick = () => show(!root.hasAttribute("data-fd-evidence"));
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", up);
  draw();
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", up);
    if (held) show(false);
  };
});
