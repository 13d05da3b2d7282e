import type { KnownMask } from '../core/ports.ts';
import { printable } from '../core/printable.ts';

/** The end of a program's output. */
export type Words = ReturnType<typeof keepWords>;

/**
 * Keeps the last `bytesMax` bytes. If the output is longer, `text` omits the first kept line, which may be incomplete.
 */
export function keepWords(bytesMax: number) {
  const ring = Buffer.alloc(bytesMax);
  let count = 0;
  return {
    add(chunk: Buffer): void {
      const rest = chunk.subarray(-bytesMax);
      const at = (count + chunk.length - rest.length) % bytesMax;
      const first = rest.copy(ring, at);
      rest.copy(ring, 0, first);
      count += chunk.length;
    },
    /** The length of the whole output in bytes, including the part that is not kept. */
    count: () => count,
    text(): string {
      const at = count % bytesMax;
      const kept =
        count <= bytesMax ? ring.subarray(0, count) : Buffer.concat([ring.subarray(at), ring.subarray(0, at)]);
      const text = kept.toString('utf8');
      return count <= bytesMax ? text : text.slice(text.indexOf('\n') + 1 || text.length);
    },
  };
}

/**
 * Returns a program's output for display: secrets, user-info and query values are masked, lines are printable, and
 * empty lines are left out.
 */
export function maskWords(text: string, mask: Pick<KnownMask, 'text'>, lineChars: number): string {
  return (
    mask
      .text(text)
      // Matches only the last character of the scheme, because matching a whole scheme takes quadratic time in a long
      // word.
      .replace(/([a-z0-9+.-]:\/\/)[^/@\s]*@/gi, '$1***@')
      .replace(/([?&][\w.-]+=)[^&\s"']+/g, '$1***')
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .map((line) => printable(line, lineChars))
      .join('\n')
  );
}
