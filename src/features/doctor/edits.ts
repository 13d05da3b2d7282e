import type { Edit, FileChange, Trap } from '../../core/trap.ts';

/**
 * The edits that repair traps, by file. Of two different edits of one line only the first is made; the other one waits for
 * the next run.
 * @param textOf  a file's text as read; `null`: the file does not exist
 */
export function changesFor(
  traps: readonly Pick<Trap, 'edits'>[],
  textOf: (file: string) => string | null,
): readonly FileChange[] {
  const byFile = new Map<string, Edit[]>();
  for (const edit of traps.flatMap(({ edits }) => edits))
    byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  return [...byFile].flatMap(([file, edits]) => {
    const before = textOf(file);
    const after = edited(before ?? '', edits);
    return after === (before ?? '') ? [] : [{ file, before, after }];
  });
}

/** A line with its own line ending: a file may mix LF and CRLF. */
interface Line {
  readonly text: string;
  readonly end: string;
}

function edited(text: string, edits: readonly Edit[]): string {
  const lines = linesOf(text);
  const usual = lines[0]?.end || '\n';
  const becomes = new Map<number, readonly string[]>();
  const added: string[] = [];
  for (const edit of edits) {
    if (edit.line === null) added.push(...edit.becomes.filter((line) => !added.includes(line)));
    else if (lines[edit.line - 1]?.text === edit.was && !becomes.has(edit.line)) becomes.set(edit.line, edit.becomes);
  }
  const after = [
    ...lines.flatMap((line, at) => becomes.get(at + 1)?.map((one) => ({ text: one, end: line.end })) ?? [line]),
    ...added.map((one) => ({ text: one, end: usual })),
  ];
  const isEnded = added.length > 0 || text.endsWith('\n');
  return after.map((line, at) => line.text + (isEnded || at < after.length - 1 ? line.end || usual : '')).join('');
}

function linesOf(text: string): readonly Line[] {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((whole) => {
    const [end = ''] = /\r?\n$/.exec(whole) ?? [];
    return { text: whole.slice(0, whole.length - end.length), end };
  });
}
