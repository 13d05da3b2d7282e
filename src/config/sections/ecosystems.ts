import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import type { SettingsKey } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { file, mapping } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

function fileKeys({ files = {} }: SettingsKey): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.entries(files).map(([key, { describes }]) => [key, file(describes).optional()]));
}

export function makeSettingsKeys(): object {
  const keys = registry.all.flatMap(({ id, settings }) =>
    settings === undefined
      ? []
      : [
          [
            id,
            mapping({ ...settings.keys, ...fileKeys(settings) })
              .meta({ description: settings.describes })
              .prefault({}),
          ] as const,
        ],
  );
  return Object.fromEntries(keys);
}

export function readSettings(file: Readonly<Record<string, unknown>>, reading: Reading): Config['settings'] {
  return Object.fromEntries(
    registry.all.flatMap(({ id, settings }) => {
      if (settings === undefined) return [];
      const written = file[id] as Readonly<Record<string, unknown>>;
      return [[id, settings.read({ ...written, ...filesOf([id], written, settings, reading) })]];
    }),
  );
}

/** Returns the texts of the files that a mapping names, by key. A file with a mistake is reported and omitted. */
function filesOf(
  path: Path,
  written: Readonly<Record<string, unknown>>,
  { files = {} }: SettingsKey,
  reading: Reading,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(files).map(([key, { mistake }]) => {
      const name = written[key];
      const text = typeof name === 'string' ? reading.text([...path, key], name) : null;
      const expected = text === null ? null : mistake(text);
      if (expected !== null) reading.error([...path, key], phrase('expected.fileWith', { what: expected }));
      return [key, text === null || expected !== null ? undefined : text];
    }),
  );
}
