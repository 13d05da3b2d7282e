const shown = '***';
/** The scheme of a URL, with any slashes: `http:/h`, `http:\\h` and `http:h` are parsed as URLs too. */
const scheme = /^\s*(?:(?:https?|tcp|socks[45]?[ah]?):[\\/]*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** An invalid port is a password, whose host is missing or after a slash. */
const oddPort = /(:[\\/]{2})[^\\/:@[\]\s?#]+:(?!\d{1,5}(?:[\\/?#,|\s]|$))[\s\S]*$/;

/**
 * An operator's text (a configuration value, an argument) that may contain a URL or an address, with every possible
 * credential as `***`: everything up to the last `@` except the scheme, queries, fragments and signing secrets. In doubt it
 * masks too much: also user-info without `//`, or with slashes, backslashes or blanks.
 */
export function maskText(text: string): string {
  const [begin = ''] = scheme.exec(text) ?? [];
  const at = Math.max(text.lastIndexOf('@') + 1, text.lastIndexOf('%40') + 3);
  const isHeld = text.includes('@', begin.length + 1) || text.includes('%40', begin.length + 1);
  const rest = isHeld ? `${begin}${shown}@${withoutQuery(text.slice(at))}` : withoutQuery(text);
  return rest.replace(oddPort, `$1${shown}`).replace(/whsec_\S*/g, `whsec_${shown}`);
}

/** The same for a text where a name is expected: `@corp/ui@1.2.3` and a path stay, a possible address is masked. */
export function maskName(text: string): string {
  return /[:\\]|\/\//.test(text.replace(/@sha(?:256|512):[0-9a-z]*$/i, '')) ? maskText(text) : text;
}

function withoutQuery(text: string): string {
  const [, path = text, mark] = /^([^?#&]*)([?#&])/.exec(text) ?? [];
  return mark === undefined ? text : `${path}${mark}${shown}`;
}
