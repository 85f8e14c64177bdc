// Two pictures over each other: swipe, blink, onion skin, difference; zoom and pan for both. Arrow keys step one
// side through the list while the other stays, at the same zoom.
// Everything happens in the browser. Values come through `data` and are written as text, never as markup.
export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".compare");
  const [below, above] = root.querySelectorAll("img");
  const slider = root.querySelector("input");
  const stage = root.querySelector(".stage");
  const [left, right] = root.querySelectorAll("select");
  const urls = data.pictures.map((picture) => picture.url).join();
  const state = (root.state ??= { mode: "swipe", share: 50, zoom: 1, x: 0, y: 0, shown: true });
  if (state.urls !== urls) Object.assign(state, { urls, left: 0, right: 1 });

  const draw = () => {
    root.dataset.mode = state.mode;
    slider.value = state.share;
    slider.disabled = state.mode === "blink" || state.mode === "difference";
    above.style.clipPath = state.mode === "swipe" ? `inset(0 0 0 ${state.share}%)` : "none";
    above.style.opacity = state.mode === "onion" ? 1 - state.share / 100 : 1;
    above.style.visibility = state.mode === "blink" && !state.shown ? "hidden" : "visible";
    above.style.mixBlendMode = state.mode === "difference" ? "difference" : "normal";
    root.querySelector(".line").style.left = `${state.share}%`;
    root.querySelector(".inner").style.transform =
      `translate(${state.x}px, ${state.y}px) scale(${state.zoom})`;
    for (const button of root.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
    }
  };

  const source = (image, side) => {
    const { url, words } = data.pictures[state[side]];
    if (image.getAttribute("src") !== url) image.src = url;
    image.alt = words;
  };
  const choose = () => {
    source(below, "left");
    source(above, "right");
    left.value = state.left;
    right.value = state.right;
  };
  const step = (side, by) => {
    const other = state[side === "left" ? "right" : "left"];
    const many = data.pictures.length;
    do state[side] = (state[side] + by + many) % many; while (state[side] === other && many > 2);
    choose();
  };
  for (const [select, side] of [[left, "left"], [right, "right"]]) {
    select.setAttribute("aria-label", data[side]);
    select.replaceChildren(...data.pictures.map(({ words }, place) => new Option(words, place)));
    select.onchange = () => { state[side] = Number(select.value); choose(); };
  }
  choose();
  root.querySelector(".help").textContent = data.help;
  slider.setAttribute("aria-label", data.slider);
  for (const button of root.querySelectorAll("button")) button.textContent = data.modes[button.dataset.mode];

  root.onclick = (event) => {
    const mode = event.target.dataset?.mode;
    if (!mode) return;
    if (mode === "blink" && state.mode === "blink") state.shown = !state.shown;
    state.mode = mode;
    draw();
  };
  slider.oninput = () => { state.share = Number(slider.value); draw(); };
  root.onkeydown = (event) => {
    if (["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const by = (steps) => () => step(event.shiftKey ? "left" : "right", steps);
    const action = keyAction(event, {
      ArrowRight: by(1), ArrowLeft: by(-1),
      b: () => { state.mode = "blink"; state.shown = !state.shown; },
      0: () => Object.assign(state, { zoom: 1, x: 0, y: 0 }),
    });
    if (!action) return;
    event.preventDefault();
    action();
    draw();
  };
  stage.onwheel = (event) => {
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const zoom = Math.min(12, Math.max(1, state.zoom * Math.exp(-event.deltaY / 400)));
    state.x = zoom === 1 ? 0 : x - ((x - state.x) * zoom) / state.zoom;
    state.y = zoom === 1 ? 0 : y - ((y - state.y) * zoom) / state.zoom;
    state.zoom = zoom;
    draw();
  };
  stage.onpointerdown = (event) => {
    stage.setPointerCapture(event.pointerId);
    let last = event;
    stage.onpointermove = (move) => {
      if (state.zoom > 1) {
        state.x += move.clientX - last.clientX;
        state.y += move.clientY - last.clientY;
      } else if (state.mode === "swipe") {
        const box = stage.getBoundingClientRect();
        state.share = Math.min(100, Math.max(0, (100 * (move.clientX - box.left)) / box.width));
      }
      last = move;
      draw();
    };
    stage.onpointerup = stage.onpointercancel = () => { stage.onpointermove = null; };
  };
  draw();
}
