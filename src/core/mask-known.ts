import type { WireAccess } from './ports.ts';

const shown = '***';
/** Shorter secrets are not masked. */
const charsMin = 4;
/** A shorter piece of base64 occurs in other texts too, such as digests. */
const codedCharsMin = 8;
/** A secret is found by this many first characters, and masked as far as the text matches. */
const searchedChars = 128;
/** The shortest limit at which server text is cut. */
const cutCharsMin = 60;
const learntMax = 32;

/** Masks the credentials of one mirror in texts that a server may have echoed. */
export interface KnownMask {
  /** Masks credentials, also encoded ones, and the beginning of one at the end of a cut text. */
  text(text: string): string;
  /** Masks texts in plain data, keys too. */
  data<T>(value: T): T;
  learn(secret: string): void;
}

const masks = new WeakMap<WireAccess, KnownMask>();

/** The mask of a mirror's credentials, one for each `access` object. */
export function maskOf(access: WireAccess): KnownMask {
  const mask = masks.get(access) ?? createMask(credentialsOf(access));
  masks.set(access, mask);
  return mask;
}

interface Credential {
  readonly username: string;
  readonly secret: string;
}

function credentialsOf({ auth, proxy }: WireAccess): readonly Credential[] {
  const pairs = [
    ...(auth === null ? [] : [{ username: auth.username, secret: auth.secret }]),
    ...(proxy === null ? [] : [{ username: proxy.username ?? '', secret: proxy.password ?? '' }]),
  ];
  // `https://TOKEN@host`: without a password, the name is the credential.
  return pairs.map((pair) => (pair.secret === '' ? { username: '', secret: pair.username } : pair));
}

function createMask(credentials: readonly Credential[]): KnownMask {
  const fixed = credentials.flatMap(formsOf);
  const learnt = new Map<string, readonly string[]>();
  let forms: readonly string[] = [...new Set(fixed)];

  function text(given: string): string {
    return forms.length === 0 || given.length < charsMin ? given : masked(given, forms);
  }

  function data(value: unknown): unknown {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(data);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [text(key), data(one)]));
  }

  return {
    text,
    data: <T>(value: T) => (forms.length === 0 ? value : (data(value) as T)),
    learn(secret) {
      if (learnt.has(secret)) return;
      learnt.set(secret, formsOf({ username: '', secret }));
      for (const oldest of learnt.keys()) if (learnt.size > learntMax) learnt.delete(oldest);
      forms = [...new Set([...fixed, ...[...learnt.values()].flat()])];
    },
  };
}

/** What is searched in decoded text: the secret, and its base64 alone, within other text, and as `user:password`. */
function formsOf({ username, secret }: Credential): readonly string[] {
  if (secret.length < charsMin) return [];
  const decoded = decodingsOf(foldCase(secret)).map((one) => one.text);
  // Headers are read as Latin-1, and a percent-encoding is decoded byte by byte.
  const bytes = Buffer.from(secret).toString('latin1');
  const within = [1, 2].map((offset) => base64Within(secret, offset)).filter((form) => form.length >= codedCharsMin);
  const coded = [base64(`${username}:${secret}`), base64Within(secret, 0), ...within];
  const forUrls = coded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const forms = [secret, ...decoded, bytes, secret.replaceAll(' ', '+'), ...coded, ...forUrls];
  return forms.map(foldCase).filter((form) => form.length >= charsMin);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/=+$/, '');
}

/** For `offset` 0 the secret's base64; else its characters that depend on no neighbour, after `offset` other bytes. */
function base64Within(secret: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const whole = bytes.toString('base64').replace(/=+$/, '');
  const end = bytes.length % 3 === 0 ? whole.length : whole.length - 1;
  return offset === 0 ? whole : whole.slice(offset + 1, end);
}

type Range = readonly [from: number, to: number];

function masked(text: string, forms: readonly string[]): string {
  const ranges = decodingsOf(foldCase(text)).flatMap((decoded) => rangesIn(decoded, forms, text.length));
  if (ranges.length === 0) return text;
  let kept = '';
  let end = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    if (from >= end) kept += text.slice(end, from) + shown;
    end = Math.max(end, to);
  }
  return kept + text.slice(end);
}

function rangesIn({ text, starts }: Decoded, forms: readonly string[], sourceChars: number): readonly Range[] {
  const place = (at: number): number => (starts === null ? at : (starts[at] ?? sourceChars));
  const ranges: Range[] = [];
  for (const form of forms) {
    const begin = form.slice(0, searchedChars);
    for (let at = text.indexOf(begin); at >= 0; ) {
      let to = at + begin.length;
      while (to - at < form.length && text[to] === form[to - at]) to += 1;
      ranges.push([place(at), place(to)]);
      at = text.indexOf(begin, to);
    }
    const tail = cutTail(text, form, sourceChars);
    if (tail !== null) ranges.push([place(tail), sourceChars]);
  }
  return ranges;
}

