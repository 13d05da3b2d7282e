import { afterEach, describe, expect, test } from 'vitest';
import type { ClientOrder, ClientPlan, ClientReport, ClientRunner } from '../../src/core/client-run.ts';
import type { ManualTime } from './manual-time.ts';
import { epochMs, manualTime } from './manual-time.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** One run as the fake runner saw it. */
type Seen = { readonly atSeconds: number; readonly order: ClientOrder; readonly plan: ClientPlan };

type Says = (order: ClientOrder, atSeconds: number) => Partial<ClientReport>;

const fine: Partial<ClientReport> = { end: { tag: 'exited', code: 0 }, files: 4, bytes: 4_000, words: '' };
const broken: Partial<ClientReport> = {
  end: { tag: 'exited', code: 1 },
  files: 0,
  bytes: 0,
  said: '{\n\t"Error": "reading b.example.net: 403 Forbidden"\n}',
};

/** A runner on simulated time: each run takes two seconds and says what it is told to. */
function fakeRunner(time: ManualTime, says: Says): ClientRunner & { readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    find: () => '/usr/bin/true',
    run(order) {
      const atSeconds = time.nowMs() / 1000;
      seen.push({ atSeconds, order, plan: order.plan('/home/of/run') });
      return new Promise((resolve) =>
        time.timers.after(2_000, () =>
          resolve({
            end: { tag: 'exited', code: 0 },
            tookMs: 2_000,
            files: 0,
            bytes: 0,
            words: '',
            said: '',
            ...says(order, atSeconds),
          }),
        ),
      );
    },
    close: () => Promise.resolve(),
  };
}

/** First after one to three minutes; ten minutes hold four runs at a mirror. */
const runs = 'clientRuns: { every: 2m, clients: [ go ] }';

type Started = { readonly world: World; readonly runner: ReturnType<typeof fakeRunner> };

async function start(says: Says, script: Script = well, more = runs, modules?: string): Promise<Started> {
  const time = manualTime();
  const runner = fakeRunner(time, says);
  const yaml = threeMirrors({ more, every: '30s', ...(modules === undefined ? {} : { modules }) });
  const world = await startWorld({ time, script, yaml, ports: (ports) => ({ ...ports, clients: runner }) });
  return { world, runner };
}

type Shown = { readonly registry: string; readonly clientRuns: readonly Readonly<Record<string, unknown>>[] };

const shownOf = async (world: World): Promise<readonly Shown[]> =>
  (await world.get('/api/v1/mirrors')).json<{ mirrors: readonly Shown[] }>().mirrors;

interface Found {
  readonly kind: string;
  readonly text: string;
  readonly evidence: { readonly probeIds: readonly string[] };
}

async function ourFindings(world: World): Promise<readonly Found[]> {
  const { findings } = (await world.get('/api/v1/findings')).json<{ findings: readonly Found[] }>();
  return findings.filter(({ kind }) => kind === 'self');
}

/** The simulated seconds at which a mirror was run against. */
const atOf = (runner: Started['runner'], registry: string): readonly number[] =>
  runner.seen.filter(({ order }) => order.access.registry === registry).map(({ atSeconds }) => atSeconds);

describe('clients that say what our steps say', () => {
  test('are run at each mirror at their pace, one at a time, and shown', async () => {
    const { world, runner } = await start(() => fine);
    await world.seconds(720);
    for (const registry of ['a', 'b', 'c']) {
      const at = atOf(runner, registry);
      expect(at.length, registry).toBeGreaterThanOrEqual(4);
      const gaps = at.slice(1).map((second, i) => second - (at[i] ?? 0));
      // The pace, a tenth either way, and the turn that another mirror has just then.
      for (const gap of gaps) {
        expect(gap).toBeGreaterThanOrEqual(108);
        expect(gap).toBeLessThanOrEqual(142);
      }
    }
    const all = runner.seen.map(({ atSeconds }) => atSeconds);
    for (const [i, second] of all.slice(1).entries()) expect(second - (all[i] ?? 0)).toBeGreaterThanOrEqual(2);
    const [a] = await shownOf(world);
    expect(a?.clientRuns).toEqual([
      {
        client: 'go',
        module: 'example.com/hello',
        version: 'v1.0.0',
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        tookSeconds: 2,
        outcome: 'ok',
        reason: null,
        exitCode: 0,
        files: 4,
        bytes: 4_000,
        words: '',
        agrees: true,
        ours: {
          outcome: 'ok',
          step: 'zip',
          reason: null,
          probeIds: [expect.any(String), expect.any(String), expect.any(String)],
        },
      },
    ]);
    const { text } = await world.get('/metrics');
    expect(text).toContain(
      `mirror_client_seconds_count{ecosystem="go",registry="a",client="go"} ${atOf(runner, 'a').length}`,
    );
    expect(text).toContain('mirror_client_failures_total{ecosystem="go",registry="a",client="go"} 0');
    expect(await ourFindings(world)).toEqual([]);
  });

  test('fetch the canary’s module first, then the others by turns', async () => {
    const modules = '"example.com/tags@latest", "example.com/hello@v1.0.0"';
    const { world, runner } = await start(() => fine, well, runs, modules);
    await world.seconds(600);
    const asked = runner.seen.filter(({ order }) => order.access.registry === 'a').map(({ plan }) => plan.args.at(-1));
    expect(asked.slice(0, 4)).toEqual([
      'example.com/hello@v1.0.0',
      'example.com/tags@latest',
      'example.com/hello@v1.0.0',
      'example.com/tags@latest',
    ]);
  });

  test('that fail where our steps fail too are a failure of the mirror, and nothing about us', async () => {
    const { world } = await start(
      (order) => (order.access.registry === 'b' ? broken : fine),
      but({ status: 403 }, 'b', 30),
    );
    await world.seconds(600);
    expect(await ourFindings(world)).toEqual([]);
    const { text } = await world.get('/metrics');
    expect(text).toMatch(/mirror_client_failures_total\{ecosystem="go",registry="b",client="go"\} [1-9]/);
    expect(text).toContain('mirror_client_seconds_count{ecosystem="go",registry="b",client="go"} 0');
  });
});

