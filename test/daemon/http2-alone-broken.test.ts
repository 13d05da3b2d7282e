import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { type H2BrokenMirror, type H2Fault, h2Faults, startH2BrokenMirror } from '../support/h2-broken-mirror.ts';
import { usualMirrors } from '../support/usual-mirrors.ts';
import { epochMs } from './manual-time.ts';
import { startRealDaemon } from './real-daemon.ts';
import type { Behaviour, Script } from './scripted-wire.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

interface Seen {
  readonly mirrors: readonly { readonly registry: string; readonly state: string; readonly protocol: string | null }[];
  readonly findings: readonly {
    readonly registry: string | null;
    readonly kind: string;
    readonly text: string;
    readonly scope: readonly { readonly protocol?: string }[];
  }[];
  readonly advice: readonly {
    readonly from: string;
    readonly to: string;
    readonly upstream: string;
    readonly issuedAt: string;
    readonly remedy: Readonly<Record<string, string>>;
    readonly doesNotCover: readonly string[];
  }[];
}

const only = 'unless GODEBUG=http2client=0 is set.';
/** What go's users read of each fault. */
const saysOf = (name: string): Readonly<Record<H2Fault, string>> => ({
  reset: `${name} fails over HTTP/2 (reset) and works over HTTP/1.1: go cannot use this mirror ${only}`,
  cut: `${name} fails over HTTP/2 (cut) and works over HTTP/1.1: go cannot use this mirror ${only}`,
  goaway: `${name} fails over HTTP/2 (reset) and works over HTTP/1.1: go cannot use this mirror ${only}`,
  slow: `${name} is slow over HTTP/2 only: `,
  stalls: `${name} fails over HTTP/2 (timeout_transfer) and works over HTTP/1.1: go cannot use this mirror ${only}`,
});

describe('over real connections', () => {
  const close: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const one of close.reverse()) await one();
  });

  type Pair = { readonly near: H2BrokenMirror; readonly far: H2BrokenMirror; readonly yaml: string };

  /** Two mirrors of an upstream, of which `near` breaks. */
  async function pair(
    isBroken: () => boolean,
    name: string,
    fault: H2Fault | 'http1',
    ecosystem = 'go',
  ): Promise<Pair> {
    const start = async (...given: Parameters<typeof startH2BrokenMirror>): Promise<H2BrokenMirror> => {
      const server = await startH2BrokenMirror(...given);
      close.push(server.close);
      return server;
    };
    const says = ecosystem === 'go' ? undefined : usualMirrors.find((one) => one.ecosystem === ecosystem)?.says;
    const near =
      fault === 'http1'
        ? await start(() => null, says, isBroken)
        : await start(() => (isBroken() ? fault : null), says);
    const far = await start(() => null, says);
    const upstream = ecosystem === 'go' || fault === 'http1' ? `, upstream: ${name}` : '';
    const one = (place: string, { url }: H2BrokenMirror, more: string): string =>
      `  - { name: ${place}-${name}, ecosystem: ${ecosystem}${upstream}, url: "${url}"${more}, tls: { ca: /t/ca.pem } }\n`;
    return { near, far, yaml: one('near', near, ', weight: 10') + one('far', far, '') };
  }

  /** A daemon over pairs that were well for long enough, and are broken now. */
  async function brokenAfter(rows: readonly (readonly [string, H2Fault | 'http1', string])[]) {
    let isBroken = false;
    const pairs = new Map<string, Pair>();
    for (const [name, fault, ecosystem] of rows) pairs.set(name, await pair(() => isBroken, name, fault, ecosystem));
    const modules = { go: 'example.com/hello@v1.0.0', npm: 'hello@1.0.0', pypi: 'tiny==1.0' };
    const watched = Object.entries(modules).filter(([id]) => rows.some(([, , ecosystem]) => ecosystem === id));
    const daemon = await startRealDaemon(
      `
listen: 127.0.0.1:0
schedule: { every: 1s, timeout: 3s, perHost: 4 }
steps: { list: 5s, info: 5s, metadata: 1s, index: 1s }
detect: { spike: { warmup: 6, factor: 2.5 } }
mirrors:
${[...pairs.values()].map(({ yaml }) => yaml).join('')}
modules: { ${watched.map(([id, module]) => `${id}: [ ${module} ]`).join(', ')} }
go: { sumdb: off }
state: { path: ":memory:" }
`,
      {},
      { '/t/ca.pem': testCerts().ca.certPem },
    );
    close.push(() => daemon.daemon.stop());
    // What is polled too often is refused with 429: no answer yet.
    const json = async <K extends keyof Seen>(key: K): Promise<Seen[K] | readonly never[]> => {
      const { status, text } = await daemon.get(`/api/v1/${key}`);
      return status === 200 ? (JSON.parse(text) as Pick<Seen, K>)[key] : [];
    };
    await daemon.until('all are up, go over HTTP/2', async () => {
      const mirrors = await json('mirrors');
      const speaks = (registry: string): string => (/npm|pypi|http1/.test(registry) ? '1.1' : '2');
      return (
        mirrors.length === 2 * pairs.size &&
        mirrors.every(({ registry, state, protocol }) => state === 'up' && protocol === speaks(registry))
      );
    });
    // Enough answers of the other one to be measured well enough, and for the spike rule's baseline.
    const asked = new Map([...pairs].map(([name, { far }]) => [name, far.requests.h1 + far.requests.h2]));
    await daemon.until('measured', () =>
      [...pairs].every(([name, { far }]) => far.requests.h1 + far.requests.h2 >= (asked.get(name) ?? 0) + 25),
    );
    isBroken = true;
    const leftByGo = async (fault: H2Fault): Promise<void> => {
      await daemon.until(`near-${fault} is left`, async () =>
        (await json('advice')).some(({ from, to }) => from === `near-${fault}` && to === `far-${fault}`),
      );
      // Where another step than the canary fails first, the finding names that step's version before it names the clients.
      await daemon.until(`near-${fault} is told with its version`, async () =>
        (await json('findings')).some(
          ({ registry, scope, text }) =>
            registry === `near-${fault}` &&
            scope.some(({ protocol }) => protocol === '2') &&
            text.includes(saysOf(`near-${fault}`)[fault]),
        ),
      );
    };
    return { daemon, pairs, json, leftByGo };
  }

  test.concurrent('each other fault of HTTP/2 alone is reported as such and left by go; clients that use HTTP/1.1 stay', async () => {
    const others = h2Faults.filter((fault) => fault !== 'slow');
    const { daemon, pairs, json, leftByGo } = await brokenAfter([
      ...others.map((fault) => [fault, fault, 'go'] as const),
      ['npm', 'reset', 'npm'],
      ['pypi', 'reset', 'pypi'],
      ['http1', 'http1', 'pypi'],
    ]);
    for (const fault of others) await leftByGo(fault);
    let uvs: string | undefined;
    await daemon.until('uv is told to be hit', async () => {
      uvs = (await json('findings')).find(({ registry }) => registry === 'near-pypi')?.text;
      return uvs !== undefined;
    });
    expect(uvs).toBe(
      'near-pypi fails over HTTP/2 (reset) and works over HTTP/1.1: uv cannot use this mirror. These clients have no known setting that turns HTTP/2 off.',
    );
    let pips: Seen['advice'][number] | undefined;
    await daemon.until('near-http1 is left by pip', async () => {
      pips = (await json('advice')).find(({ from, to }) => from === 'near-http1' && to === 'far-http1');
      return pips !== undefined;
    });
    expect(pips?.remedy['pip']).toContain(pairs.get('http1')?.far.url);
    // uv speaks HTTP/2, which works: its lines stay.
    expect(pips?.remedy['uv']).toContain(pairs.get('http1')?.near.url);
    expect(pips?.doesNotCover).toContain('Not switched: uv. These clients use HTTP/2, over which near-http1 works.');
    const ofNpm = (await json('findings')).filter(({ registry }) => registry === 'near-npm');
    expect(ofNpm.filter(({ scope }) => scope.some(({ protocol }) => protocol !== undefined))).toEqual([]);
    expect((await json('advice')).filter(({ upstream }) => upstream === 'npm' || upstream === 'pypi')).toEqual([]);
  });
});

