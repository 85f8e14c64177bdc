// Which key was pressed: by its place on the keyboard, else by its letter. With a Korean input method `key` is ㅋ (or
// "Process") where `code` says KeyZ. Combinations with Ctrl, Alt or Meta belong to the browser.
const NAMED_KEYS = {Space: " "};

function keysOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return [];
  const [, letter, digit] = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(event.code) || [];
  const moves = event.code?.startsWith("Numpad") && !/^[0-9]$/.test(event.key); // without Num Lock
  const place = letter?.toLowerCase() ?? (moves ? undefined : digit) ?? NAMED_KEYS[event.code];
  const written = event.key?.length === 1 ? event.key.toLowerCase() : event.key;
  return [place, written, event.code].filter(Boolean);
}

// The entry of `actions` for the pressed key, by names as in {z: …, 1: …, ArrowLeft: …, " ": …}.
function keyAction(event, actions) {
  return keysOf(event).map((name) => Object.hasOwn(actions, name) && actions[name]).find(Boolean);
}
