// Rings once for each higher number: two short tones, and the tab's title until the page is looked at.
// Each number is confirmed to Python, which asks again until then.
let rung = 0;

function tones() {
  const audio = new AudioContext();
  [660, 880].forEach((pitch, index) => {
    const tone = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + index * 0.18;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.12, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.17);
  });
  setTimeout(() => audio.close(), 1000);
}

// One title at a time, whoever rings: two that kept theirs would take turns for ever, and freeze the page.
function announce(words) {
  const title = (window.feedlyTitle ??= {});
  const ringing = Boolean(title.words);
  title.words = words;
  if (!ringing) title.before = document.title;
  document.title = words;
  if (ringing) return;
  // Each run of the page names the tab anew.
  const keep = new MutationObserver(() => {
    if (document.title === title.words) return;
    title.before = document.title;
    document.title = title.words;
  });
  keep.observe(document.head, {subtree: true, childList: true, characterData: true});
  const restore = () => {
    if (document.hidden) return;
    keep.disconnect();
    title.words = "";
    document.title = title.before;
    document.removeEventListener("visibilitychange", restore);
    document.removeEventListener("pointerdown", restore);
  };
  document.addEventListener("visibilitychange", restore);
  document.addEventListener("pointerdown", restore);
}

export default function ({data, setTriggerValue}) {
  if (!data.ring) return;
  if (!mustWait()) setTriggerValue("rung", data.ring);
  if (data.ring <= rung) return;
  rung = data.ring;
  announce(data.title);
  if (data.sound) tones();
}
