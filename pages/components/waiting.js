// Another page is being opened (page_change.js): whoever asks by itself waits.
function isPageLeft() {
  return Boolean(document.querySelector('[data-testid="stMain"]')?.inert);
}
