import fc from 'fast-check';

const hex = (code: number, chars: number): string => code.toString(16).padStart(chars, '0');
const each = (text: string, write: (character: string, code: number) => string): string =>
  text.replace(/[\s\S]/g, (one) => write(one, one.charCodeAt(0)));

/** How a URL or a JSON text may write a text. */
const writings = {
  plain: (text: string) => text,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (text: string) =>
    encodeURIComponent(text).replace(/%../g, (one) => one.toLowerCase()),
  'each percent-encoded': (text: string) => each(text, (_, code) => `%${hex(code, 2)}`),
  'in a path': (text: string) => encodeURI(text).replaceAll('%25', '%').replaceAll('%5B', '['),
  'as a form': (text: string) => encodeURIComponent(text).replaceAll('%20', '+'),
  JSON: (text: string) => JSON.stringify(text).slice(1, -1),
  'JSON with slashes': (text: string) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'each escaped for JSON': (text: string) => each(text, (_, code) => `\\u${hex(code, 4)}`),
  'each escaped for JSON in upper case': (text: string) => each(text, (_, code) => `\\u${hex(code, 4).toUpperCase()}`),
  'each second percent-encoded': (text: string) =>
    each(text, (one, code) => (code % 2 === 0 ? `%${hex(code, 2)}` : one)),
} as const;
/** How a whole secret is coded before it is written. */
const codings = {
  plain: (text: string) => text,
  base64: (text: string) => Buffer.from(text).toString('base64'),
  base64url: (text: string) => Buffer.from(text).toString('base64url'),
  basic: (text: string) => Buffer.from(`robot:${text}`).toString('base64'),
  'base64 within more': (text: string) => Buffer.from(`Bearer: ${text} it was`).toString('base64'),
} as const;

export interface Echo {
  readonly writing: keyof typeof writings;
  readonly coding: keyof typeof codings;
  /** Characters before it: with the bounds at which texts are cut (200, 300, 2 048), the cut falls into it. */
  readonly before: number;
}

/** Each form, with cuts inside and outside of it. */
export const echoes: fc.Arbitrary<Echo> = fc.record({
  writing: fc.constantFrom(...(Object.keys(writings) as Echo['writing'][])),
  coding: fc.constantFrom(...(Object.keys(codings) as Echo['coding'][])),
  before: fc.oneof(
    fc.constantFrom(0, 1),
    fc.tuple(fc.constantFrom(100, 200, 300, 1_200, 2_048), fc.integer({ min: 5, max: 60 })).map(([at, by]) => at - by),
  ),
});

/** The text of an echo of a secret: digits before it, so that what is left of a secret is told from what is around it. */
export function echoOf(secret: string, { writing, coding, before }: Echo, filler = '0'): string {
  const write = coding === 'plain' || !writing.includes('each') ? writings[writing] : writings.plain;
  return filler.repeat(before) + write(codings[coding](secret));
}

/** What a reader has before them, and what one has who undoes every escape. */
export function readings(text: string): string {
  return `${text}\n${undone(text)}`.toLowerCase();
}

function undone(text: string): string {
  const once = text
    .replace(/%([0-9a-f]{2})|\\u([0-9a-f]{4})/gi, (_, ...codes: string[]) =>
      String.fromCharCode(Number.parseInt(codes.find((code) => code !== undefined) ?? '', 16)),
    )
    .replace(/\\([^a-z0-9])/gi, '$1');
  return once === text ? text : undone(once);
}

/** True where a text of `readings` has so many characters of a secret in a row, plain or in base64. */
export function shows(read: string, secret: string, chars = 8): boolean {
  return piecesOf(secret, chars).some((piece) => read.includes(piece));
}

const known = new Map<string, readonly string[]>();

function piecesOf(secret: string, chars: number): readonly string[] {
  const key = `${chars} ${secret}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const pieces = new Set<string>();
  for (let at = 0; at + chars <= secret.length; at += 1) {
    const piece = secret.slice(at, at + chars);
    // The last character of base64 may depend on what comes after the piece.
    const codes = [codings.base64(piece), codings.base64url(piece)].map((one) => one.replace(/=+$/, '').slice(0, -1));
    for (const one of [piece, ...codes]) pieces.add(one.toLowerCase());
  }
  if (known.size < 100) known.set(key, [...pieces]);
  return [...pieces];
}
