import { type Decoded, decodingsOf, lowerCaseOf, squeezedOf } from './decodings.ts';
import { createPieceSearch } from './piece-search.ts';
import type { KnownMask, WireAccess } from './ports.ts';
import { type Credential, formsOf, secretCharsMin } from './secret-forms.ts';

const shown = '***';
const learntMax = 8;
/**
 * A piece of a secret is not masked if it is shorter than this and within a digest, because a digest may contain such a
 * piece by chance.
 */
const digestPieceChars = 12;
/** The number of characters on each side of a match that are searched for a digest. No digest is longer. */
const digestCharsMax = 128;
const hexDigest = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;
/** Matches the text before a base64 digest: `h1:` of Go, `sha512-` of npm and W3C. */
const digestPrefix = /(?:\bh1:|\bsha(?:1|256|384|512)-)$/i;

const masks = new WeakMap<WireAccess, KnownMask>();

/** Returns the mask of a mirror's credentials. There is one mask for each `access` object. */
export function maskOf(access: WireAccess): KnownMask {
  const mask = masks.get(access) ?? createMask(access);
  masks.set(access, mask);
  return mask;
}

function credentialsOf({ auth, proxy }: WireAccess): readonly Credential[] {
  const pairs = [
    ...(auth === null ? [] : [{ username: auth.username, secret: auth.secret }]),
    ...(proxy === null ? [] : [{ username: proxy.username ?? '', secret: proxy.password ?? '' }]),
  ];
  // `https://TOKEN@host`: without a password, the name is the credential.
  return pairs.map((pair) => (pair.secret === '' ? { username: '', secret: pair.username } : pair));
}

type Search = ReturnType<typeof createPieceSearch>;

function createMask(access: WireAccess): KnownMask {
  const forms = credentialsOf(access).flatMap(formsOf);
  const fixed = forms.length === 0 ? [] : [createPieceSearch(forms)];
  const learnt = new Map<string, Search>();
  let searches: readonly Search[] = fixed;

  function learn(secret: string): void {
    const known = learnt.get(secret);
    learnt.delete(secret);
    if (secret.length < secretCharsMin) return;
    learnt.set(secret, known ?? createPieceSearch(formsOf({ username: '', secret })));
    for (const oldest of learnt.keys()) if (learnt.size > learntMax) learnt.delete(oldest);
    searches = [...fixed, ...learnt.values()];
  }

  function beside(words: readonly string[]): KnownMask {
    let open: string | null = null;
    const text = (given: string): string => {
      if (searches.length === 0 || given.length < secretCharsMin) return given;
      open ??= openTextOf(words);
      return masked(given, searches, open);
    };
    return {
      text,
      data: <T>(value: T) => (searches.length === 0 ? value : (maskData(value, null, text) as T)),
      learn,
      beside: (more) => beside([...words, ...more]),
    };
  }

  return beside([access.registry, access.url]);
}

/** Returns the words in the variants in which texts are searched: decoded, and also without separators. */
function openTextOf(words: readonly string[]): string {
  const decoded = words.flatMap((word) => decodingsOf(lowerCaseOf(word)));
  return decoded.flatMap((one) => [one, ...squeezedOf(one)].map(({ text }) => text)).join('\n');
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
 * Returns a value with its texts masked, except values of `closedKeys`.
 * @param at  the key of the value; `null`: there is no key, or a server chose it
 */
function maskData(value: unknown, at: string | null, text: (text: string) => string): unknown {
  if (typeof value === 'string') return at !== null && closedKeys.has(at) ? value : text(value);
  if (Array.isArray(value)) return value.map((one) => maskData(one, at, text));
  if (typeof value !== 'object' || value === null) return value;
  const isServers = at !== null && serverRecords.has(at);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) =>
      isServers
        ? [knownHeaders.has(key) ? key : text(key), maskData(one, null, text)]
        : [key, maskData(one, key, text)],
    ),
  );
}

type Range = readonly [from: number, to: number];

function masked(text: string, searches: readonly Search[], open: string): string {
  const ranges: Range[] = [];
  const rounds = decodingsOf(lowerCaseOf(text));
  for (const round of [...rounds, ...squeezedOf(rounds.at(-1) ?? { text, starts: null })])
    for (const search of searches) search(round.text, takerOf(round, text, open, ranges));
  if (ranges.length === 0) return text;
  let kept = '';
  let end = -1;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    if (from > end) kept += text.slice(Math.max(end, 0), from) + shown;
    end = Math.max(end, to);
  }
  return kept + text.slice(end);
}

function takerOf(round: Decoded, source: string, open: string, ranges: Range[]): Parameters<Search>[1] {
  const { text, starts, ends } = round;
  return (from, to, isWhole) => {
    if (!isWhole && open.includes(text.slice(from, to))) return false;
    const range = [starts?.[from] ?? from, ends?.[to - 1] ?? starts?.[to] ?? to] as const;
    if (to - from < digestPieceChars && !isWhole && isInDigest(source, range)) return false;
    ranges.push(range);
    return true;
  };
}

function isInDigest(text: string, [from, to]: Range): boolean {
  const before = /[0-9a-z+/]*$/i.exec(text.slice(Math.max(0, from - digestCharsMax), from))?.[0].length ?? 0;
  const after = /^[0-9a-z+/]*/i.exec(text.slice(to, to + digestCharsMax))?.[0].length ?? 0;
  const word = text.slice(from - before, to + after);
  return hexDigest.test(word) || digestPrefix.test(text.slice(Math.max(0, from - before - 8), from - before));
}
