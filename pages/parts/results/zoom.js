// Streamlit mounts a chart anew when its content changes, and the zoom would be lost: just before a control is
// used, this tells Python the ranges that the figure shows, and Python draws the next figure with them.
export default function ({ data, setStateValue }) {
  const figure = () => document.querySelector(`.${data.figure} .js-plotly-plot`);
  const shown = () => {
    const layout = figure()?._fullLayout;
    return layout && { job: data.job, x: layout.xaxis.range.map(Number), y: layout.yaxis.range.map(Number) };
  };
  const remember = (event) => {
    if (!event.target.closest?.(`.${data.controls}`)) return;
    const now = shown();
    if (now) setStateValue("zoom", now);
  };
  const forget = (event) => {
    if (data.zoomed && event.target.closest?.(`.${data.figure}`)) setStateValue("zoom", null);
  };
  document.addEventListener("click", remember, true);
  document.addEventListener("dblclick", forget, true);
  return () => {
    document.removeEventListener("click", remember, true);
    document.removeEventListener("dblclick", forget, true);
  };
}
