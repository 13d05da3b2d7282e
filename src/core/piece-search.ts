import type { Form } from './secret-forms.ts';

/**
 * Masks a part of a text, or leaves it unchanged. `isWhole`: the part is a complete variant (form) of a secret, not
 * only a piece.
 * @returns false if the part was left unchanged
 */
export type TakePiece = (from: number, to: number, isWhole: boolean) => boolean;

/** Pieces of secrets are looked up by this many consecutive characters. */
const gramChars = 4;
/**
 * The maximum number of stored positions with the same four characters, because a secret may repeat four characters
 * many times.
 */
const placesMax = 16;
const slotsMin = 1_024;

/**
 * Searches texts for pieces of the given forms (encoded variants of secrets). The time grows linearly with the text:
 * each character is looked up in one table, and masked pieces are not searched again.
 * @param forms  `pieceChars` of each form is at least 4, and at most the length of the form
 */
export function createPieceSearch(forms: readonly Form[]): (text: string, take: TakePiece) => void {
  const { places, hashes, bits } = tableOf(forms);
  const ends = endsOf(forms);

  function formAt(place: number): number {
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) > place) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * Returns the longest piece that contains the four characters at `start` and begins at `free` or later; `null`: no
   * piece is long enough.
   */
  function pieceAt(text: string, start: number, free: number, hash: number): Piece | null {
    let longest: Piece | null = null;
    for (let slot = slotOf(hash, bits); places[slot] !== 0; slot = (slot + 1) & (places.length - 1)) {
      if (hashes[slot] !== hash) continue;
      const place = (places[slot] ?? 0) - 1;
      const at = formAt(place);
      const { text: whole, pieceChars } = forms[at] ?? { text: '', pieceChars: 0 };
      const within = place - ((ends[at] ?? 0) - whole.length);
      let [before, after] = [0, 0];
      while (within + after < whole.length && text[start + after] === whole[within + after]) after += 1;
      if (after < gramChars) continue;
      while (before < within && start - before > free && text[start - before - 1] === whole[within - before - 1])
        before += 1;
      const chars = before + after;
      if (chars < pieceChars || (longest !== null && chars <= longest.to - longest.from)) continue;
      longest = { from: start - before, to: start + after, isWhole: chars === whole.length };
    }
    return longest;
  }

  return (text, take) => {
    let [hash, free] = [0, 0];
    for (let at = 0; at < text.length; at += 1) {
      hash = (hash << 8) ^ text.charCodeAt(at);
      if (places[slotOf(hash, bits)] === 0 || at + 1 - gramChars < free) continue;
      const piece = pieceAt(text, at + 1 - gramChars, free, hash);
      if (piece === null || !take(piece.from, piece.to, piece.isWhole)) continue;
      free = piece.to;
      at = free - 1;
    }
  };
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
}

function endsOf(forms: readonly Form[]): Int32Array {
  let end = 0;
  return Int32Array.from(forms, ({ text }) => {
    end += text.length;
    return end;
  });
}

/**
 * Returns the first slot for a hash. The hash depends only on the last four characters, because each character shifts
 * it by 8 of 32 bits.
 */
function slotOf(hash: number, bits: number): number {
  return Math.imul(hash, 0x9e3779b1) >>> bits;
}

interface Table {
  /** Positions in the joined texts of all forms (variants of secrets), stored as position + 1; 0: the slot is empty. */
  readonly places: Int32Array;
  readonly hashes: Int32Array;
  readonly bits: number;
}

/**
 * Builds the lookup table. For each piece that must be found, it contains at least one group of four consecutive
 * characters.
 */
function tableOf(forms: readonly Form[]): Table {
  const entries: (readonly [place: number, hash: number])[] = [];
  let begin = 0;
  for (const { text, pieceChars } of forms) {
    const step = pieceChars - gramChars + 1;
    for (let at = 0; at + gramChars <= text.length; at += step) {
      let hash = 0;
      for (let next = at; next < at + gramChars; next += 1) hash = (hash << 8) ^ text.charCodeAt(next);
      entries.push([begin + at, hash]);
    }
    begin += text.length;
  }
  let size = slotsMin;
  while (size < 4 * entries.length) size *= 2;
  const [places, hashes, bits] = [new Int32Array(size), new Int32Array(size), Math.clz32(size - 1)];
  for (const [place, hash] of entries) {
    let [slot, same] = [slotOf(hash, bits), 0];
    for (; places[slot] !== 0 && same < placesMax; slot = (slot + 1) & (size - 1)) if (hashes[slot] === hash) same += 1;
    if (same < placesMax) [places[slot], hashes[slot]] = [place + 1, hash];
  }
  return { places, hashes, bits };
}
