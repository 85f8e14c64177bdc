// Streamlit starts a component anew whenever its data changes. It stops only the last start of all, when the component has
// left the page, and one that was overtaken while it began: before its follower begins or after it, as the browser is quick
// to import. So a listener of each start would hear every click, and an overtaken start would end what its follower goes on
// with: an agenda that somebody has opened. What Streamlit stops while its place is on the page has a follower.
const stops = new WeakMap();

function end(place) {
  stops.get(place)?.();
  stops.delete(place);
}

function endsOnceGone(place, stop) {
  stops.set(place, stop);
  return () => {
    if (!place.isConnected) end(place);
  };
}

// Each start ends the one before.
const renewed = (start) => (component) => {
  end(component.parentElement);
  return endsOnceGone(component.parentElement, start(component));
};

// What a start began goes on through the later ones; what the newest returns ends it.
const kept = (start) => (component) => endsOnceGone(component.parentElement, start(component));

// For what listens to the whole page: it begins once in a tab and is told the newest data. Streamlit stops a component
// that is drawn at another place before it starts it there, and a click between the two would be lost.
const lasting = (name, start) => ({data}) => {
  const tab = (window.feedlyLasting ??= {});
  const begun = name in tab;
  tab[name] = data;
  if (!begun) start(() => tab[name]);
};
