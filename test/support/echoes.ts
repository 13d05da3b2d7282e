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

/** Which spelling each character in turn gets, and how the whole is coded; one spelling alone is as likely as a mixture. */
export interface Echo {
  readonly spelt: readonly number[];
  readonly whole: 'plain' | 'base64' | 'base64url' | 'basic';
  /** Characters before it: with the bounds at which texts are cut (200, 300, 2 048), the cut falls into it. */
  readonly before: number;
}

/** Echoes of every form, with cuts inside and outside of them. */
export const echoes: fc.Arbitrary<Echo> = fc.record({
  spelt: fc.oneof(
    fc.nat(spellings.length - 1).map((one) => [one]),
    fc.array(fc.nat(spellings.length - 1), { minLength: 2, maxLength: 9 }),
  ),
  whole: fc.constantFrom('plain', 'plain', 'plain', 'base64', 'base64url', 'basic'),
  before: fc.oneof(
    fc.constantFrom(0, 1),
    fc.tuple(fc.constantFrom(100, 200, 300, 1_200, 2_048), fc.integer({ min: 5, max: 60 })).map(([at, by]) => at - by),
  ),
});

/** The text of an echo of a secret: digits before it, so that what is left of a secret is told from what is around it. */
export function echoOf(secret: string, { spelt, whole, before }: Echo, filler = '0'): string {
  const coded =
    whole === 'plain'
      ? secret
      : Buffer.from(whole === 'basic' ? `robot:${secret}` : secret).toString(whole === 'base64url' ? whole : 'base64');
  const written = [...coded].map(
    (one, at) => spellings[spelt[at % spelt.length] ?? 0]?.(one, one.charCodeAt(0)) ?? one,
  );
  return filler.repeat(before) + written.join('');
}

/** What a reader has before them, and what one who undoes every escape: in lower case. */
export function readings(text: string): string {
  return `${text}\n${undone(text)}`.toLowerCase();
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

/** True where a text of `readings` has more than five characters of the beginning of a secret, or of its base64. */
export function shows(read: string, secret: string): boolean {
  const coded = [secret, `robot:${secret}`].flatMap((one) => {
    const base64 = Buffer.from(one).toString('base64');
    return [base64, Buffer.from(one).toString('base64url')];
  });
  // `robot:` alone is no secret: of its base64 what comes after it is searched.
  const begins = [secret.slice(0, 6), ...coded.map((form) => form.slice(0, form.startsWith('cm9ib3Q6') ? 14 : 10))];
  return begins.some((begin) => read.includes(begin.toLowerCase()));
}
