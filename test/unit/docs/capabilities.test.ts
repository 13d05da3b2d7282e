import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';

type Servers = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

const measured = Object.entries(table<Readonly<Record<string, Servers>>>('real/capabilities', 'servers'));
const page = readFileSync(join(repoDir, 'docs/verified-content.md'), 'utf8');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

test.each(measured)('the page shows what the servers of %s were measured to have', (ecosystem, servers) => {
  const names = Object.keys(Object.values(servers)[0] ?? {});
  const rows = Object.entries(servers)
    .filter(([server]) => server !== 'origin')
    .map(([server, has]) => row([server, ...names.map((name) => (has[name] === true ? 'yes' : '**no**'))]));
  const head = row([`${ecosystem}: server`, ...names.map((name) => `\`${name}\``)]);
  expect(page).toContain(`${[head, row(['---', ...names.map(() => '---')]), ...rows].join('\n')}\n`);
});

test.each(measured)('the page describes each capability of %s, and no other', (ecosystem, servers) => {
  const described = [...page.matchAll(/^\| (\w+) \| `(\w+)` \| .* \| `\w+` \| .* \|$/gm)];
  const of = described.filter(([, one]) => one === ecosystem).map(([, , name]) => name);
  for (const has of Object.values(servers)) expect(Object.keys(has).toSorted()).toEqual(of.toSorted());
});
