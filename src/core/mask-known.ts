import { decodeEscapes, isCredential } from './http.ts';
import type { KnownMask, WireAccess } from './ports.ts';
import type { Secret } from './secret.ts';

export type KnownSecrets = Pick<WireAccess, 'auth' | 'proxy'> & Partial<WireAccess>;

const shown = '***';
const learntMax = 8;
/** Secrets with fewer characters than this are not masked. */
const secretCharsMin = 4;
/** A user name with so many characters is masked too, because it may be a token. */
const tokenCharsMin = 20;
/** Encoded texts with fewer characters are not searched for, because they occur in other texts by chance. */
const base64CharsMin = 6;
/** At the end of a text, which may be cut there, a beginning of a secret is masked if it has this many characters. */
const beginningChars = 8;
/** Matches the end of a text that is cut, perhaps within an encoded character. */
const cutEnd = '(?:[%\\\\]\\w{0,4})?…?$';
/**
 * Only so many characters of a secret are compared, so that masking takes time linear in the text. The characters after
 * them are masked as far as they occur in the rest of the secret.
 */
const comparedChars = 24;

const masks = new WeakMap<KnownSecrets, KnownMask>();

/** Returns the mask of a mirror's credentials. There is one mask for each `access` object. */
export function maskOf(access: KnownSecrets): KnownMask {
  const mask = masks.get(access) ?? createMask(access);
  masks.set(access, mask);
  return mask;
}

interface Credential {
  readonly username: string;
  readonly secret: string;
}

function credentialsOf({ auth, proxy }: KnownSecrets): readonly Credential[] {
  const pairs = [
    ...(auth === null ? [] : [{ username: auth.username, secret: auth.secret }]),
    ...(proxy === null ? [] : [{ username: proxy.username ?? '', secret: proxy.password ?? '' }]),
  ];
  // `https://TOKEN@host`, `https://TOKEN:x-oauth-basic@host`: the name is the credential. A name may also be long.
  const isToken = ({ username, secret }: Credential): boolean =>
    secret === '' || secret === 'x-oauth-basic' || username.length >= tokenCharsMin;
  const names = pairs.filter(isToken).map(({ username }) => ({ username: '', secret: username }));
  return [...pairs, ...names].filter(({ secret }) => secret !== '');
}

function createMask(access: KnownSecrets): KnownMask {
  const credentials = credentialsOf(access);
  const fixed = credentials.flatMap(sourcesOf);
  const learnt = new Map<string, readonly string[]>();
  let pattern = patternOf(fixed);

  const text = (given: string): string => (pattern === null ? given : given.replace(pattern, shown));
  const hidesBodies = credentials.length > 0;
  const textAt = (given: string, at: string | null): string => {
    if (hidesBodies && at === 'firstHex') return '';
    return at !== null && closedKeys.has(at) ? given : text(given);
  };
  return {
    text,
    data: <T>(value: T) => (pattern === null && !hidesBodies ? value : (maskData(value, null, textAt) as T)),
    learn(secret) {
      const known = learnt.get(secret);
      learnt.delete(secret);
      learnt.set(secret, known ?? sourcesOf({ username: '', secret }));
      for (const oldest of learnt.keys()) if (learnt.size > learntMax) learnt.delete(oldest);
      if (known === undefined) pattern = patternOf([...fixed, ...[...learnt.values()].flat()]);
    },
    hidesBodies,
  };
}

function patternOf(sources: readonly string[]): RegExp | null {
  // At each position at most one alternative matches; pattern held by: test/unit/core/mask-known.test.ts
  return sources.length === 0 ? null : new RegExp(sources.join('|'), 'gi');
}

/**
 * Returns a function that masks the credentials of a request in its response, in the forms that `maskOf` knows.
 * @param url  the URL of the request
 */
export function maskerOf(headers: Readonly<Record<string, Secret>>, url: string): (text: string) => string {
  const { username, password, searchParams } = new URL(url);
  const [user = '', word = ''] = [username, password].map(decodeEscapes);
  const ofUrl = credentialsOf({ auth: null, proxy: { url, username: user, password: word } });
  const sent = [...Object.entries(headers).map(([name, value]) => [name, value.reveal()] as const), ...searchParams];
  // A shorter word may be a scheme, such as `Bearer`.
  const texts = sent.flatMap(([name, value]) => (isCredential(name) ? (value.match(/[^\s;,=]{8,}/g) ?? []) : []));
  // A word may be `user:password` in base64.
  const words = texts.flatMap((text) => [text, Buffer.from(text, 'base64').toString().split(/:(.*)/s)[1] ?? '']);
  const pattern = patternOf([...ofUrl, ...words.map((secret) => ({ username: '', secret }))].flatMap(sourcesOf));
  return (text) => (pattern === null ? text : text.replace(pattern, shown));
}

/**
 * Returns patterns of a secret: plain, percent-encoded, escaped for JSON, and in base64, also within longer base64 text
 * and with its user name.
 */
