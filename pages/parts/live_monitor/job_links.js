// A link to a job is opened by the running page; without this script it is an ordinary link.
export default function ({setTriggerValue}) {
  const open = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest?.("a[data-open-job]");
    if (!link) return;
    event.preventDefault();
    setTriggerValue("job", link.dataset.openJob);
  };
  document.addEventListener("click", open);
  return () => document.removeEventListener("click", open);
}
