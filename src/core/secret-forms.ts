import { decodingsOf, lowerCaseOf, squeezedOf } from './decodings.ts';

export interface Credential {
  readonly username: string;
  readonly secret: string;
}

/**
 * A text that reveals a secret, such as the secret in base64. `pieceChars`: the length of the shortest piece that is
 * masked.
 */
export interface Form {
  readonly text: string;
  readonly pieceChars: number;
}

/** Secrets with fewer characters than this are not masked. */
export const secretCharsMin = 4;
/**
 * Secrets shorter than this are masked only as a whole. Of longer secrets, pieces of six characters are masked too. Six
 * characters of a short secret are often a usual word, which other texts contain too.
 */
const secretCharsInPieces = 12;
/**
 * If a secret is longer than this, its masked pieces must be longer by `longPieceMore` characters. Such a secret has so
 * many pieces of six characters that some of them occur in unrelated texts by chance.
 */
const secretCharsLong = 256;
const longPieceMore = 2;

const base64 = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789+/';
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * `pieceChars`: the length of the encoded text of six characters of the secret. In base64 and base32, characters that
 * also depend on neighbouring bytes are not counted. `wholeCharsMin`: encoded texts with fewer characters are not
 * searched for, because they occur in other texts by chance.
 */
const kinds = {
  plain: { pieceChars: 6, wholeCharsMin: secretCharsMin },
  rewritten: { pieceChars: 6, wholeCharsMin: 6 },
  base64: { pieceChars: 7, wholeCharsMin: 6 },
  base32: { pieceChars: 8, wholeCharsMin: 8 },
  hex: { pieceChars: 12, wholeCharsMin: 8 },
} as const;

/**
 * Returns the variants of a secret that are searched for in decoded lower-case text: the secret and the reversed
 * secret, each also without separators, and in hex, base32 and base64. The encoded variants are also found inside
 * longer encoded text, and as `user:password`.
 */
export function formsOf({ username, secret }: Credential): readonly Form[] {
  if (secret.length < secretCharsMin) return [];
  const bytes = Buffer.from(secret);
  const both = [bytes, Buffer.from(bytes).reverse()];
  const plain = new Set([
    ...decodingsOf(lowerCaseOf(secret)).map(({ text }) => text),
    // A UTF-8 secret looks like this in headers, which are read as Latin-1, and after our decoding of percent-encodings,
    // which makes one character of each byte.
    lowerCaseOf(bytes.toString('latin1')),
    lowerCaseOf(secret.replaceAll(' ', '+')),
  ]);
  const reversed = [...plain].map((text) => [...text].reverse().join(''));
  const squeezed = [...plain, ...reversed].flatMap((text) => squeezedOf({ text, starts: null }).map((one) => one.text));
  const base64s = [
    codedFrom(Buffer.from(`${username}:${secret}`), base64, 0),
    ...both.flatMap((one) => [0, 1, 2].map((offset) => codedFrom(one, base64, offset))),
  ];
  const texts: Readonly<Record<keyof typeof kinds, readonly string[]>> = {
    plain: [...plain],
    rewritten: [...reversed, ...squeezed],
    base64: [...base64s, ...base64s.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))],
    base32: both.flatMap((one) => [0, 1, 2, 3, 4].map((offset) => codedFrom(one, base32, offset))),
    hex: both.map((one) => one.toString('hex')).flatMap((text) => [text, [...text].reverse().join('')]),
  };
  const forms = new Map<string, Form>();
  for (const [kind, { pieceChars, wholeCharsMin }] of Object.entries(kinds)) {
    const long = secret.length > secretCharsLong ? longPieceMore : 0;
    for (const text of texts[kind as keyof typeof kinds]) {
      if (forms.has(text) || text.length < wholeCharsMin) continue;
      const whole = secret.length < secretCharsInPieces;
      forms.set(text, { text, pieceChars: whole ? text.length : Math.min(text.length, pieceChars + long) });
    }
  }
  return [...forms.values()];
}

/**
 * Encodes bytes with an alphabet of 32 or 64 characters, without padding.
 * @param offset  the number of other bytes before `bytes`. Unless it is 0, characters that also depend on neighbouring
 * bytes are left out
 */
function codedFrom(bytes: Uint8Array, alphabet: string, offset: number): string {
  const width = Math.log2(alphabet.length);
  const end = 8 * bytes.length;
  let text = '';
  for (let bit = Math.ceil((8 * offset) / width) * width - 8 * offset; bit < end; bit += width) {
    if (offset !== 0 && bit + width > end) break;
    const at = bit >> 3;
    const pair = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    text += alphabet[(pair >> (16 - width - (bit & 7))) & (alphabet.length - 1)];
  }
  return text;
}
