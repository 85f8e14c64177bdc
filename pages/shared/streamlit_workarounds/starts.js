// Streamlit starts a component anew whenever its data changes. It stops only the last start of all, and late one that was
// overtaken while it began. So a listener of each start would hear every click, and an overtaken start would stop its follower.
const stops = new WeakMap();

function stopOnce(place, stop) {
  const mine = () => {
    if (stops.get(place) !== mine) return;
    stops.delete(place);
    stop?.();
  };
  stops.set(place, mine);
  return mine;
}

// Each start ends the one before.
const renewed = (start) => (component) => {
  stops.get(component.parentElement)?.();
  return stopOnce(component.parentElement, start(component));
};

// What a start began goes on through the later ones; what the newest returns ends it.
const kept = (start) => (component) => stopOnce(component.parentElement, start(component));

// For what listens to the whole page: it begins once in a tab and is told the newest data. Streamlit stops a component
// that is drawn at another place before it starts it there, and a click between the two would be lost.
const lasting = (name, start) => ({data}) => {
  const tab = (window.feedlyLasting ??= {});
  const begun = name in tab;
  tab[name] = data;
  if (!begun) start(() => tab[name]);
};
