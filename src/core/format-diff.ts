import { maskLines } from './mask-lines.ts';

const around = 3;

interface Change {
  readonly file: string;
  /** `null`: there is no file. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Formats a change for people as a unified diff with one hunk. Secrets are shown as `***`. */
export function formatDiff({ file, before, after }: Change): readonly string[] {
  const [old, now] = [linesOf(before ?? ''), linesOf(after ?? '')];
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
    `+++ ${after === null ? '/dev/null' : file}`,
    `@@ -${place(old)} +${place(now)} @@`,
    ...oldShown.slice(from, head).map((line) => ` ${line}`),
    ...changed(pairs(old, oldShown, head, tail), pairs(now, nowShown, head, tail)),
    ...oldShown.slice(old.length - tail, old.length - tail + behind).map((line) => ` ${line}`),
  ];
}

function changed(old: readonly DiffLine[], now: readonly DiffLine[]): readonly string[] {
  const lines: string[] = [];
  // The places of each new line, the first one last.
  const places = Map.groupBy([...now.keys()].reverse(), (place) => now[place]?.line);
  let at = 0;
  for (const { line, shown } of old) {
    const left = places.get(line) ?? [];
    while ((left.at(-1) ?? at) < at) left.pop();
    const found = left.at(-1);
    if (found === undefined) {
      lines.push(`-${shown}`);
      continue;
    }
    lines.push(...now.slice(at, found).map((one) => `+${one.shown}`), ` ${shown}`);
    at = found + 1;
  }
  return [...lines, ...now.slice(at).map((one) => `+${one.shown}`)];
}

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