describe('in simulated time, at a pace of a second', () => {
  const brokenFromMs = 60_000;
  const h2Behaviours: Readonly<Record<H2Fault, Behaviour>> = {
    reset: { code: 'MW_H2_RESET', phase: 'processing', afterMs: 10 },
    cut: { code: 'MW_H2_RESET', phase: 'transfer', afterMs: 20 },
    goaway: { code: 'MW_H2_GOAWAY', phase: 'processing', afterMs: 10 },
    slow: 1_500,
    stalls: 'stalls',
  };
  const one = (name: string, at: number, more: string): string =>
    `  - { name: ${name}, ecosystem: go, upstream: ${name.replace(/.*-/, '')}, url: "https://127.0.0.1:${1_000 + at}"${more} }\n`;
  const mirrors = h2Faults.map(
    (fault, at) => one(`near-${fault}`, 2 * at, ', weight: 10') + one(`far-${fault}`, 2 * at + 1, ''),
  );
  const yaml = `
listen: 127.0.0.1:10120
schedule: { every: 1s, timeout: 5s, perHost: 4 }
steps: { list: 5s, info: 5s }
mirrors:
${mirrors.join('')}
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
state: { path: /nowhere/state.db }
`;
  /** An upstream of each fault. */
  async function watched(broken: '1.1' | '2', seconds: number): Promise<World> {
    const script: Script = ({ registry, protocol, atMs }) =>
      registry.startsWith('near-') && protocol === broken && atMs >= brokenFromMs
        ? h2Behaviours[registry.slice('near-'.length) as H2Fault]
        : 30;
    const world = await startWorld({ yaml, script });
    world.wire.choosesProtocol = true;
    await world.seconds(brokenFromMs / 1_000 + seconds);
    return world;
  }
  const read = async <K extends keyof Seen>(world: World, key: K): Promise<Seen[K]> =>
    (JSON.parse((await world.get(`/api/v1/${key}`)).text) as Pick<Seen, K>)[key];

  describe('over HTTP/2 alone', () => {
    let world: World;
    beforeAll(async () => {
      world = await watched('2', 20);
    });
    afterAll(stopWorlds);

    test.each(h2Faults)('%s is told as that and left within 15 s', async (fault) => {
      const advice = (await read(world, 'advice')).find(({ from }) => from === `near-${fault}`);
      expect(advice).toMatchObject({ from: `near-${fault}`, to: `far-${fault}` });
      expect(Date.parse(advice?.issuedAt ?? '') - epochMs - brokenFromMs).toBeLessThanOrEqual(15_000);
      const findings = await read(world, 'findings');
      const found = findings.find(
        ({ registry, scope }) => registry === `near-${fault}` && scope.some(({ protocol }) => protocol === '2'),
      );
      expect(found?.text).toContain(saysOf(`near-${fault}`)[fault]);
    });
  });

  test('each fault over HTTP/1.1 alone moves nobody who speaks HTTP/2', async () => {
    const world = await watched('1.1', 60);
    expect([await read(world, 'advice'), await read(world, 'findings')]).toEqual([[], []]);
    await stopWorlds();
  });
});
