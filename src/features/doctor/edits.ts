import type { Edit, FileChange, Machine, Trap } from '../../core/trap.ts';

/**
 * Returns the file changes that repair traps. If two edits change one line differently, the second is omitted.
 * @param textOf  a file's text as read; `null`: it was not read
 */
export function editsFor(
  traps: readonly Pick<Trap, 'edits'>[],
  textOf: (file: string) => string | null,
): readonly FileChange[] {
  const byFile = Map.groupBy(
    traps.flatMap(({ edits }) => edits),
    ({ file }) => file,
  );
  return [...byFile].flatMap(([file, edits]) => {
    const before = textOf(file);
    const after = edited(before ?? '', edits);
    return after === (before ?? '') ? [] : [{ file, before, after }];
  });
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

/** Returns each line with its line ending, because a file may mix LF and CRLF. */
function linesOf(text: string) {
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((whole) => {
    const [end = ''] = /\r?\n$/.exec(whole) ?? [];
    return { text: whole.slice(0, whole.length - end.length), end };
  });
}

/** The maximum number of traps whose edits are tried. A project of a stranger may have thousands of traps. */
const triedMax = 50;

/**
 * Drops edits that do not help, and those of further traps than `triedMax`. Each trap's edits are applied in memory, and the machine is examined again. The edits
 * are kept if the trap no longer occurs and no new kind of trap appears.
 * @param again  examines a machine
 */
export async function keepProvenEdits(
  traps: readonly Trap[],
  machine: Machine,
  textOf: (file: string) => string | null,
  again: (machine: Machine) => Promise<readonly Trap[]>,
): Promise<readonly Trap[]> {
  const ids = new Set(traps.map(({ id }) => id));
  const proven: Trap[] = [];
  let tried = 0;
  for (const trap of traps) {
    tried += Number(trap.edits.length > 0);
    if (trap.edits.length === 0 || tried > triedMax) {
      proven.push({ ...trap, edits: [] });
      continue;
    }
    const after = new Map(editsFor([trap], textOf).map((change) => [change.file, change.after]));
    const left = await again(withTexts(machine, after));
    const isGone =
      after.size > 0 && left.every((one) => trapKeyOf(one) !== trapKeyOf(trap)) && left.every(({ id }) => ids.has(id));
    proven.push(isGone ? trap : { ...trap, edits: [] });
  }
  return proven;
}

/** Returns a key that identifies a trap. The key contains no line numbers, because an edit may move lines. */
export function trapKeyOf({ id, what, set }: Trap): string {
  return JSON.stringify([id, what, set]);
}

function withTexts(machine: Machine, texts: ReadonlyMap<string, string>): Machine {
  return {
    ...machine,
    async read(path) {
      const text = texts.get(path);
      return text === undefined ? machine.read(path) : { tag: 'ok', text };
    },
  };
}
