import { expect, test } from 'vitest';
import { startDroppingIndex, startDroppingRegistry } from '../support/dropping-mirrors.ts';
import { until } from '../support/patience.ts';
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
import { startDaemon } from './daemon.ts';

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

  test('is that of a running daemon too, once the mirror in use is down', async () => {
    const bases = { npm: '', pypi: '/simple' };
    const delays = { bare: 0, whole: slowMs, used: 0, origin: 2 * slowMs };
    for (const protections of [
      '',
      'npm: { protections: [ npm-release-age ] }\npypi: { protections: [ pip-release-age ] }',
    ]) {
      const servers = new Map<string, RawServer>();
      for (const [name, delayMs] of Object.entries(delays)) {
        const isBare = name === 'bare';
        for (const [ecosystem, server] of [
          ['npm', await startDroppingRegistry(isBare ? 'time' : null)],
          ['pypi', await startDroppingIndex(isBare ? 'upload_time' : null, false)],
        ] as const) {
          server.setDelay(delayMs);
          servers.set(`${ecosystem}-${name}`, server);
        }
      }
      const urlOf = (name: string): string =>
        `${servers.get(name)?.url}${name.startsWith('npm') ? bases.npm : bases.pypi}`;
      const mirrors = [...servers.keys()].map((name) => {
        const more = name.endsWith('-origin') ? ', role: origin' : name.endsWith('-used') ? ', weight: 100' : '';
        return `  - { name: ${name}, ecosystem: ${name.split('-')[0]}, url: "${urlOf(name)}"${more} }`;
      });
      const daemon = await startDaemon({
        yaml: `
vantage: real
schedule: { every: 1s, timeout: 10s, perHost: 4 }
steps: { metadata: 1s, packument: { every: 10s, timeout: 10s }, tarball: 10s }
mirrors:
${mirrors.join('\n')}
clients: { npm: "${urlOf('npm-used')}", pypi: "${urlOf('pypi-used')}" }
modules: { npm: [ hello@1.1.0 ], pypi: [ tiny==1.1 ] }
advise: { hold: 10m }
${protections}
`,
      });
      try {
        const capabilities = async () =>
          (
            await daemon.api<{ mirrors: readonly { registry: string; capabilities: Record<string, boolean> }[] }>(
              'mirrors',
            )
          ).mirrors.filter(
            (one) =>
              one.registry.endsWith('-bare') &&
              (one.capabilities['time'] === false || one.capabilities['upload_time'] === false),
          );
        await until('both lacks are known', capabilities, (lacking) => lacking.length === 2, { help: daemon.log });
        await servers.get('npm-used')?.close();
        await servers.get('pypi-used')?.close();
        const advice = async () =>
          (await daemon.api<{ advice: readonly { state: string; to: string }[] }>('advice')).advice
            .filter(({ state }) => state === 'proposed')
            .map(({ to }) => to)
            .toSorted();
        const to = await until('advice for both', advice, (all) => all.length === 2, { help: daemon.log });
        expect(to).toEqual(protections === '' ? ['npm-bare', 'pypi-bare'] : ['npm-whole', 'pypi-whole']);
      } finally {
        await daemon.close();
        for (const [name, server] of servers) if (!name.endsWith('-used')) await server.close();
      }
    }
  });
});
