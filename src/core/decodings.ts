/** A text whose escapes are decoded. */
export interface Decoded {
  readonly text: string;
  /**
   * For each character of `text` and for its end: the index in the text before decoding. `null`: nothing was decoded.
   */
  readonly starts: Int32Array | null;
  /**
   * For each character: the index in the text before decoding at which the character ends. Absent: each character ends
   * where the next character starts.
   */
  readonly ends?: Int32Array;
}

/** The maximum number of decoding rounds. A text that was encoded twice, such as `%252f`, needs two. */
const roundsMax = 4;

const escapes = new RegExp(
  [
    '%([0-9a-f]{2})',
    // `/u0041` is matched like `\u0041`, because URL parsing turns a backslash in a path into a slash.
    String.raw`[\\/]u([0-9a-f]{4})`,
    String.raw`\\u\{([0-9a-f]{1,6})\}`,
    String.raw`[\\/]x([0-9a-f]{2})`,
    '&#x0*([0-9a-f]{1,6})(?:;|(?![0-9a-f]))',
    '&#0*([0-9]{1,7})(?:;|(?![0-9]))',
    '&([a-z]{2,6});',
    String.raw`\\(.)`,
  ].join('|'),
  'gis',
);

/** Characters by their names in HTML. Each entry below is a character followed by its name. */
const named: ReadonlyMap<string, string> = new Map(
  [
    ..."&amp 'apos *ast \\bsol :colon ,comma @commat $dollar =equals !excl `grave >gt ^hat [lbrack {lcub".split(' '),
    ...'_lowbar (lpar [lsqb <lt #num %percnt .period +plus ?quest "quot ]rbrack }rcub )rpar ]rsqb ;semi /sol'.split(
      ' ',
    ),
    ...['|verbar', '|vert', ' nbsp'],
  ].map((one) => [one.slice(1), one.slice(0, 1)]),
);

/** Converts ASCII letters to lower case. The length of the text does not change. */
export function lowerCaseOf(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Matches what may separate the characters of a secret: slashes of a parsed URL, or grouping characters such as dashes.
 */
const separators = [/[\\/]+/g, /[-–—:.,_\s\0\u00ad\u200b]+/g] as const;

/**
 * Returns the text itself, then the result of each round of decoding. A percent-encoded byte becomes the character with
 * that code.
 */
export function decodingsOf(text: string): readonly Decoded[] {
  const rounds: Decoded[] = [{ text, starts: null }];
  for (let round = 0, last = rounds[0]; round < roundsMax && last !== undefined; round += 1) {
    const next = decoded(last);
    if (next === null) break;
    rounds.push(next);
    last = next;
  }
  return rounds;
}

/**
 * Returns two variants of a decoded text: without slashes, and without grouping characters such as dashes and blanks. A
 * variant that equals the text is omitted.
 */
export function squeezedOf(decoded: Decoded): readonly Decoded[] {
  return separators.flatMap((separator) => squeezedBy(decoded, separator) ?? []);
}

function squeezedBy({ text, starts }: Decoded, separator: RegExp): Decoded | null {
  const squeezed = text.replace(separator, '');
  if (squeezed.length === text.length) return null;
  const place = (at: number): number => (starts === null ? at : (starts[at] ?? 0));
  const [begins, ends] = [new Int32Array(squeezed.length), new Int32Array(squeezed.length)];
  for (let [at, length] = [0, 0]; length < squeezed.length; at += 1) {
    if (text[at] !== squeezed[length]) continue;
    begins[length] = place(at);
    ends[length++] = place(at + 1);
  }
  return { text: squeezed, starts: begins, ends };
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
  return { text: lowerCaseOf(result), starts: places.subarray(0, length) };
}

function characterOf([, percent, four, braced, two, hex, decimal, name, plain]: RegExpMatchArray): string | null {
  if (name !== undefined) return named.get(name.toLowerCase()) ?? null;
  if (plain !== undefined) return plain;
  const code =
    decimal === undefined ? Number.parseInt(percent ?? four ?? braced ?? two ?? hex ?? '', 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : null;
}
