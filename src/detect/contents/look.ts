import type { Gaps } from '../../core/mirror.ts';
import type { Contents } from '../../core/transcript.ts';

/** One response about one subject. Its contents were true at some time from `fromMs` to `toMs`, monotonic milliseconds. */
export interface Look {
  readonly fromMs: number;
  readonly toMs: number;
  readonly contents: Contents;
}

export type Versions = NonNullable<Contents['versions']>;

/**
 * The versions of `all` that a response would include if the mirror had them: a response with only the newest ones says
 * nothing about older ones.
 * @param all  by the order of the ecosystem, the newest last
 */
export function selectComparable(all: readonly string[], { count, newest }: Versions): readonly string[] {
  if (count <= newest.length) return all;
  const shown = new Set(newest);
  const floor = all.findIndex((version) => shown.has(version));
  return floor < 0 ? [] : all.slice(floor);
}

/** A mutable tag, or a value that only grows (serial, date), within one subject. */
export type LineKey = `tag ${string}` | 'serial' | 'date';

/** The value of each line in a response. */
export function* linesOf({ tags, serial, modifiedAtMs }: Contents): Generator<readonly [LineKey, string | number]> {
  for (const [name, value] of Object.entries(tags ?? {})) yield [`tag ${name}`, value];
  if (serial !== undefined) yield ['serial', serial];
  if (modifiedAtMs !== undefined) yield ['date', modifiedAtMs];
}

/** Whether a mirror omits a version by design: such a version counts neither as lag nor as missing. */
export function gapFilterFor(gaps: Gaps | undefined): (version: string, isPre: boolean) => boolean {
  if (gaps === undefined) return () => false;
  return (version, isPre) =>
    (gaps.prereleases && isPre) || gaps.without.some((pattern) => isLike(version, pattern.split('*')));
}

/** True for a text that begins with the first part, ends with the last, and has the others between, in their order. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.at(-1) ?? '';
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
