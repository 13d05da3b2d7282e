import type { FileChange } from '../core/trap.ts';
import { maskLine } from './mask.ts';

const around = 3;

/**
 * A change as a unified diff, for people: secrets of the file are `***` in it, so it is to be read and not to be applied.
 * One hunk from the first line that differs to the last.
 */
export function unifiedDiff({ file, before, after }: FileChange): readonly string[] {
  const [old, now] = [linesOf(before ?? ''), linesOf(after)];
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
    ...old.slice(from, head).map((line) => ` ${maskLine(line)}`),
    ...changed(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail, old.length - tail + behind).map((line) => ` ${maskLine(line)}`),
  ];
}

/** Lines that both have, in their order, stay; the others go and come. */
function changed(old: readonly string[], now: readonly string[]): readonly string[] {
  const shown: string[] = [];
  let at = 0;
  for (const line of old) {
    const found = now.indexOf(line, at);
    if (found < 0) {
      shown.push(`-${maskLine(line)}`);
      continue;
    }
    shown.push(...now.slice(at, found).map((one) => `+${maskLine(one)}`), ` ${maskLine(line)}`);
    at = found + 1;
  }
  return [...shown, ...now.slice(at).map((one) => `+${maskLine(one)}`)];
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
