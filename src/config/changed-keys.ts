import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../core/config.ts';
import { isMapping } from '../core/read-json.ts';
import { Secret, seal } from '../core/secret.ts';

const needingRestart = ['listen', 'state.path'];

/** Lists the keys that differ between two configurations, such as `advise`, `mirrors.<name>` or `state.path`. */
export function listChangedKeys(
  a: Config,
  b: Config,
): { readonly keys: readonly string[]; readonly needsRestart: readonly string[] } {
  const [before, after] = [asWritten(a), asWritten(b)];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => key !== 'path')
    .flatMap((key) => changesWithin(key, before[key], after[key], split.has(key) || key in a.settings));
  return { keys, needsRestart: keys.filter((key) => needingRestart.includes(key)) };
}

const split = new Set(['state', 'steps', 'schedule', 'detect', 'clients', 'private']);

function asWritten({ settings, ...config }: Config): Readonly<Record<string, unknown>> {
  return { ...config, ...settings };
}

function changesWithin(key: string, a: unknown, b: unknown, isSplit: boolean): string[] {
  if (isSame(a, b)) return [];
  if (isNamedList(a) && isNamedList(b)) {
    const [inA, inB] = [byName(a), byName(b)];
    const changed = [...new Set([...inA.keys(), ...inB.keys()])].filter(
      (name) => !isSame(inA.get(name), inB.get(name)),
    );
    return changed.length === 0 ? [key] : changed.map((name) => `${key}.${name}`);
  }
  if (!isSplit || !isRecord(a) || !isRecord(b)) return [key];
  const inner = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return inner.filter((name) => !isSame(a[name], b[name])).map((name) => `${key}.${name}`);
}

function isNamedList(value: unknown): value is readonly { readonly name: string }[] {
  return Array.isArray(value) && value.every((entry) => isRecord(entry) && typeof entry['name'] === 'string');
}

function byName(list: readonly { readonly name: string }[]): ReadonlyMap<string, unknown> {
  return new Map(list.map((entry) => [entry.name, entry]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isMapping(value) && !(value instanceof Secret);
}

function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(seal(a), seal(b));
}
