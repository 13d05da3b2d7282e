import { error, ok, type Result } from '../core/result.ts';
import type { ClientCheck, FileChange, Machine, Unchecked } from '../core/trap.ts';
import { changeSetting, type FileFormat, type FileSetting, listLines, type SettingPath } from '../formats/format.ts';
import type { Say } from '../words/words.ts';
import type { EditRefusal, FileLine, Settling } from './doctor.ts';

export interface PlacedSetting extends FileSetting {
  readonly place: { readonly file: string; readonly line: number };
  /** The lines that have only this setting. Empty: another setting is on one of its lines, or it is part of a list. */
  readonly lines: readonly FileLine[];
}

/** A settings file, as its client reads it. */
export interface SettingsFile {
  readonly file: string;
  readonly settings: readonly PlacedSetting[];
  /** The line for which the client rejects the whole file; `null`: the client reads the file. */
  readonly rejected: number | null;
}

/** Reads the settings in a file; `null`: the file cannot be read. */
export async function readSettingsFile(
  machine: Machine,
  file: string,
  format: FileFormat,
): Promise<SettingsFile | null> {
  const read = await machine.read(file);
  if (read.tag === 'error') return null;
  const parsed = format.parse(read.text);
  return parsed.tag === 'error'
    ? { file, settings: [], rejected: parsed.error }
    : { file, settings: parsed.value.map(createPlaces(file, read.text)), rejected: null };
}

/** Returns a function that places the settings of a text, which it takes in the order of the file. */
function createPlaces(file: string, text: string): (setting: FileSetting) => PlacedSetting {
  const lines = [...listLines(text)];
  let first = 0;
  return (setting) => {
    const { path, begin, to } = setting;
    while ((lines[first + 1]?.[1] ?? text.length) <= begin && first + 1 < lines.length) first += 1;
    const line = first + 1;
    return {
      ...setting,
      place: { file, line },
      get lines() {
        let end = line;
        while ((lines[end]?.[1] ?? to) < to) end += 1;
        const own = lines.slice(line - 1, end);
        const around =
          text.slice(own[0]?.[1], begin) + text.slice(to, own.map(([line, at]) => at + line.length).at(-1));
        const isAlone = typeof path.at(-1) === 'string' && /^\s*(?:[#;].*)?$/.test(around);
        return isAlone ? own.map(([one, , number]) => ({ file, line: number, text: one })) : [];
      },
    };
  };
}

/** Returns what could not be checked, because clients reject these files. */
export function listRejected(files: readonly (SettingsFile | null)[], say: Say): readonly Unchecked[] {
  return files.flatMap((one): readonly Unchecked[] => {
    if (one === null || one.rejected === null) return [];
    const { file, rejected: line } = one;
    return [{ id: 'settings', because: say('change.syntax', { line }), where: [{ file, line }] }];
  });
}

/**
 * Returns the change that gives a settings file these values; `null`: it has them already.
 * @param checks  how clients show the values
 */
export async function changeSettings(
  machine: Machine,
  file: string,
  format: FileFormat,
  wanted: readonly (readonly [path: SettingPath, value: unknown])[],
  checks: readonly ClientCheck[],
): Promise<Result<FileChange | null, EditRefusal>> {
  const read = await machine.read(file);
  const before = read.tag === 'ok' ? read.text : null;
  let after = before ?? '';
  for (const [path, value] of wanted) {
    const changed = changeSetting(format, after, path, value);
    if (changed.tag === 'error') return error({ file, because: changed.error });
    after = changed.value;
  }
  return ok(after === (before ?? '') ? null : { file, before, after, checks });
}

/** True for a text, such as a URL, that no syntax of a settings file reads as more than this text. */
export function isPlainValue(value: unknown): boolean {
  return typeof value === 'string' && /^\w[\w.:/@%+~?&=,[\]-]*$/.test(value);
}

/** Joins changes of files. If one of them is refused, no file is changed. */
export function settlingOf(
  changes: readonly Result<FileChange | null, EditRefusal>[],
  notes: readonly string[],
): Settling {
  const refused = changes.find((one) => one.tag === 'error');
  if (refused !== undefined) return { changes: [], notes, refused: refused.error };
  return { changes: changes.flatMap((one) => (one.tag === 'ok' && one.value !== null ? [one.value] : [])), notes };
}
