import type { Config } from '../core/config.ts';
import type { SettingsKey } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';

/** The settings that each ecosystem reads from its own key and the files named there; mistakes are reported. */
export function settingsOf(
  file: Readonly<Record<string, unknown>>,
  { all }: Registry,
  reader: Reader,
  report: Report,
): Config['settings'] {
  return Object.fromEntries(
    all.flatMap(({ id, settings }) => {
      if (settings === null) return [];
      const written = file[id] as Readonly<Record<string, unknown>>;
      return [[id, settings.read({ ...written, ...filesOf([id], written, settings, reader, report) })]];
    }),
  );
}

/** The texts of the files that a mapping names, by key. An unreadable file is reported, and then treated as absent. */
function filesOf(
  path: Path,
  written: Readonly<Record<string, unknown>>,
  { files = {} }: SettingsKey,
  reader: Reader,
  report: Report,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(files).map(([key, { mistake }]) => {
      const name = written[key];
      const text = typeof name === 'string' ? reader.text([...path, key], name) : null;
      const expected = text === null ? null : mistake(text);
      if (expected !== null) report.error([...path, key], phrase('expected.fileWith', { what: expected }));
      return [key, text === null || expected !== null ? undefined : text];
    }),
  );
}
