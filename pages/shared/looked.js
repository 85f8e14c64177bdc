// The browser remembers that the guided look was offered or taken, for a year.
export default function ({data}) {
  document.cookie = `${data.cookie}=yes; max-age=31536000; path=/; samesite=lax`;
}