const partEscapeChars = 11;
/** An incomplete escape and the `…` of a cut, at the end of a text. */
const partEscape = /(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&#?[0-9a-z]{0,8}|)…?$/;

/** Where a cut text ends with the beginning of a form; `null`: it does not. */
function cutTail(text: string, form: string, sourceChars: number): number | null {
  const rest = text.slice(-searchedChars - partEscapeChars);
  const part = partEscape.exec(rest)?.[0].length ?? 0;
  if (sourceChars < cutCharsMin && part === 0) return null;
  const ends = part === 0 ? [rest.length] : [rest.length, rest.length - part];
  for (const end of ends) {
    for (let chars = Math.min(form.length - 1, searchedChars, end); chars >= charsMin; chars -= 1) {
      if (rest[end - chars] === form[0] && rest.startsWith(form.slice(0, chars), end - chars))
        return text.length - rest.length + end - chars;
    }
  }
  return null;
}

interface Decoded {
  readonly text: string;
  /** The place of each character, and of the end, in the source; `null`: unchanged. */
  readonly starts: Int32Array | null;
}

/** `%252f` needs two rounds. */
const roundsMax = 4;

const escapes = new RegExp(
  [
    '%([0-9a-f]{2})',
    // URL parsing turns backslashes of a path into slashes.
    String.raw`[\\/]u([0-9a-f]{4})`,
    String.raw`\\u\{([0-9a-f]{1,6})\}`,
    String.raw`[\\/]x([0-9a-f]{2})`,
    // A number without its `;` at the end of the text may lack digits, because the text was cut there.
    '&#x0*([0-9a-f]{1,6})(?:;|(?![0-9a-f]|…?$))',
    '&#0*([0-9]{1,7})(?:;|(?![0-9]|…?$))',
    '&([a-z]{2,6});',
    String.raw`\\(?!(?:u[0-9a-f]{0,3}|x[0-9a-f]?)…?$)(.)`,
  ].join('|'),
  'gis',
);

/** Characters by their names in HTML. */
const named: ReadonlyMap<string, string> = new Map(
  [
    ..."&amp 'apos *ast \\bsol :colon ,comma @commat $dollar =equals !excl `grave >gt ^hat [lbrack {lcub".split(' '),
    ...'_lowbar (lpar [lsqb <lt #num %percnt .period +plus ?quest "quot ]rbrack }rcub )rpar ]rsqb ;semi /sol'.split(
      ' ',
    ),
    ...['|verbar', '|vert', ' nbsp'],
  ].map((one) => [one.slice(1), one.slice(0, 1)]),
);

/** Keeps the length. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * A text, the text after each round of decoding, and the last of these without slashes. A percent-encoded byte becomes
 * the character of that number.
 */
function decodingsOf(text: string): readonly Decoded[] {
  const rounds: Decoded[] = [{ text, starts: null }];
  for (let round = 0, last = rounds[0]; round < roundsMax && last !== undefined; round += 1) {
    const next = decoded(last);
    if (next === null) break;
    rounds.push(next);
    last = next;
  }
  const bare = withoutSlashes(rounds.at(-1) ?? { text, starts: null });
  return bare === null ? rounds : [...rounds, bare];
}

function withoutSlashes({ text, starts }: Decoded): Decoded | null {
  if (!/[\\/]/.test(text)) return null;
  const places = new Int32Array(text.length + 1);
  let length = 0;
  for (let at = 0; at <= text.length; at += 1)
    if (text[at] !== '/' && text[at] !== '\\') places[length++] = starts === null ? at : (starts[at] ?? 0);
  return { text: text.replace(/[\\/]+/g, ''), starts: places.subarray(0, length) };
}

function decoded({ text, starts }: Decoded): Decoded | null {
  if (!/[%\\&]|\/[ux]/.test(text)) return null;
  const places = new Int32Array(text.length + 1);
  let [result, length, end, isChanged] = ['', 0, 0, false];
  const take = (from: number, to: number): void => {
    result += text.slice(from, to);
    for (let at = from; at < to; at += 1) places[length++] = starts === null ? at : (starts[at] ?? 0);
  };
  for (const match of text.matchAll(escapes)) {
    const character = characterOf(match);
    if (character === null) continue;
    isChanged = true;
    take(end, match.index);
    result += character;
    for (let unit = 0; unit < character.length; unit += 1) places[length++] = starts?.[match.index] ?? match.index;
    end = match.index + match[0].length;
  }
  if (!isChanged) return null;
  take(end, text.length);
  places[length++] = starts === null ? text.length : (starts[text.length] ?? 0);
  return { text: foldCase(result), starts: places.subarray(0, length) };
}

function characterOf([, percent, four, braced, two, hex, decimal, name, plain]: RegExpMatchArray): string | null {
  if (name !== undefined) return named.get(name.toLowerCase()) ?? null;
  if (plain !== undefined) return plain;
  const code =
    decimal === undefined ? Number.parseInt(percent ?? four ?? braced ?? two ?? hex ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}
