import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadCommands } from '../../src/cli/program.ts';
import { reasons } from '../../src/core/failure.ts';
import { tables } from '../../src/core/ports.ts';
import { doorMetrics } from '../../src/export/catalog/door.ts';
import { catalog } from '../../src/export/catalog.ts';
import { schemaVersion } from '../../src/io/store-schema.ts';
import { exits } from '../reference/exits.ts';
import { flattenSchema, type Schema } from './flatten.ts';

// The interfaces that docs/stability.md promises to keep, as data. test/contract/1.0.json is the contract of version
// 1.0:
//
//   node tools/release/contract.ts      writes it, before 1.0.0 is tagged and never after

const root = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** By section: the names of a contract, each with its definition. */
export type Contract = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export async function contract(): Promise<Contract> {
  const { engines } = JSON.parse(text('package.json'));
  const commands = await loadCommands();
  return {
    runtime: { node: engines.node, stateLayout: schemaVersion, stateTables: [...tables] },
    metrics: metricsOf({ ...catalog, ...doorMetrics }),
    rules: rulesOf(text('alerts/mirrorwatch.yml')),
    config: flattenSchema(JSON.parse(text('docs/mirrorwatch.schema.json'))),
    webhooks: webhooks(),
    api: api(),
    commands: Object.fromEntries(
      commands.map(({ name, options }) => [
        name,
        {
          options: Object.keys(options)
            .toSorted()
            .map((option) => `--${option}`),
          exits: exits[name] === undefined ? [] : [0, ...(exits[name][1] === 'never' ? [] : [1]), 2],
        },
      ]),
    ),
    reasons: Object.fromEntries(reasons.map((reason) => [reason, 'reason'])),
    environment: Object.fromEntries(variables().map((name) => [name, 'variable'])),
  };
}

function metricsOf(all: Readonly<Record<string, { readonly type: string; readonly labels: readonly string[] }>>) {
  return Object.fromEntries(
    Object.entries(all).map(([name, { type, labels }]) => [name, `${type}{${labels.join(',')}}`]),
  );
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

function rulesOf(yaml: string): Readonly<Record<string, unknown>> {
  const { groups } = parse(yaml) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  // Several rules may define one alert, each with its own labels.
  const labels = (name: string): readonly object[] =>
    rules.filter((rule) => rule.alert === name).map((rule) => rule.labels ?? {});
  return Object.fromEntries(
    rules.map(({ alert, record }) => (alert === undefined ? [String(record), 'recorded'] : [alert, labels(alert)])),
  );
}

function webhooks(): Readonly<Record<string, unknown>> {
  const files = readdirSync(join(root, 'docs/schemas')).toSorted();
  return Object.assign(
    {},
    ...files.map((file) => flattenSchema(JSON.parse(text(`docs/schemas/${file}`)), file.replace('.schema.json', ''))),
  );
}

interface Operation {
  readonly parameters?: readonly { readonly name?: string; readonly $ref?: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

/**
 * The API: each field of each JSON response, such as `GET /api/v1/mirrors 200 mirrors[].name`, and each query
 * parameter.
 */
function api(): Readonly<Record<string, unknown>> {
  const document = parse(text('openapi.yaml'));
  const told: Record<string, unknown> = {};
  for (const [path, operations] of Object.entries(document.paths as Record<string, Record<string, Operation>>))
    for (const [method, operation] of Object.entries(operations)) {
      if (!['get', 'post', 'put', 'delete'].includes(method)) continue;
      const name = `${method.toUpperCase()} ${path}`;
      const parameters = (operation.parameters ?? []).map(
        ({ name: own, $ref }) => own ?? String($ref).split('/').at(-1),
      );
      told[name] = { statuses: Object.keys(operation.responses), parameters };
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        const schema = content['application/json']?.schema;
        if (schema !== undefined) Object.assign(told, flattenSchema(schema, `${name} ${status}`, document));
      }
    }
  return told;
}

/** The environment variables that docs/cli.md and docs/actions.md name. */
function variables(): readonly string[] {
  const found = [...(text('docs/cli.md') + text('docs/actions.md')).matchAll(/\bMIRRORWATCH_[A-Z_]+[A-Z]\b/g)];
  return [...new Set(found.map(([name]) => name))].toSorted();
}

export interface Difference {
  readonly section: string;
  readonly name: string;
  readonly kind: 'added' | 'removed' | 'changed';
}

export function differencesOf(before: Contract, now: Contract): readonly Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((section) => {
    const [old = {}, next = {}] = [before[section], now[section]];
    return [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((name): readonly Difference[] => {
      if (!Object.hasOwn(old, name)) return [{ section, name, kind: 'added' }];
      if (!Object.hasOwn(next, name)) return [{ section, name, kind: 'removed' }];
      return JSON.stringify(old[name]) === JSON.stringify(next[name]) ? [] : [{ section, name, kind: 'changed' }];
    });
  });
}

/** The lists of an object that a minor version may extend. A new exit code or status is a change. */
const extensible = ['options', 'parameters'];

/**
 * What a minor version may add to a value: further words of a choice (`"a" | "b"`), texts of an array, and entries of the
 * lists `options` and `parameters`. `rest`: all else of the value, such as its types, and whether it may be absent.
 */
function membersOf(value: unknown): { readonly own: ReadonlySet<string>; readonly rest: string } {
  if (typeof value === 'string') {
    const { word = [], type = [] } = Object.groupBy(value.split(' | '), (one) =>
      one.startsWith('"') ? 'word' : 'type',
    );
    return { own: new Set(word), rest: type.join() };
  }
  if (Array.isArray(value)) {
    const rest = value.filter((one) => typeof one !== 'string');
    return { own: new Set(value.filter((one) => typeof one === 'string')), rest: JSON.stringify(rest) };
  }
  const entries = Object.entries(value ?? {});
  const isOpen = ([key]: readonly [string, unknown]): boolean => extensible.includes(key);
  const own = entries
    .filter(isOpen)
    .flatMap(([key, list]) => (list as readonly string[]).map((one) => `${key} ${one}`));
  return { own: new Set(own), rest: JSON.stringify(entries.filter((entry) => !isOpen(entry))) };
}

/** What a minor version added to a value; `null`: the value changed in another way. */
export function addedTo(before: unknown, now: unknown): readonly string[] | null {
  const [old, next] = [membersOf(before), membersOf(now)];
  const isExtended = old.own.size < next.own.size && old.own.isSubsetOf(next.own) && old.rest === next.rest;
  return isExtended ? [...next.own.difference(old.own)] : null;
}

/** The differences after which what worked before may fail. New names and new values of a list are none. */
export function breakingIn(before: Contract, now: Contract): readonly Difference[] {
  return differencesOf(before, now).filter(
    ({ section, name, kind }) =>
      kind === 'removed' || (kind === 'changed' && addedTo(before[section]?.[name], now[section]?.[name]) === null),
  );
}

/** The path of the contract of version 1.0. */
export const contractPath = join(root, 'test/contract/1.0.json');

if (import.meta.main) writeFileSync(contractPath, `${JSON.stringify(await contract(), null, 1)}\n`);
