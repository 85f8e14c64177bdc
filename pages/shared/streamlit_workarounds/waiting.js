// Whoever asks by itself waits while another page is being opened (page_change.js) or the server is away.
function mustWait() {
  const part = (name) => document.querySelector(`[data-testid="${name}"]`);
  return Boolean(part("stMain")?.inert) || part("stApp")?.dataset.testConnectionState !== "CONNECTED";
}
