import { printable } from '../core/printable.ts';
import type { KnownMask } from './mask-known.ts';

/** The last of what a program wrote: both its streams, as they came. */
export interface Words {
  add(chunk: Buffer): void;
  /** All of it, bytes. */
  count(): number;
  text(): string;
}

/** Keeps the last `bytesMax`; where more came, the line that the cut fell into goes with it. */
export function keepWords(bytesMax: number): Words {
  let kept: Buffer = Buffer.alloc(0);
  let count = 0;
  return {
    add(chunk) {
      count += chunk.length;
      kept = Buffer.concat([kept, chunk]).subarray(-bytesMax);
    },
    count: () => count,
    text() {
      const text = kept.toString('utf8');
      return count <= bytesMax ? text : text.slice(text.indexOf('\n') + 1 || text.length);
    },
  };
}

/**
 * A program's words as they may be shown: known secrets, user-info and query values masked, each line printable and bounded,
 * empty ones left out.
 */
export function shownWords(text: string, mask: KnownMask, lineChars: number): string {
  return mask
    .text(text)
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1***@')
    .replace(/([?&][\w.-]+=)[^&\s"']+/g, '$1***')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => printable(line, lineChars))
    .join('\n');
}
