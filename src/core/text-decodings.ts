/** A text after some rounds of decoding. */
export interface Decoded {
  readonly text: string;
  /** The position of each character, and of the end, in the source; `null`: nothing was decoded. */
  readonly starts: Int32Array | null;
}

/** `%252f` needs two rounds; no server echoes a text that is encoded more often. */
const roundsMax = 4;

const escapes = new RegExp(
  [
    '%([0-9a-f]{2})',
    // In a URL that was parsed, each backslash has become a slash.
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

/** HTML's names of the characters that a credential may have, each after its character. */
const named: ReadonlyMap<string, string> = new Map(
  [
    ..."&amp 'apos *ast \\bsol :colon ,comma @commat $dollar =equals !excl `grave >gt ^hat [lbrack {lcub".split(' '),
    ...'_lowbar (lpar [lsqb <lt #num %percnt .period +plus ?quest "quot ]rbrack }rcub )rpar ]rsqb ;semi /sol'.split(
      ' ',
    ),
    ...['|verbar', '|vert', ' nbsp'],
  ].map((one) => [one.slice(1), one.slice(0, 1)]),
);

/** The text with A to Z in lower case, of the same length. */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * A text unchanged, and after each round of decoding (percent-encodings, escapes of JSON and JavaScript, HTML entities),
 * until nothing is left to decode. The last form has no slashes: a parsed URL has one for each backslash of an escape. A
 * percent-encoded byte becomes the character with its number.
 */
export function decodingsOf(text: string): readonly Decoded[] {
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
