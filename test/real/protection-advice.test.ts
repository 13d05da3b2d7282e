import { expect, test } from 'vitest';
import { startDroppingIndex, startDroppingRegistry } from '../support/dropping-mirrors.ts';
import {
  type NpmProtection,
  type Outcome,
  type PypiProtection,
  printedBy,
  takeFromIndex,
  takeFromRegistry,
  verdictOf,
} from '../support/protections.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { run } from '../unit/cli/run-program.ts';
import { testMachine } from '../unit/features/doctor/machine.ts';

/** The mirror that `rank` recommends, with the protections that the configuration names. */
async function advised(
  ecosystem: 'npm' | 'pypi',
  urls: Readonly<Record<string, string>>,
  protections: readonly string[],
): Promise<{ readonly url: string; readonly said: string }> {
  const mirrors = Object.entries(urls).map(([name, url]) => {
    const role = name === 'origin' ? ', role: origin' : '';
    return `  - { name: ${name}, ecosystem: ${ecosystem}, url: "${url}"${role} }`;
  });
  const config = testMachine({
    'mirrorwatch.yaml': `vantage: here
mirrors:
${mirrors.join('\n')}
modules: { npm: [ hello@1.1.0 ], pypi: [ tiny==1.1 ] }
${protections.length === 0 ? '' : `${ecosystem}: { protections: [ ${protections.join(', ')} ] }`}
`,
  }).at('mirrorwatch.yaml');
  const argv = ['rank', ecosystem, '--rounds', '2', '--no-download', '--config', config];
  const { out } = await run([...argv, '--json']);
  const { rows } = JSON.parse(out) as { readonly rows: readonly { registry: string; verdict: string }[] };
  const best = rows.filter(({ verdict }) => verdict === 'best').map(({ registry }) => registry);
  expect(best, out).toHaveLength(1);
  return { url: urls[best[0] ?? ''] ?? '', said: out };
}

/** A slower mirror with every field is not the one that is advised, unless a protection needs a field. */
const slowMs = 250;

interface Row {
  readonly ecosystem: 'npm' | 'pypi';
  /** The protection as the configuration names it. */
  readonly name: string;
  /** The id and the client of its row in the table of `test/real/protections.test.ts`. */
  readonly id: string;
  readonly client: string;
  readonly drops: string;
}

const rows: readonly Row[] = [
  { ecosystem: 'npm', name: 'pnpm-release-age', id: 'pnpm-release-age', client: 'pnpm', drops: 'time' },
  { ecosystem: 'npm', name: 'pnpm-trust', id: 'pnpm-trust', client: 'pnpm11', drops: 'attestations' },
  { ecosystem: 'npm', name: 'npm-release-age', id: 'npm-release-age', client: 'npm12', drops: 'time' },
  { ecosystem: 'npm', name: 'npm-signatures', id: 'npm-signatures', client: 'npm12', drops: 'signatures' },
  { ecosystem: 'pypi', name: 'uv-release-age', id: 'uv-release-age', client: 'uv', drops: 'upload_time' },
  { ecosystem: 'pypi', name: 'pip-release-age', id: 'pip-release-age', client: 'pip', drops: 'upload_time' },
];

const clients = ['pnpm', 'pnpm11', 'npm12', 'npm', 'pip', 'uv'] as const;
real('a protection that the mirror which we advised switches off, and the advice that respects it', clients, () => {
  test.each(rows.map((row) => [`${row.name} of ${row.client}, without ${row.drops}`, row] as const))(
    '%s',
    async (_, { ecosystem, name, id, client, drops }) => {
      const protection = table<readonly (NpmProtection | PypiProtection)[]>('protections', ecosystem).find(
        (one) => one.id === id && one.client === client,
      );
      if (protection === undefined) throw new Error(id);
      const start = (without: string | null): Promise<RawServer> =>
        ecosystem === 'npm' ? startDroppingRegistry(without as never) : startDroppingIndex(without as never, false);
      const [bare, whole, origin] = [await start(drops), await start(null), await start(null)];
      whole.setDelay(slowMs);
      origin.setDelay(2 * slowMs);
      const base = ecosystem === 'npm' ? '' : '/simple';
      const urls = { bare: `${bare.url}${base}`, whole: `${whole.url}${base}`, origin: `${origin.url}${base}` };
      const take = (url: string) =>
        ecosystem === 'npm'
          ? takeFromRegistry(protection as NpmProtection, url)
          : takeFromIndex(protection as PypiProtection, url);
      try {
        const before = await advised(ecosystem, urls, []);
        expect(before.url, before.said).toBe(urls.bare);
        const exposed = await take(before.url);
        const [verdict, message] = (protection.without as Readonly<Record<string, Outcome>>)[drops] ?? ['works', null];
        expect(verdict).not.toBe('works');
        expect(verdictOf(protection as NpmProtection, exposed), printedBy(exposed)).toBe(verdict);
        if (message !== null) expect(printedBy(exposed)).toContain(message);
        const after = await advised(ecosystem, urls, [name]);
        expect(after.url, after.said).toBe(urls.whole);
        const safe = await take(after.url);
        const [want, reason] = protection.whole ?? ['works', null];
        expect(verdictOf(protection as NpmProtection, safe), printedBy(safe)).toBe(want);
        if (reason !== null) expect(printedBy(safe)).toContain(reason);
      } finally {
        for (const server of [bare, whole, origin]) await server.close();
      }
    },
  );
});
