// An empty place asks for what belongs there when it comes near the window, until that is drawn (height 0). One asks
// at a time, while no script runs: of two requests for different fragments Streamlit loses one.
const NEAR = "400px", LOOK_MS = 50, AGAIN_MS = 3000;
const line = (window.feedlySights ??= {places: [], asked: 0});

function next() {
  clearTimeout(line.timer);
  if (!line.places.length) return;
  const still = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
  if (still && !mustWait() && Date.now() > line.asked + AGAIN_MS) {
    line.asked = Date.now();
    const ask = line.places.shift();
    line.places.push(ask);
    ask();
  }
  line.timer = setTimeout(next, LOOK_MS);
}

function leave(ask) {
  if (!line.places.includes(ask)) return;
  line.places = line.places.filter((one) => one !== ask);
  line.asked = 0;
}

export default renewed(({parentElement, data, setStateValue}) => {
  const place = parentElement.querySelector(".place");
  place.style.height = `${data.height}px`;
  if (!data.height) return undefined;
  const ask = () => setStateValue("seen", Date.now());
  const sight = new IntersectionObserver((entries) => {
    if (!entries.some((one) => one.isIntersecting)) return;
    sight.disconnect();
    line.places.push(ask);
    next();
  }, {rootMargin: NEAR});
  sight.observe(place);
  return () => {
    sight.disconnect();
    leave(ask);
  };
});