test('a mirror that hangs: is asked by our steps for as long as they wait, and holds up no run against another', async () => {
  const own = 'steps: { mod: 5s, info: { every: 1h, timeout: 100s }, list: 1h, latest: 1h, zip: 1h }';
  const time = manualTime();
  const runner = fakeRunner(time, () => fine);
  const yaml = threeMirrors({ more: 'clientRuns: { every: 1m, clients: [ go ] }', every: '30s' });
  const world = await startWorld({
    time,
    yaml: yaml.replace(/^steps: .*$/m, own),
    script: (asked) => (asked.registry === 'b' && asked.path.endsWith('.info') ? 'hangs' : well(asked)),
    ports: (ports) => ({ ...ports, clients: runner }),
  });
  await world.seconds(800);
  for (const registry of ['a', 'c']) {
    const at = atOf(runner, registry).filter((second) => second > 180);
    const gaps = at.slice(1).map((second, i) => second - (at[i] ?? 0));
    // The pace and a tenth, and the turns of the two others: two seconds each.
    expect(Math.max(...gaps), registry).toBeLessThanOrEqual(71);
  }
  // Its own turns wait for our steps: another run would ask a host that has not answered the last one.
  const b = atOf(runner, 'b');
  expect(Math.min(...b.slice(1).map((second, i) => second - (b[i] ?? 0)))).toBeGreaterThan(100);
});

describe('clients that say something else', () => {
  test('twice in a row, soon repeated, are a finding about us, which ends when they agree', async () => {
    let isOdd = true;
    const { world, runner } = await start((order) => (order.access.registry === 'b' && isOdd ? broken : fine));
    await world.seconds(500);
    const [finding] = await ourFindings(world);
    expect(finding).toMatchObject({
      registry: null,
      cause: 'client_differs',
      scope: [{ module: 'example.com/hello', version: 'v1.0.0', step: 'zip' }],
      text: 'Our probes and real clients disagree: go cannot fetch example.com/hello@v1.0.0 from b (reading b.example.net: 403 Forbidden), but our probes succeed.',
    });
    const [first = 0, again = 0, next] = atOf(runner, 'b');
    expect(again - first).toBeGreaterThanOrEqual(60);
    expect(again - first).toBeLessThanOrEqual(75);
    expect(next ?? Number.POSITIVE_INFINITY).toBeGreaterThan(again + 100);
    // Three steps beside each run, from the one on that made it a finding; each of them can still be walked.
    const { probeIds } = finding?.evidence ?? { probeIds: [] };
    expect(probeIds.length).toBe(3 * (atOf(runner, 'b').length - 1));
    for (const id of probeIds) expect((await world.get(`/api/v1/probes/${id}`)).status).toBe(200);
    const probe = await world.get(`/api/v1/probes/${probeIds[2]}`);
    expect(probe.json()).toMatchObject({ purpose: 'once', target: { step: 'zip', registry: 'b' } });
    isOdd = false;
    await world.seconds(200);
    expect(await ourFindings(world)).toEqual([]);
    expect(
      world
        .story()
        .filter(([, what]) => what.includes('self'))
        .map(([, what]) => what),
    ).toEqual(['finding opened self us', 'finding closed self us']);
  });

  test('once are no finding', async () => {
    let count = 0;
    const { world } = await start((order) => {
      if (order.access.registry !== 'b') return fine;
      count += 1;
      return count === 1 ? broken : fine;
    });
    await world.seconds(600);
    expect(world.story().filter(([, what]) => what.includes('self'))).toEqual([]);
    expect(count).toBeGreaterThan(2);
  });

  test('and are well where our steps fail, the other way round', async () => {
    const { world } = await start(
      () => fine,
      (asked) => (asked.registry === 'c' && asked.path.endsWith('.zip') ? { status: 500 } : well(asked)),
    );
    await world.seconds(500);
    const [finding] = await ourFindings(world);
    expect(finding?.text).toBe(
      'Our probes and real clients disagree: go fetches example.com/hello@v1.0.0 from c, but our probe of the step zip fails (server).',
    );
  });
});

