import { type AddressInfo, createServer } from 'node:net';
import { afterAll, test } from 'vitest';
import { hollowPackage, type NpmRegistryOptions, startNpmRegistry } from '../support/npm-registry.ts';
import type { RawServer } from '../support/raw-server.ts';
import { startRealDaemon } from './real-daemon.ts';

const hello = hollowPackage('hello', '1.0.0');
const servers: RawServer[] = [];
const closers: (() => void)[] = [];

/** Where the packuments of `a` and `b` state the artifact; `null`: below themselves. */
const places: Record<string, string | null> = { a: null, b: null };

for (const name of ['a', 'b']) {
  const options = {
    packages: [hello],
    get tarballBase(): string | undefined {
      return places[name] ?? undefined;
    },
  };
  servers.push(await startNpmRegistry(options as NpmRegistryOptions));
}
const daemon = await startRealDaemon(`
listen: 127.0.0.1:0
schedule: { every: 500ms, timeout: 5s, perHost: 4 }
steps: { tags: 1h, tarball: 1h, packument: 1h }
mirrors:
  - { name: a, ecosystem: npm, url: "${servers[0]?.url}", weight: 100 }
  - { name: b, ecosystem: npm, url: "${servers[1]?.url}" }
modules: { npm: [ hello@1.0.0 ] }
state: { path: ":memory:" }
`);

afterAll(async () => {
  await daemon?.daemon.stop();
  for (const close of closers) close();
  for (const server of servers) await server.close();
});

type Advice = { readonly from: string; readonly to: string };

type Target = { readonly registry: string; readonly step: string; readonly lastOutcome: string | null };

const lastOf = async (registry: string, step: string): Promise<string | null> => {
  const { targets } = JSON.parse((await daemon.get('/api/v1/targets?limit=500')).text) as { targets: Target[] };
  return targets.find((one) => one.registry === registry && one.step === step)?.lastOutcome ?? null;
};

test('a tarball that moves is requested there at once, and a mirror whose new place is dead is left', async () => {
  const isOk = (registry: string) => async (): Promise<boolean> => (await lastOf(registry, 'metadata')) === 'ok';
  for (const name of ['a', 'b']) await daemon.until(`metadata of ${name}`, isOk(name));
  let connections = 0;
  const dead = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  closers.push(() => dead.close());
  const place = await new Promise<string>((resolve) => {
    dead.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(dead.address() as AddressInfo).port}`));
  });
  places['b'] = place;
  await daemon.until('the new place of b is requested', () => connections > 0);
  places['b'] = null;
  places['a'] = place;
  await daemon.until('advice to leave a', async () => {
    const { advice } = JSON.parse((await daemon.get('/api/v1/advice')).text) as { advice: readonly Advice[] };
    return advice.some(({ from, to }) => from === 'a' && to === 'b');
  });
});
