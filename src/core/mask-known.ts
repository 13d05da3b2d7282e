import type { WireAccess } from './ports.ts';
import { type Decoded, decodingsOf, foldCase } from './text-decodings.ts';

const shown = '***';
/** Shorter texts are no secrets, and masking them would hide normal words. */
const charsMin = 4;
/** A shorter piece from the middle of base64 also occurs in digests. */
const codedCharsMin = 8;
/** A secret is found by its first characters, at most this many, and masked as far as the text matches it. */
const searchedChars = 128;
/** The shortest limit at which server text is cut. */
const cutCharsMin = 60;
/** Credentials learnt from requests, of one mirror. */
const learntMax = 32;

/** Masks the credentials of one mirror wherever a server repeats them, in time that is linear in the text. */
export interface KnownMask {
  /**
   * The text with each credential as `***`, however it is written: plain or in any letter case, percent-encoded, with JSON or
   * JavaScript escapes, with HTML entities, as base64, or several of these in turn. The beginning of one at the end of a text
   * that may have been cut is masked too.
   */
  text(text: string): string;
  /** The same of all texts in plain data, keys too; the value itself where there is nothing to mask. */
  data<T>(value: T): T;
  /** Masks this credential from now on as well: a token that was fetched. The newest 32 are kept. */
  learn(secret: string): void;
}

const masks = new WeakMap<WireAccess, KnownMask>();

/** The mask of a mirror's credentials: the same one for the same access. */
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

/** What is searched in decoded text: the secret itself and base64 of it, alone, within other text, and as `user:password`. */
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

/** The base64 characters that depend only on the secret, if it begins at this offset in a group of three bytes. */
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
/** An escape that a cut fell into, and the mark of a cut. */
const partEscape = /(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&#?[0-9a-z]{0,8}|)…?$/;

/** The position at which a cut text ends with the beginning of a form; `null`: it does not. */
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
