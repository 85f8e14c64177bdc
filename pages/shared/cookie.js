// Keeps a word in this browser, where the next visit's first request brings it along.
const YEAR_SECONDS = 31536000;

export default function ({data}) {
  document.cookie = `${data.cookie}=${encodeURIComponent(data.name)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}
