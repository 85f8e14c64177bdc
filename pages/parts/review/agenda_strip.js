// The agenda beside the picture; the presenter jumps, moves and takes off.
function agendaStrip(screen) {
  const {items, presenting, ended, words} = screen.data;
  const changing = presenting && !ended;
  const small = (sign, label, disabled, onclick) => made("button", {class: "small", title: label, "aria-label": label, disabled, onclick}, sign);
  return made("nav", {}, ...items.map((item, place) => made("div", {class: place === screen.index ? "here" : ""},
    made("button", {class: "point", disabled: !changing, onclick: () => screen.go(place)},
      item.thumb ? made("img", {src: item.thumb, alt: "", loading: "lazy"}) : null,
      made("span", {}, `${place + 1}`), made("i", {class: item.decision?.verdict || ""}, SHAPES[item.decision?.verdict] || "○")),
    ...(changing ? [small("↑", words.up, place === 0, () => screen.shift(place, -1)),
      small("↓", words.down, place === items.length - 1, () => screen.shift(place, 1)),
      small("✕", words.take_off, items.length === 1, () => screen.arrange(items.filter((other) => other !== item)))] : []))),
    ...(changing ? [made("button", {onclick: () => screen.tell("edit", Date.now())}, words.edit)] : []));
}
