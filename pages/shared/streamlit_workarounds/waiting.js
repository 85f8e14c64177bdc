// Whoever asks by itself waits while another page or address is being opened (page_change.js), the server is away, or
// a whole run is due after it came back (whole_run.js).
function mustWait() {
  const part = (name) => document.querySelector(`[data-testid="${name}"]`);
  const {feedlyGoing: going, feedlyRun: run} = document.body.dataset;
  return Boolean(part("stMain")?.inert) || part("stApp")?.dataset.testConnectionState !== "CONNECTED" ||
    document.body.dataset.feedlyReturning === "yes" || (going !== undefined && going === run);
}
