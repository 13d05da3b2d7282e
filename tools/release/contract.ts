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

/**
 * By section: the names of a contract, each with its definition. The changelog must mention a changed name in
 * backticks.
 */
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

/**
 * The differences that the changelog since `version` does not mention. A line must have the name in backticks. For a
 * removed or changed name, the line must begin with [CHANGE]. The name of something added stands for all parts of it.
 */
export function unnamedIn(
  changelog: string,
  version: string,
  differences: readonly Difference[],
): readonly Difference[] {
  const since = changelog.split(new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm'))[0] ?? '';
  const lines = since.split(/\n(?=- )/);
  // `mirror.KIND.…` stands for the messages about all kinds of findings, `….ecosystem` for that field everywhere.
  const namesOf = ({ name }: Difference): readonly string[] => [
    name,
    name.replace(/^mirror\.\w+\.(?=data\.)/, 'mirror.KIND.'),
    `….${name.split('.').at(-1)}`,
  ];
  const added = differences.filter(({ kind }) => kind === 'added');
  const wholes = ({ name }: Difference): readonly Difference[] =>
    added.filter((one) => name.startsWith(`${one.name}.`) || name.startsWith(`${one.name}[]`));
  const isNamed = (one: Difference): boolean =>
    (one.kind === 'added' && wholes(one).some(isNamed)) ||
    lines.some(
      (line) =>
        namesOf(one).some((name) => line.includes(`\`${name}\``)) &&
        (one.kind === 'added' || line.startsWith('- [CHANGE]')),
    );
  // The name of a new route or field stands for all that is below it.
  const named = differences.filter((one) => one.kind === 'added' && isNamed(one));
  const isBelow = ({ name }: Difference): boolean =>
    named.some((one) => name.startsWith(`${one.name} `) || name.startsWith(`${one.name}.`));
  return differences.filter((one) => !isNamed(one) && !isBelow(one));
}

/** The path of the contract of version 1.0. */
export const contractPath = join(root, 'test/contract/1.0.json');

if (import.meta.main) writeFileSync(contractPath, `${JSON.stringify(await contract(), null, 1)}\n`);
