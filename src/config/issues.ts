/** Where in the file: keys and indexes from the top. */
export type Path = readonly (string | number)[];

const seenChars = 80;
const variable = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const secretKey = /^(token|password|secret|secrets|key)$/i;

/** `mirrors[2].tls.certs.d`; empty for the file as a whole. */
export function pathText(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${printable(part)}`))
    .join('');
}

/**
 * A value as an operator may see it: at most 80 characters of JSON text, secrets masked. Mappings show their keys only.
 * @param path  decides what is secret: what stands under `token`, `password`, `secrets`, `webhooks[].url` or `clients`
 */
export function seenText(value: unknown, path: Path): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return cut(`{ ${Object.keys(value).map(printable).join(', ')} }`);
  if (typeof value !== 'string') return isSecretPath(path) ? '***' : cut(String(value));
  if (value === '' || variable.test(value)) return JSON.stringify(value);
  if (isSecretPath(path)) return '"***"';
  return cut(JSON.stringify(maskText(value, path)));
}

function isSecretPath(path: Path): boolean {
  if (path[0] === 'webhooks' && path[2] === 'url') return true;
  // A token where its mapping should be.
  if (path[0] === 'alertmanager' && path.length === 1) return true;
  if (path.includes('tls')) return false;
  return path.some((part) => typeof part === 'string' && secretKey.test(part));
}

/** Hides whatever could be user-info, a query or a signing secret: too much rather than too little. */
function maskText(text: string, path: Path): string {
  const masked = text.replace(/whsec_\S*/g, 'whsec_***');
  const mayHoldUser =
    masked.includes('//') || ['url', 'proxy', 'clients', 'controls'].some((key) => path.includes(key));
  const user = mayHoldUser ? masked.replace(/(\/\/)?[^/\s]*@/g, '$1***@') : masked;
  return mayHoldUser ? user.replace(/\/\/.*@/, '//***@').replace(/\?.*/, '?***') : user;
}

function cut(text: string): string {
  return text.length <= seenChars ? text : `${text.slice(0, seenChars - 1)}…`;
}

function printable(text: string): string {
  const clean = text.replace(/[^\x20-\x7e\u00a0-\ufffd]/g, '?');
  return clean.length <= 40 ? clean : `${clean.slice(0, 39)}…`;
}

/** The known word nearest to a typo, by edit distance with neighbours swapped counting one; `null` where none is near. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.min(3, Math.floor(word.length / 2)));
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance, candidate }) => distance <= limit && distance < candidate.length)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return near[0]?.candidate ?? null;
}

/** Optimal string alignment distance of two short texts; only the first 40 characters are looked at. */
function editDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 40), b.slice(0, 40)];
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      let best = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      if (swapped) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
