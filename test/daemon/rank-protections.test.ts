import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDroppingRegistry } from '../support/dropping-mirrors.ts';
import type { RawServer } from '../support/raw-server.ts';
import { run } from '../unit/cli/run-program.ts';
import { testMachine } from '../unit/features/doctor/machine.ts';

let whole: RawServer;
let bare: RawServer;

beforeAll(async () => {
  whole = await startDroppingRegistry(null);
  bare = await startDroppingRegistry('time');
});
afterAll(() => Promise.all([whole.close(), bare.close()]));

interface Ranked {
  readonly rows: readonly {
    readonly registry: string;
    readonly capabilities: Readonly<Record<string, boolean>>;
    readonly verdict: string;
  }[];
}

/** Writes a configuration, and returns its path. */
function configWith(keys: string): string {
  return testMachine({
    'mirrorwatch.yaml': `vantage: here
mirrors:
  - { name: whole, ecosystem: npm, url: "${whole.url}" }
  - { name: bare, ecosystem: npm, url: "${bare.url}" }
modules: { npm: [ hello@1.1.0 ] }
${keys}`,
  }).at('mirrorwatch.yaml');
}

async function rank(keys: string) {
  const argv = ['rank', 'npm', '--rounds', '1', '--no-download', '--config', configWith(keys)];
  const { rows } = JSON.parse((await run([...argv, '--json'])).out) as Ranked;
  const found = Object.fromEntries(rows.map((row) => [row.registry, row]));
  return { found, shown: (await run(argv)).out };
}

test('without protections, rank shows what its probes show, and requests nothing more', async () => {
  const full = () =>
    bare.requests.filter(({ path, headers }) => path === '/hello' && !headers['accept']?.includes('install-v1')).length;
  const before = full();
  const { found, shown } = await rank('');
  expect(found['bare']?.capabilities).toEqual({ abbreviated: true, signatures: true, attestations: true });
  expect(found['bare']?.verdict).not.toBe('lacks');
  expect(shown).not.toContain('lacks');
  expect(full()).toBe(before);
});

test.each([
  ['pnpm-release-age', 'bare lacks time. Clients skip pnpm minimumReleaseAge there without an error, so'],
  ['yarn-release-age', 'bare lacks time. With yarn npmMinimalAgeGate, every install from it fails, so'],
])('rank recommends no mirror that lacks what %s needs', async (name, says) => {
  const { found, shown } = await rank(`npm: { protections: [ ${name} ] }\n`);
  expect(found['bare']).toMatchObject({ verdict: 'lacks', capabilities: { time: false } });
  expect(found['whole']).toMatchObject({ verdict: 'best', capabilities: { time: true } });
  expect(shown).toMatch(/^ *\d {2}bare .* lacks time$/m);
  expect(shown).toContain(says);
});

test('probe says what a response has and lacks, and what clients lose', async () => {
  const config = configWith('');
  const probe = async (name: string, step: string) =>
    (await run(['probe', name, '--step', step, '--config', config])).out;
  expect(await probe('bare', 'metadata')).toContain('  has abbreviated, signatures, attestations\n');
  expect(await probe('bare', 'packument')).toMatch(/^ {2}lacks time: checks of a minimum age .* every install fails$/m);
  expect(await probe('whole', 'packument')).toMatch(/^ {2}has time, trusted_publisher$/m);
});