describe('clients are not run', () => {
  test('against a mirror that is paused; they are afterwards', async () => {
    const { world, runner } = await start(() => fine);
    await world.post('/api/v1/mirrors/b/pause', { for: '12m', reason: 'test' });
    await world.seconds(600);
    expect(atOf(runner, 'b')).toEqual([]);
    await world.seconds(360);
    expect(atOf(runner, 'b').length).toBeGreaterThan(0);
  });

  test('against a mirror in maintenance, or one that asked us to stay away', async () => {
    const mirrors = `
  - { name: a, ecosystem: go, url: "https://a.example.com", maintenance: [ { cron: "* * * * *", for: 2h } ] }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy" }
  - { name: c, ecosystem: go, url: "https://c.example.org" }`;
    const time = manualTime();
    const runner = fakeRunner(time, () => fine);
    const script = but({ status: 429, headers: { 'retry-after': '7200' } }, 'b', 0);
    const yaml = threeMirrors({ more: runs, mirrors, every: '30s' });
    const world = await startWorld({ time, script, yaml, ports: (ports) => ({ ...ports, clients: runner }) });
    await world.seconds(600);
    expect(atOf(runner, 'a')).toEqual([]);
    expect(atOf(runner, 'b')).toEqual([]);
    expect(atOf(runner, 'c').length).toBeGreaterThan(2);
  });

  test('while our own line is in doubt', async () => {
    const { world, runner } = await start(() => fine, but(refuses, 'all', 10, 600));
    await world.seconds(600);
    expect(runner.seen).toEqual([]);
    await world.seconds(240);
    expect(runner.seen.length).toBeGreaterThan(0);
  });

  test('where the configuration does not say so', async () => {
    const { world, runner } = await start(() => fine, well, '');
    await world.seconds(600);
    expect(runner.seen).toEqual([]);
    expect((await shownOf(world)).map(({ clientRuns }) => clientRuns)).toEqual([[], [], []]);
    expect((await world.get('/metrics')).text).not.toContain('mirror_client_seconds{');
  });

  test('and are not a failure of the mirror where they are not installed: it is said once', async () => {
    const { world } = await start(() => ({ end: { tag: 'not_run', because: 'not_installed', code: 'ENOENT' } }));
    await world.seconds(600);
    const said = world.log.filter(({ message }) => message === 'client could not be run');
    expect(said.map(({ fields }) => fields['reason'])).toEqual(['the client is not installed on this host']);
    const [a] = await shownOf(world);
    expect(a?.clientRuns[0]).toMatchObject({
      outcome: 'unknown',
      reason: 'the client is not installed on this host',
      agrees: null,
      ours: null,
    });
    const { text } = await world.get('/metrics');
    expect(text).toContain('mirror_client_failures_total{ecosystem="go",registry="a",client="go"} 0');
    expect(await ourFindings(world)).toEqual([]);
  });
});

test('a restart remembers what was run, and goes on at the pace', async () => {
  const { world } = await start(() => fine);
  await world.seconds(190);
  const before = await shownOf(world);
  expect(before.every(({ clientRuns }) => clientRuns.length === 1)).toBe(true);
  const time = world.time.next();
  const runner = fakeRunner(time, () => fine);
  const again = await world.restart({ time, ports: (ports) => ({ ...ports, clients: runner }) });
  expect(await shownOf(again).then((all) => all.map(({ clientRuns }) => clientRuns))).toEqual(
    before.map(({ clientRuns }) => clientRuns),
  );
  await again.seconds(170);
  for (const { registry, clientRuns } of before) {
    const lastSeconds = (Date.parse(String(clientRuns[0]?.['startedAt'])) - epochMs) / 1_000;
    const [first = Number.NaN] = atOf(runner, registry);
    // The pace, but a minute after the start at the earliest, and the turns of the two others.
    expect(first, registry).toBeGreaterThanOrEqual(Math.max(lastSeconds + 108, 190 + 60));
    expect(first, registry).toBeLessThanOrEqual(Math.max(lastSeconds + 132, 190 + 60) + 10);
  }
});

test('a reload without them ends the finding and forgets what they said', async () => {
  const { world } = await start((order) => (order.access.registry === 'b' ? broken : fine));
  await world.seconds(500);
  expect((await ourFindings(world)).length).toBe(1);
  world.yaml = threeMirrors({ every: '30s' });
  expect((await world.post('/-/reload')).status).toBe(200);
  expect(await ourFindings(world)).toEqual([]);
  expect((await shownOf(world)).map(({ clientRuns }) => clientRuns)).toEqual([[], [], []]);
  await world.seconds(5);
  expect(world.store.all('meta').filter(({ key }) => key.startsWith('client|'))).toEqual([]);
});
