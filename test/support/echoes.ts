import fc from 'fast-check';

const hex = (code: number, chars: number): string => code.toString(16).padStart(chars, '0');
const names: Readonly<Record<string, string>> = {
  '/': 'sol',
  '+': 'plus',
  '=': 'equals',
  '&': 'amp',
  '"': 'quot',
  '@': 'commat',
  '%': 'percnt',
  ':': 'colon',
};

/** How JSON, HTML and URLs may write one character. */
const spellings: readonly ((character: string, code: number) => string)[] = [
  (character) => character,
  (_, code) => `%${hex(code, 2)}`,
  (_, code) => `%${hex(code, 2).toUpperCase()}`,
  (_, code) => `%25${hex(code, 2)}`,
  (_, code) => `\\u${hex(code, 4)}`,
  (_, code) => `\\u${hex(code, 4).toUpperCase()}`,
  (_, code) => `\\x${hex(code, 2)}`,
  (_, code) => `&#${code};`,
  (_, code) => `&#0${code};`,
  (_, code) => `&#x${hex(code, 2)};`,
  (_, code) => `&#X${hex(code, 4).toUpperCase()};`,
  (character, code) => (names[character] === undefined ? `&#${code};` : `&${names[character]};`),
  (character) => (/[a-z0-9]/i.test(character) ? character : `\\${character}`),
];

const base32Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  return digits.map((five) => base32Digits[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** How a whole secret is coded. */
const codings = {
  plain: (text: string) => text,
  base64: (text: string) => Buffer.from(text).toString('base64'),
  base64url: (text: string) => Buffer.from(text).toString('base64url'),
  basic: (text: string) => Buffer.from(`robot:${text}`).toString('base64'),
  reversed: (text: string) => [...text].reverse().join(''),
  hex: (text: string) => Buffer.from(text).toString('hex'),
  'upper hex': (text: string) => Buffer.from(text).toString('hex').toUpperCase(),
  base32,
  dashed: (text: string) => (text.match(/.{1,4}/gs) ?? []).join('-'),
  'dashed one by one': (text: string) => [...text].join('-'),
  'dashed hex': (text: string) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(':'),
  dotted: (text: string) => [...text].join('.'),
  'other marks between': (text: string) => [...text].join('_, '),
  'hex of the reversed one': (text: string) => Buffer.from(text).reverse().toString('hex'),
  'hex reversed': (text: string) => [...Buffer.from(text).toString('hex')].reverse().join(''),
  'base64 of the reversed one': (text: string) => Buffer.from(text).reverse().toString('base64'),
} as const;
type Coding = keyof typeof codings;

/** Which spelling each character in turn gets, and how the whole is coded; one spelling alone is as likely as a mixture. */
export interface Echo {
  readonly spelt: readonly number[];
  readonly whole: Coding;
  /** Which part is echoed: so many of a hundred characters are left out at each end, before or after it is coded. */
  readonly cut: { readonly first: number; readonly last: number; readonly isCodedFirst: boolean };
  /** Characters before it: with the bounds at which texts are cut (200, 300, 2 048), the cut falls into it. */
  readonly before: number;
}

const whole: Echo['cut'] = { first: 0, last: 0, isCodedFirst: false };
export const plainEcho: Echo = { spelt: [0], whole: 'plain', cut: whole, before: 0 };

/** Echoes of every form, with cuts inside and outside of them. */
export const echoes: fc.Arbitrary<Echo> = fc.record({
  spelt: fc.oneof(
    fc.nat(spellings.length - 1).map((one) => [one]),
    fc.array(fc.nat(spellings.length - 1), { minLength: 2, maxLength: 9 }),
  ),
  whole: fc.oneof(fc.constant('plain' as const), fc.constantFrom(...(Object.keys(codings) as Coding[]))),
  cut: fc.oneof(fc.constant(whole), fc.record({ first: fc.nat(45), last: fc.nat(45), isCodedFirst: fc.boolean() })),
  before: fc.oneof(
    fc.constantFrom(0, 1),
    fc.tuple(fc.constantFrom(100, 200, 300, 1_200, 2_048), fc.integer({ min: 5, max: 60 })).map(([at, by]) => at - by),
  ),
});

/** The text of an echo of a secret: digits before it, so that what is left of a secret is told from what is around it. */
export function echoOf(secret: string, { spelt, whole, cut, before }: Echo, filler = '0'): string {
  const part = (text: string) =>
    text.slice(Math.floor((text.length * cut.first) / 100), Math.ceil((text.length * (100 - cut.last)) / 100));
  const coded = cut.isCodedFirst ? part(codings[whole](secret)) : codings[whole](part(secret));
  const written = [...coded].map(
    (one, at) => spellings[spelt[at % spelt.length] ?? 0]?.(one, one.charCodeAt(0)) ?? one,
  );
  return filler.repeat(before) + written.join('');
}

/** What a reader has before them, and what one who undoes every escape and joins what is grouped: in lower case. */
export function readings(text: string): string {
  const read = undone(text);
  return `${text}\n${read}\n${read.replace(/[-:.,_\s]/g, '')}`.toLowerCase();
}

function undone(text: string): string {
  const once = text
    .replace(/%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]+);?/gi, (_, ...codes: string[]) =>
      String.fromCharCode(Number.parseInt(codes.find((code) => code !== undefined) ?? '', 16)),
    )
    .replace(/&#(\d+);?/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&([a-z]+);/g, (all, name: string) => Object.keys(names).find((one) => names[one] === name) ?? all)
    .replace(/\\([^a-z0-9])/gi, '$1');
  return once === text ? text : undone(once);
}

/** True where a text of `readings` has six characters of a secret in a row (of a long one eight), in any coding. */
export function shows(read: string, secret: string): boolean {
  const chars = secret.length > 256 ? 8 : 6;
  return piecesOf(secret, chars).some((piece) => read.includes(piece));
}

const known = new Map<string, readonly string[]>();

function piecesOf(secret: string, chars: number): readonly string[] {
  const before = known.get(secret);
  if (before !== undefined) return before;
  const pieces = new Set<string>();
  for (let at = 0; at + chars <= secret.length; at += 1) {
    const piece = secret.slice(at, at + chars);
    // The last character of base64 and base32 may depend on what comes after the piece.
    const codes = [codings.base64(piece), codings.base64url(piece), base32(piece).slice(0, -1)];
    const reversed = [
      codings.reversed(piece),
      codings['hex reversed'](piece),
      codings['hex of the reversed one'](piece),
    ];
    for (const one of [piece, codings.hex(piece), ...reversed, ...codes, codings['base64 of the reversed one'](piece)])
      pieces.add(one.toLowerCase());
  }
  if (known.size < 100) known.set(secret, [...pieces]);
  return [...pieces];
}
