import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import type { Ecosystem, SettingsKey } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { file, mapping, wordList } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

function fileKeys({ files = {} }: SettingsKey): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.entries(files).map(([key, { describes }]) => [key, file(describes).optional()]));
}

function protectionsKey(names: readonly string[], describes: string) {
  return wordList('A protection.', names, phrase('expected.oneOf', { words: names.join(', ') }))
    .optional()
    .describe(describes);
}

function protectionKeys({ protections }: Pick<Ecosystem, 'protections'>): Readonly<Record<string, z.ZodType>> {
  if (protections === undefined) return {};
  const says =
    'The checks beyond hashes that clients are set to make, by name. A mirror whose responses lack what such a check needs is not advised. See docs/verified-content.md.';
  return { protections: protectionsKey(Object.keys(protections), says) };
}

/** The key `advise.allow`: protections that clients skip if a mirror lacks what they need. */
export function allowKey() {
  const all = registry.all.flatMap(({ protections = {} }) => Object.entries(protections));
  const skipped = all.flatMap(([name, { without }]) => (without === 'skips' ? [name] : []));
  return protectionsKey(
    skipped,
    'Protections that clients may skip: a mirror whose responses lack what they need may be advised nevertheless.',
  );
}

/** The protections that mirrors must serve, and the capabilities that these need. @param allow  protections that may be skipped */
export function readNeeds(
  file: Readonly<Record<string, unknown>>,
  allow: readonly string[] = [],
): Pick<Config['advise'], 'needs' | 'protections'> {
  const counted = registry.all.flatMap(({ id, protections: known = {} }) => {
    const { protections: set = [] } = (file[id] ?? {}) as { readonly protections?: readonly string[] };
    const names = set.filter((name) => !allow.includes(name));
    const needs = new Set(names.flatMap((name) => known[name]?.needs ?? []));
    return names.length === 0 ? [] : [{ id, names, needs: [...needs] }];
  });
  if (counted.length === 0) return {};
  return {
    needs: Object.fromEntries(counted.map(({ id, needs }) => [id, needs])),
    protections: Object.fromEntries(counted.map(({ id, names }) => [id, names])),
  };
}

export function makeSettingsKeys(): object {
  const keys = registry.all.flatMap(({ id, settings, ...kind }) =>
    settings === undefined
      ? []
      : [
          [
            id,
            mapping(settings.describes, { ...settings.keys, ...protectionKeys(kind), ...fileKeys(settings) }).prefault(
              {},
            ),
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
