const shown = '***';
/** What begins a URL, however its slashes are written: `http:/h`, `http:\\h` and `http:h` are read as URLs too. */
const scheme = /^\s*(?:(?:https?|tcp|socks[45]?[ah]?):[\\/]*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** A port that is none is a password whose host is not there yet, or stands behind a slash. */
const oddPort = /(:[\\/]{2})[^\\/:@[\]\s?#]+:(?!\d{1,5}(?:[\\/?#,|\s]|$))[\s\S]*$/;

/**
 * A text of an operator's (a value of the configuration, an argument of a call) where a URL or an address may stand, with
 * whatever could be a credential as `***`: all up to the last `@` but the scheme, queries, fragments and signing secrets. Too
 * much rather than too little: user-info without `//`, with slashes, backslashes or blanks in it is found as well.
 */
export function maskText(text: string): string {
  const [begin = ''] = scheme.exec(text) ?? [];
  const at = Math.max(text.lastIndexOf('@') + 1, text.lastIndexOf('%40') + 3);
  const isHeld = text.includes('@', begin.length + 1) || text.includes('%40', begin.length + 1);
  const rest = isHeld ? `${begin}${shown}@${withoutQuery(text.slice(at))}` : withoutQuery(text);
  return rest.replace(oddPort, `$1${shown}`).replace(/whsec_\S*/g, `whsec_${shown}`);
}

/** The same of a text where a name is wanted: `@corp/ui@1.2.3` and a path stay as they are, and what may be an address does not. */
export function maskName(text: string): string {
  return /[:\\]|\/\//.test(text.replace(/@sha(?:256|512):[0-9a-z]*$/i, '')) ? maskText(text) : text;
}

function withoutQuery(text: string): string {
  const [, path = text, mark] = /^([^?#&]*)([?#&])/.exec(text) ?? [];
  return mark === undefined ? text : `${path}${mark}${shown}`;
}
