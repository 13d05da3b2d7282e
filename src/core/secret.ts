const shown = '***';

/** A password, token or key. When printed, it shows as `***`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The clear text, which must not get into logs, labels or responses. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}

/** Masks user-info and query values of a URL for display. */
export function maskUrl(url: string): string {
  // `user:password@host` is also a valid URL, with `user:` as its scheme.
  if (!url.includes('://')) return url.replace(/^[^/@\s]*@/, '***@');
  // A password with a slash makes the URL invalid: everything up to the last `@` is masked.
  const parsed = URL.parse(url);
  if (parsed === null) return url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/i, '$1***@');
  const hadUser = parsed.username !== '' || parsed.password !== '';
  parsed.username = '';
  parsed.password = '';
  if (parsed.search !== '') parsed.search = maskQuery(parsed);
  return hadUser ? parsed.href.replace('://', `://${shown}@`) : parsed.href;
}

/**
 * Masks the values of a query, and names without a value, because they may be secrets. If the query contains an `@`,
 * which may end a password, the whole query is masked.
 */
function maskQuery({ search, searchParams }: URL): string {
  if (/@|%40/.test(search)) return shown;
  // `searchParams.set` would search the whole query for each name, and a server chooses the number of names.
  const masked = new URLSearchParams();
  const names = new Set<string>();
  for (const [name, value] of searchParams) if (/[^=]/.test(value)) names.add(name);
  for (const name of names) masked.append(name, shown);
  const text = masked.toString();
  if (names.size > 0 && [...searchParams.keys()].every((name) => names.has(name))) return text;
  return text === '' ? shown : `${text}&${shown}`;
}

/** Matches the user-info of a URL. Commas, bars and blanks may belong to a password. */
const userInfo = /([\\/]{2})[^\\/?#]*@/g;
/** Matches user-info at the start of a word, without a scheme or after an unusual scheme. */
const userWord = /(?<![^\\/?#@,|\s])[^\\/?#@,|\s]+@/g;
const fragment = /#(?:(?![,|][a-z][a-z0-9+.-]*:\/\/)\S)+/gi;
const parameter = /([?&][^?&#=\s]*=)(?:(?![,|][a-z][a-z0-9+.-]*:\/\/)[^&#\s])+/gi;

/** Masks credentials, and texts that may be credentials, in a client chain; keeps separators. */
export function maskChain(chain: string): string {
  return chain
    .replace(userInfo, `$1${shown}@`)
    .replace(userWord, `${shown}@`)
    .replace(fragment, `#${shown}`)
    .replace(parameter, `$1${shown}`)
    .split(/([,|\s]+)/)
    .map(maskMember)
    .join('');
}

function maskMember(part: string): string {
  if (part.includes('@')) return maskUrl(part);
  // An invalid port may be the beginning of a password.
  return URL.canParse(part) ? part : part.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^:]*:.*$/i, `$1${shown}`);
}

/** A value and its secrets, separated to be sent to a thread. */
export interface Sealed {
  /** The value, with `null` in place of each secret. */
  readonly data: unknown;
  /** The secrets. `path`: the keys and indexes that lead to the secret in `data`. */
  readonly secrets: readonly { readonly path: readonly (string | number)[]; readonly text: string }[];
}

/** Separates secrets from plain data: `structuredClone` would turn a `Secret` into an empty object. */
export function seal(value: unknown): Sealed {
  const secrets: { readonly path: readonly (string | number)[]; readonly text: string }[] = [];
  const plain = (of: unknown, path: readonly (string | number)[]): unknown => {
    if (of instanceof Secret) {
      secrets.push({ path, text: of.reveal() });
      return null;
    }
    if (Array.isArray(of)) return of.map((one, at) => plain(one, [...path, at]));
    if (!isPlain(of)) return of;
    return Object.fromEntries(Object.entries(of).map(([key, one]) => [key, plain(one, [...path, key])]));
  };
  return { data: plain(value, []), secrets };
}

/** Returns the value with its secrets put back. `data` is changed in place. */
export function unseal({ data, secrets }: Sealed): unknown {
  let whole = data;
  for (const { path, text } of secrets) {
    const last = path.at(-1);
    if (last === undefined) whole = new Secret(text);
    else holderOf(whole, path)[last] = new Secret(text);
  }
  return whole;
}

function holderOf(data: unknown, path: readonly (string | number)[]): Record<string | number, unknown> {
  return path.slice(0, -1).reduce((at, key) => (at as Record<string | number, unknown>)[key], data) as Record<
    string | number,
    unknown
  >;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * Matches the scheme of a URL. A URL may have any number of slashes: `http:/h`, `http:\\h` and `http:h` are URLs too.
 */
const scheme = /^\s*(?:(?:https?|tcp|socks[45]?[ah]?):[\\/]*|[a-z][a-z0-9+.-]*:\/\/)/i;
/** Matches the text from an invalid port on, because it may be a password. */
const oddPort = /(:[\\/]{2})[^\\/:@[\]\s?#]+:(?!\d{1,5}(?:[\\/?#,|\s]|$))[\s\S]*$/;

/** Masks every possible credential in an operator's text that may contain an address. In doubt it masks too much. */
export function maskText(text: string): string {
  const [begin = ''] = scheme.exec(text) ?? [];
  const at = Math.max(text.lastIndexOf('@') + 1, text.lastIndexOf('%40') + 3);
  const isHeld = text.includes('@', begin.length + 1) || text.includes('%40', begin.length + 1);
  const rest = isHeld ? `${begin}${shown}@${withoutQuery(text.slice(at))}` : withoutQuery(text);
  return rest.replace(oddPort, `$1${shown}`).replace(/whsec_\S*/g, `whsec_${shown}`);
}

/** Like `maskText`, for a text that should be a name. `@corp/ui@1.2.3` and paths are not masked. */
export function maskName(text: string): string {
  return /[:\\]|\/\//.test(text.replace(/@sha(?:256|512):[0-9a-z]*$/i, '')) ? maskText(text) : text;
}

function withoutQuery(text: string): string {
  const [, path = text, mark] = /^([^?#&]*)([?#&])/.exec(text) ?? [];
  return mark === undefined ? text : `${path}${mark}${shown}`;
}