function sourcesOf({ username, secret }: Credential): readonly string[] {
  if (secret.length < secretCharsMin) return [];
  const bytes = Buffer.from(secret);
  // A UTF-8 secret looks like this in headers, which are read as Latin-1.
  const plain = [secret, bytes.toString('latin1')];
  const within = [0, 1, 2].map((offset) => {
    const coded = base64Of(Buffer.concat([Buffer.alloc(offset), bytes]));
    // The first and the last character may also depend on neighbouring bytes.
    return coded.slice(offset === 0 ? 0 : offset + 1, (offset + bytes.length) % 3 === 0 ? coded.length : -1);
  });
  const coded = [base64Of(Buffer.from(`${username}:${secret}`)), base64Of(bytes), ...within].filter(
    (text) => text.length >= base64CharsMin,
  );
  return [...plain.flatMap((text) => writingsOf(text, false)), ...coded.flatMap((text) => writingsOf(text, true))];
}

/**
 * Returns the patterns of a text. There are several if it has characters that may be single or encoded: one pattern
 * with alternatives for both could take exponential time.
 */
function writingsOf(text: string, isBase64: boolean): readonly string[] {
  const sources = ['%', '%25'].flatMap((percent) =>
    escapes.map((signs) => sourceOf(text, (one) => writtenOf(one, { percent, ...signs, isBase64 }))),
  );
  return [...new Set(sources)];
}

/** How a backslash and a slash are written plainly, in JSON, and in JSON that was parsed as a URL. */
const escapes = [
  { backslash: '[\\\\/]', slash: '\\\\?\\/' },
  { backslash: '[\\\\/]{2}', slash: '\\\\?\\/' },
  { backslash: '[\\\\/]{2}', slash: '[\\\\/]\\/' },
];

function base64Of(bytes: Buffer): string {
  return bytes.toString('base64').replace(/(?<!=)=+$/, '');
}

interface Writing {
  /** How `%` is written. */
  readonly percent: string;
  readonly backslash: string;
  readonly slash: string;
  readonly isBase64: boolean;
}

/**
 * Returns the pattern of a character that may be encoded for URLs or JSON, or both: in a parsed URL, a backslash is a
 * slash.
 */
function writtenOf(one: string, { percent, backslash, slash, isBase64 }: Writing): string {
  if (isBase64 && /\w/.test(one)) return one;
  const inUrl = [...Buffer.from(one)].map((byte) => `%${hexOf(byte, 2)}`).join('');
  const inJson = one.split('').map((unit) => `[\\\\/]u${hexOf(unit.charCodeAt(0), 4)}`);
  return `(?:${[plainOf(), ...(one === '%' ? [] : [inUrl]), inJson.join('')].join('|')})`;

  function plainOf(): string {
    if (one === '%') return percent;
    if (one === '\\') return backslash;
    if (one === '/') return isBase64 ? `${slash}|_` : slash;
    if (one === '+' && isBase64) return '[+-]';
    if (one === '"') return '"|[\\\\/](?:"|%22)';
    return one === ' ' ? ' |\\+' : escaped(one);
  }
}

function sourceOf(text: string, patternOfCharacter: (one: string) => string): string {
  const characters = [...text];
  const compared = characters.slice(0, comparedChars).map(patternOfCharacter);
  const rest = [...new Set([...characters.slice(comparedChars), ...'%\\abcdefu0123456789'])].map(escaped).join('');
  const tail = characters.length > comparedChars ? `[${rest}]*` : '';
  const later = compared.slice(beginningChars).reduceRight((more, one) => `(?:${one}${more}|${cutEnd})`, tail);
  return compared.slice(0, beginningChars).join('') + later;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function hexOf(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Keys whose values are never masked: words of a closed set, or numbers that this program computes. */
const closedKeys: ReadonlySet<string> = new Set(
  'tag kind because code phase key state algorithm method protocol repeated probeId version cipher'.split(' '),
);
/** Keys whose values are records with keys that a server chooses. */
const serverRecords: ReadonlySet<string> = new Set('responseHeaders tags logged'.split(' '));
/** Response headers whose names are never masked, because later code looks these headers up in stored transcripts. */
export const knownHeaders: ReadonlySet<string> = new Set(
  'age cache-status cf-cache-status date retry-after x-cache x-cache-status x-proxy-cache'.split(' '),
);

/**
 * Returns a value with its texts masked.
 * @param at  the key of the value; `null`: there is no key, or a server chose it
 */
function maskData(value: unknown, at: string | null, text: (text: string, at: string | null) => string): unknown {
  if (typeof value === 'string') return text(value, at);
  if (Array.isArray(value)) return value.map((one) => maskData(one, at, text));
  if (typeof value !== 'object' || value === null) return value;
  const isServers = at !== null && serverRecords.has(at);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) =>
      isServers
        ? [knownHeaders.has(key) ? key : text(key, null), maskData(one, null, text)]
        : // A server chooses the name of the key that it says signed its bytes.
          [key, maskData(one, at === 'signature' && key === 'key' ? null : key, text)],
    ),
  );
}
