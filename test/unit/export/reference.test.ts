import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { registry } from '../../../src/ecosystems/registry.ts';
import { makePlan } from '../../../src/export/boards.ts';
import { countLinesFor, metricNames } from '../../../src/export/catalog.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { countCalmLinesFor } from '../../../tools/calm-lines.ts';
import { metricsPage, metricsPagePath } from '../../../tools/generate-metrics-docs.ts';
import { readConfig } from '../../daemon/world.ts';

const page = readFileSync(metricsPagePath, 'utf8');

test('docs/metrics.md is what the catalogue says (npx node tools/generate-metrics-docs.ts writes it)', () =>
  expect(page).toBe(metricsPage()));

test('each metric has one section, and there is none for another', () =>
  expect([...page.matchAll(/^### `(\S+)`$/gm)].map(([, name]) => name)).toEqual(metricNames));

/** How each ecosystem's mirrors and modules are written in a file; every step of theirs is asked. */
const written: Readonly<Record<string, { readonly keys: string; readonly module: (at: number) => string }>> = {
  go: { keys: '', module: (at) => `"example.com/m${at}@v1.0.0"` },
  npm: { keys: '', module: (at) => `"m${at}@1.0.0"` },
  pypi: { keys: '', module: (at) => `"m${at}==1.0"` },
  oci: { keys: ', upstream: docker.io', module: (at) => `"docker.io/team/m${at}:1"` },
  cargo: { keys: '', module: (at) => `"m${at}@1.0.0"` },
  http: { keys: ', upstream: debian, profile: debian', module: (at) => `{ upstream: debian, path: "m${at}.bin" }` },
};

const examples = [
  ...page.matchAll(/has (\d+) mirrors and (\d+) modules of one ecosystem.*by ecosystem: (.+)\.$/gm),
].flatMap(([, mirrors, modules, counts = '']) =>
  [...counts.matchAll(/(\w+) (\d+)/g)].map(([, ecosystem = '', lines]) => ({
    ecosystem,
    mirrors: Number(mirrors),
    modules: Number(modules),
    lines: Number(lines),
  })),
);

test('the examples of lines are of each ecosystem, twice', () =>
  expect(examples.map(({ ecosystem }) => ecosystem)).toEqual([...registry.ids, ...registry.ids]));

test.each(examples)(
  '$mirrors mirrors of $ecosystem with $modules modules: as many lines as are planned without a failure',
  ({ ecosystem, mirrors, modules, lines }) => {
    const { keys = '', module = String } = written[ecosystem] ?? {};
    const names = Array.from({ length: mirrors }, (_, at) => `m${at}`);
    const read = readConfig(`
mirrors: [ ${names.map((name) => `{ name: ${name}, ecosystem: ${ecosystem}, url: "https://${name}.example.com"${keys} }`).join(', ')} ]
controls: [ "tcp://192.0.2.53:53" ]
modules: { ${ecosystem}: [ ${Array.from({ length: modules }, (_, at) => module(at)).join(', ')} ] }
schedule: { perHost: 64 }
webhooks: [ { name: ops, url: "https://hooks.example.com/x", secrets: [ "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" ] } ]
`);
    if (read.tag === 'error') throw new Error(JSON.stringify(read.error));
    const { entities, daemon, droppedLines } = makePlan(read.value, expandTargets(read.value));
    expect(droppedLines).toBe(0);
    const planned = [...entities.values()].reduce((sum, { kind, heavy }) => sum + countCalmLinesFor(kind, heavy), 0);
    expect(planned + daemon.reduce((sum, { kind }) => sum + countLinesFor(kind), 0)).toBe(lines);
  },
);
