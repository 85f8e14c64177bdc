// A list keeps the focus when something was chosen from it, and with it the keys of the page: it would search by them.
// So it gives the focus up. The Tab key goes on from there.
const CLOSES_MS = 120;

export default renewed(() => {
  const chosen = (event) => {
    const option = event.type === "click" ? event.target.closest?.('[role="option"]') : event.key === "Enter";
    if (option) setTimeout(giveUp, CLOSES_MS);
  };
  const giveUp = () => {
    const one = document.activeElement;
    if (one?.getAttribute("role") === "combobox" && one.getAttribute("aria-expanded") !== "true") one.blur();
  };
  document.addEventListener("click", chosen, true);
  document.addEventListener("keydown", chosen, true);
  return () => {
    document.removeEventListener("click", chosen, true);
    document.removeEventListener("keydown", chosen, true);
  };
});
