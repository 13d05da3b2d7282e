import { z } from 'zod';
import { limits } from '../core/limits.ts';
import { error, ok } from '../core/result.ts';
import type { Client } from '../ecosystems/client.ts';
import type { Ecosystem, SettingsKey } from '../ecosystems/ecosystem.ts';
import type { Names } from '../ecosystems/names.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { checked, errorOf, file, integer, list, mapping, readable } from './fields.ts';

/** A mapping whose keys are ecosystems; its values are what an ecosystem makes of them. */
type ByEcosystem<Value> = z.ZodType<Readonly<Record<string, Value>>, Readonly<Record<string, unknown>>>;

function byEcosystem<Value>({ all }: Registry, keyOf: (one: Ecosystem) => z.ZodType | null): ByEcosystem<Value> {
  const keys = all.flatMap((one) => {
    const key = keyOf(one);
    return key === null ? [] : [[one.id, key] as const];
  });
  return mapping(Object.fromEntries<z.ZodType>(keys)) as unknown as ByEcosystem<Value>;
}

/** A chain as the file declares it: its text, or the text of one client by that client's name. */
export type FileChain = string | Readonly<Record<string, string>>;

/** The key `clients`. */
export function clientsKey(registry: Registry): ByEcosystem<FileChain> {
  return byEcosystem(registry, ({ clients }) => {
    const [first, ...others] = clients;
    if (others.length === 0) return chainOf(first).optional();
    const named = Object.fromEntries(clients.map((client) => [client.id, chainOf(client).optional()]));
    const one = mapping(named).refine(
      (value) => Object.values(value).filter((chain) => chain !== undefined).length === 1,
      errorOf(phrase('expected.chainOf', { clients: clients.map(({ id }) => id).join(', ') })),
    );
    return z
      .union([chainOf(first), one])
      .meta({ description: first.describes })
      .optional();
  });
}

function chainOf(client: Client) {
  return readable(client.describes, client.expected, (text) => {
    const mistake = client.mistake(text);
    return mistake === null ? ok(null) : error(mistake);
  });
}

/** Modules of a lock file. */
export interface FileLock {
  readonly from: string;
  readonly top: number;
}

/** One entry of `modules`: a text, modules of a lock file, or a mapping that the ecosystem reads. */
export type FileModule = string | FileLock | Readonly<Record<string, unknown>>;

/** The key `modules`. */
export function modulesKey(registry: Registry): ByEcosystem<readonly FileModule[]> {
  return byEcosystem(registry, ({ names, locks }) => {
    const forms = [
      readable(names.entry.describes, names.entry.expected, (text) => names.parse(text)),
      ...(names.form === undefined ? [] : [names.form.schema]),
      ...(locks === null
        ? []
        : [mapping({ from: file(locks.describes), top: integer(locks.top, 1, limits.modules).prefault(20) })]),
    ];
    const [only] = forms;
    const entry = forms.length === 1 && only !== undefined ? only : z.union(forms);
    const expected =
      locks === null
        ? phrase('expected.listOf', { what: names.entry.expected })
        : phrase('expected.listFrom', { what: names.entry.expected, block: '{ from, top }' });
    return list(entry, expected, limits.modules).meta({ description: names.describes }).prefault([]);
  });
}

/** True for an entry that names a lock file. */
export function isLock(entry: FileModule): entry is FileLock {
  return typeof entry === 'object' && typeof entry['from'] === 'string' && typeof entry['top'] === 'number';
}

/** The key `private`. */
export function privateKey(registry: Registry): ByEcosystem<readonly string[]> {
  return byEcosystem(registry, ({ names }) => (names.private === null ? null : patterns(names.private)));
}

function patterns(declared: NonNullable<Names['private']>) {
  const one = checked('', declared.expected, (value) => declared.isPattern(value));
  return list(one, declared.list).meta({ description: declared.describes }).prefault([]);
}

function fileKeys({ files = {} }: SettingsKey): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.entries(files).map(([key, { describes }]) => [key, file(describes).optional()]));
}

/** The key of each ecosystem's own, by its name. Read again by `settingsOf`: its type is the ecosystem's business. */
export function ownKeys({ all }: Registry): object {
  const keys = all.flatMap(({ id, settings }) =>
    settings === null
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
