import type { Edit, FileChange, Trap } from '../core/trap.ts';

/**
 * The changes that mend traps, file by file. Two edits of one line that differ are not both made: the later one waits for
 * the next look.
 * @param textOf  a file's text as it was read; `null`: it is not there
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

function edited(text: string, edits: readonly Edit[]): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  const isEnded = lines.at(-1) === '';
  if (isEnded) lines.pop();
  const becomes = new Map<number, readonly string[]>();
  const added: string[] = [];
  for (const edit of edits) {
    if (edit.line === null) added.push(...edit.becomes.filter((line) => !added.includes(line)));
    else if (lines[edit.line - 1] === edit.was && !becomes.has(edit.line)) becomes.set(edit.line, edit.becomes);
  }
  const after = [...lines.flatMap((line, at) => becomes.get(at + 1) ?? [line]), ...added];
  if (after.length === 0) return '';
  return after.join(end) + (isEnded || added.length > 0 || text === '' ? end : '');
}
