// What Streamlit's own page says wrong or not at all: its language, its title, that it can be installed, and a second,
// unnamed graphic in each metric, whose number stands beside it.
const UNNAMED = '[data-testid="stMetricChart"] svg:not([aria-hidden])';

function inHead(tag, attributes) {
  const [[first, value]] = Object.entries(attributes);
  const known = [...document.head.querySelectorAll(`${tag}[${first}="${value}"]`)].find((one) => one.media === (attributes.media ?? ""));
  const element = known ?? document.head.appendChild(document.createElement(tag));
  Object.entries(attributes).forEach(([name, text]) => element.setAttribute(name, text));
}

export default renewed(({data}) => {
  document.documentElement.lang = data.language;
  inHead("link", {rel: "manifest", href: data.manifest});
  inHead("link", {rel: "apple-touch-icon", href: data.icon});
  for (const [theme, colour] of Object.entries(data.colours))
    inHead("meta", {name: "theme-color", media: `(prefers-color-scheme: ${theme})`, content: colour});
  const hide = () => document.querySelectorAll(UNNAMED).forEach((drawing) => drawing.setAttribute("aria-hidden", "true"));
  const watching = new MutationObserver(hide);
  watching.observe(document.body, {childList: true, subtree: true});
  hide();
  return () => watching.disconnect();
});
