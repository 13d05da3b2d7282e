import { expect, test } from 'vitest';
import { endAfterEach, serve, watch } from './with-servers.ts';

endAfterEach();

/** A Go mirror on loopback whose list changes when it is told, and which notes when it read it. */
class Mirror {
  versions = ['v1.0.0'];
  /** Milliseconds, on the clock of this process. */
  readonly readAtMs: number[] = [];
  url = '';

  async start(): Promise<this> {
    this.url = await serve((request, response) => {
      const path = request.url ?? '';
      if (path.endsWith('/@v/list')) {
        this.readAtMs.push(performance.now());
        response.end(this.versions.join('\n'));
      } else if (path.endsWith('.mod')) response.end('module example.com/m\n');
      else response.writeHead(404).end('not found');
    });
    return this;
  }
}

interface FindingJson {
  readonly kind: string;
  readonly registry: string;
  readonly cause: string;
  readonly state: string;
  readonly text: string;
}

test('a version that a mirror holds back is missing, with bounds that hold the truth, and arrives', async () => {
  const [o, a, b] = await Promise.all([new Mirror().start(), new Mirror().start(), new Mirror().start()]);
  const daemon = await watch(`
listen: 127.0.0.1:10120
schedule: { every: 500ms, timeout: 60s, perHost: 8 }
steps: { list: 200ms }
mirrors:
  - { name: o, ecosystem: go, url: "${o.url}", role: origin }
  - { name: a, ecosystem: go, url: "${a.url}" }
  - { name: b, ecosystem: go, url: "${b.url}" }
controls: [ "${o.url}" ]
modules: { go: [ example.com/m@v1.0.0 ] }
go: { sumdb: "off" }
detect: { lag: { limit: 1s } }
`);
  const metric = async (name: string): Promise<number | null> => {
    const line = (await daemon.get('/metrics')).text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? null : Number(line.slice(name.length + 1));
  };
  const of = (registry: string, more = '') => `{ecosystem="go",registry="${registry}"${more}}`;
  const moduleOf = (registry: string, more = '') => of(registry, `,module="example.com/m"${more}`);
  const findings = async (): Promise<readonly FindingJson[]> => {
    const { text } = await daemon.get('/api/v1/findings?state=all');
    return (JSON.parse(text) as { findings: FindingJson[] }).findings.filter(({ kind }) => kind === 'lag');
  };
  for (const name of ['a', 'b'])
    await daemon.until(
      `${name} is compared`,
      async () => (await metric(`mirror_missing_versions${moduleOf(name)}`)) === 0,
    );

  const releasedAtMs = performance.now();
  for (const mirror of [o, b]) mirror.versions = ['v1.0.0', 'v1.1.0'];
  await daemon.until('a is behind', async () => (await findings()).length > 0);
  expect(await findings()).toMatchObject([{ registry: 'a', cause: 'behind', state: 'open' }]);
  expect((await findings())[0]?.text).toMatch(/^a is behind the origin o, by .*: example\.com\/m lacks v1\.1\.0\.$/);
  expect(await metric(`mirror_missing_versions${moduleOf('a')}`)).toBe(1);
  const page = (await daemon.get('/metrics')).text;
  const bound = (word: string): number =>
    1_000 *
    Number(
      page
        .split('\n')
        .find((one) => one.startsWith(`mirror_lag_seconds${moduleOf('a', `,bound="${word}"`)}`))
        ?.split(' ')[1],
    );
  // The reading stands as of one of the answers that were given: how far behind each of them was is known here.
  const truths = a.readAtMs.map((atMs) => atMs - releasedAtMs);
  const held = truths.filter((truthMs) => bound('lower') <= truthMs && truthMs <= bound('upper'));
  expect(held.length, `${bound('lower')} to ${bound('upper')}: ${truths.join(' ')}`).toBeGreaterThan(0);

  a.versions = ['v1.0.0', 'v1.1.0'];
  await daemon.until('a has caught up', async () => (await findings()).every(({ state }) => state === 'closed'));
  // What is shown is shared for a moment.
  await daemon.until('it is shown', async () => (await metric(`mirror_missing_versions${moduleOf('a')}`)) === 0);
  for (const name of ['a', 'b'])
    await daemon.until('both have it', async () => (await metric(`mirror_propagation_seconds_count${of(name)}`)) === 1);
  const seconds = (await metric(`mirror_propagation_seconds_sum${of('a')}`)) ?? 0;
  // Held back for longer than the limit, and so it took longer.
  expect(seconds).toBeGreaterThan(1);
  const freshness = async () => {
    const { text } = await daemon.get('/api/v1/mirrors');
    const { mirrors } = JSON.parse(text) as { mirrors: { registry: string; freshness: { missingVersions: number } }[] };
    return mirrors.find(({ registry }) => registry === 'a')?.freshness;
  };
  await daemon.until('the API has it', async () => (await freshness())?.missingVersions === 0);
  const near = expect.closeTo(seconds, 3);
  expect(await freshness()).toMatchObject({ propagation: { releases: 1, p50Seconds: near, p90Seconds: near } });
});
