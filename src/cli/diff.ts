import type { FileChange } from '../core/trap.ts';
import { maskLines } from '../features/doctor/mask-lines.ts';

const around = 3;

/**
 * A change as a unified diff, for people: secrets of the file are `***` in it, so it is to be read and not to be applied.
 * One hunk from the first line that differs to the last.
 */
export function unifiedDiff({ file, before, after }: FileChange): readonly string[] {
  const [old, now] = [linesOf(before ?? ''), linesOf(after)];
  const [oldShown, nowShown] = [maskLines(old), maskLines(now)];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const from = Math.max(0, head - around);
  const behind = Math.min(tail, around);
  const count = (lines: readonly string[]): number => lines.length - tail + behind - from;
  const place = (lines: readonly string[]): string => `${count(lines) === 0 ? from : from + 1},${count(lines)}`;
  return [
    `--- ${before === null ? '/dev/null' : file}`,
    `+++ ${file}`,
    `@@ -${place(old)} +${place(now)} @@`,
    ...oldShown.slice(from, head).map((line) => ` ${line}`),
    ...changed(pairs(old, oldShown, head, tail), pairs(now, nowShown, head, tail)),
    ...oldShown.slice(old.length - tail, old.length - tail + behind).map((line) => ` ${line}`),
  ];
}

/** Lines that both have, in their order, stay; the others go and come. */
function changed(old: readonly DiffLine[], now: readonly DiffLine[]): readonly string[] {
  const told: string[] = [];
  let at = 0;
  for (const { line, shown } of old) {
    const found = now.findIndex((one, index) => index >= at && one.line === line);
    if (found < 0) {
      told.push(`-${shown}`);
      continue;
    }
    told.push(...now.slice(at, found).map((one) => `+${one.shown}`), ` ${shown}`);
    at = found + 1;
  }
  return [...told, ...now.slice(at).map((one) => `+${one.shown}`)];
}

/** A line, and how it may be shown. */
interface DiffLine {
  readonly line: string;
  readonly shown: string;
}

function pairs(lines: readonly string[], shown: readonly string[], head: number, tail: number): readonly DiffLine[] {
  return lines.map((line, at) => ({ line, shown: shown[at] ?? '' })).slice(head, lines.length - tail);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
