const shown = '***';

/**
 * A password, token or key whose every textual form is `***`: string, JSON and console output. `reveal()` is for code that
 * sends, signs, hashes or compares the text itself, and for handing it to a thread.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Never log it, use it as a label, or return it in a response. */
  reveal(): string {
    return this.#text;
  }

  /** Always `***`. */
  toString(): string {
    return shown;
  }

  /** Always `***`. */
  toJSON(): string {
    return shown;
  }

  /** What `console.log` and `util.inspect` show: always `***`. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return shown;
  }
}

/**
 * A URL for display: user-info becomes `***@`, and values of query parameters are masked too (signed storage links have
 * credentials there). In a text that is no URL, everything before an `@` is masked.
 */
export function maskUrl(url: string): string {
  // `user:password@host` parses too, with `user:` as its scheme.
  if (!url.includes('://')) return url.replace(/^[^/@\s]*@/, '***@');
  // A slash in a password makes the URL invalid: everything up to the last `@` may be part of the password.
  const parsed = URL.parse(url);
  if (parsed === null) return url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/i, '$1***@');
  const hadUser = parsed.username !== '' || parsed.password !== '';
  if (hadUser) {
    parsed.username = '';
    parsed.password = '';
  }
  if (parsed.search === '') return shownHref(parsed, hadUser);
  parsed.search = maskQuery(parsed);
  return shownHref(parsed, hadUser);
}

/** The query with `***` as each value. A name without a value may be a secret; everything before an `@` may be a password. */
function maskQuery({ search, searchParams }: URL): string {
  if (/@|%40/.test(search)) return shown;
  // `searchParams.set` walks the whole query for each name, and a server that redirects chooses the number of names.
  const masked = new URLSearchParams();
  const names = new Set<string>();
  for (const [name, value] of searchParams) if (/[^=]/.test(value)) names.add(name);
  for (const name of names) masked.append(name, shown);
  const text = masked.toString();
  if (names.size > 0 && [...searchParams.keys()].every((name) => names.has(name))) return text;
  return text === '' ? shown : `${text}&${shown}`;
}

function shownHref({ href }: URL, hadUser: boolean): string {
  return hadUser ? href.replace('://', '://***@') : href;
}

/** The part before the `@` of a host: commas, bars and blanks may belong to a password. */
const userInfo = /([\\/]{2})[^\\/?#]*@/g;
/** User-info without a scheme, or after one in another spelling that `URL` accepts. Matched at the start of a word. */
const userWord = /(?<![^\\/?#@,|\s])[^\\/?#@,|\s]+@/g;
/** A fragment, and a value of a query, up to the next one or the next URL. */
const fragment = /#(?:(?![,|][a-z][a-z0-9+.-]*:\/\/)\S)+/gi;
const parameter = /([?&][^?&#=\s]*=)(?:(?![,|][a-z][a-z0-9+.-]*:\/\/)[^&#\s])+/gi;

/**
 * Masks the credentials of every URL in a client chain (`https://u:p@a,https://b|direct`), separators kept: user-info, and
 * values of queries and fragments. Possible parts of either are masked as well, up to the next URL.
 */
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
  // An invalid port is a password whose end is missing, or is behind a slash and a separator.
  return URL.canParse(part) ? part : part.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^:]*:.*$/i, `$1${shown}`);
}

/**
 * Patterns for credentials in a chain as users write it, applied in this order. Of a match, the first group is kept. The
 * page's script has the same list, so only ES2018 is used.
 */
export const credentialPlaces: readonly RegExp[] = [
  // After a colon without a port, up to the last `@` before the next URL: a password may also contain slashes.
  /([\\/]{2})[^\\/?#:@,|\s[]*:(?!\d{0,5}(?:[\\/?#,|\s]|$))(?:(?![a-z][a-z0-9+.-]{0,30}:\/\/)[\s\S])*@/gi,
  // The part before the `@` of a host: commas, bars and blanks may belong to a password.
  /(:[\\/]|[\\/]{2})[^\\/?#]*@/g,
  // A query and a fragment, up to the next member.
  /()[?#](?:(?![,|]\s*(?:[a-z][a-z0-9+.-]{0,30}:\/\/|(?:direct|off)\s*(?:[,|]|$)))\S)*/gi,
  // The part before the last `@` of a member without a scheme.
  /(^|[,|\s])[^\\/?#,|\s]*@/g,
];

/**
 * A client's chain without possible credentials: user-info, queries and fragments are removed, and a possible password
 * without its `@` becomes `***`. Mirrors, order and separators stay. Idempotent.
 */
export function bareChainOf(chain: string): string {
  const bare = takenOut(maskChain(takenOut(chain)));
  // A removal may reveal another match; each round leaves one `@` or colon less.
  return bare === chain ? bare : bareChainOf(bare);
}

function takenOut(chain: string): string {
  return credentialPlaces.reduce((text, place) => text.replace(place, '$1'), chain);
}

/** A value with its secrets separated, so that it can be sent to a thread as plain data. */
export interface Sealed {
  /** `null` in place of each secret. */
  readonly data: unknown;
  /** The secrets, with the keys and indexes of their places. */
  readonly secrets: readonly { readonly path: readonly (string | number)[]; readonly text: string }[];
}

/** Separates the secrets from plain data: a structured copy to another thread turns a `Secret` into an empty object. */
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

/** Puts the secrets back, as `Secret`. Changes `data` in place. */
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

/** As `maskText`, for a text where a name is expected: `@corp/ui@1.2.3` and a path stay, a possible address is masked. */
export function maskName(text: string): string {
  return /[:\\]|\/\//.test(text.replace(/@sha(?:256|512):[0-9a-z]*$/i, '')) ? maskText(text) : text;
}

function withoutQuery(text: string): string {
  const [, path = text, mark] = /^([^?#&]*)([?#&])/.exec(text) ?? [];
  return mark === undefined ? text : `${path}${mark}${shown}`;
}
