import { afterEach, expect, test } from 'vitest';
import { type AllMirrors, type Pair, startAllMirrors } from './all-ecosystems.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';
import { type Told, tellLive } from './told-live.ts';

let all: AllMirrors | null = null;
let running: RealDaemon | null = null;
let listening: AbortController | null = null;

afterEach(async () => {
  listening?.abort();
  await running?.daemon.stop();
  await all?.close();
});

type Listed = { readonly pair: Pair; readonly near: MirrorJson; readonly far: MirrorJson };

type MirrorJson = { readonly ecosystem: string; readonly state: string; readonly rank: number | null };

/** What is asked of the daemon again and again. */
function asking({ get, daemon }: RealDaemon, told: readonly Told[]) {
  const json = async (path: string) => {
    // Lists are given out ten times a second at most.
    await new Promise((resolve) => setTimeout(resolve, 200));
    return JSON.parse((await get(path)).text);
  };
  /** The mirrors of each pair, by one list. */
  const listed = async (pairs: readonly Pair[]): Promise<readonly Listed[]> => {
    const all: readonly MirrorJson[] = (await json('/api/v1/mirrors')).mirrors;
    return pairs.map((pair) => {
      const [near, far] = all.filter(({ ecosystem }) => ecosystem === pair.ecosystem);
      if (near === undefined || far === undefined) throw new Error(`no pair of ${pair.ecosystem}`);
      return { pair, near, far };
    });
  };
  return {
    listed,
    openFindings: async (): Promise<readonly object[]> => (await json('/api/v1/findings')).findings,
    attempts: async (): Promise<readonly number[]> => {
      const lines = (await get('/metrics')).text.matchAll(/^mirror_probe_attempts_total\{.*\} (\d+)$/gm);
      return [...lines].map(([, count]) => Number(count));
    },
    remedy: ({ ecosystem, upstream }: Pair, form: string) =>
      get(`/api/v1/advice/${ecosystem}/remedy?upstream=${upstream}&as=${form}`),
    of: ({ ecosystem, upstream }: Pair): readonly Told[] =>
      told.filter((one) => one.ecosystem === ecosystem && one.upstream === upstream),
    async accept(advice: Told | undefined): Promise<void> {
      const url = new URL(`/api/v1/advice/${advice?.id}/accept`, daemon.url);
      expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    },
    async areAll(pairs: readonly Pair[], are: (mirror: MirrorJson) => boolean): Promise<boolean> {
      return (await listed(pairs)).every(({ near, far }) => are(near) && are(far));
    },
  };
}

type Asking = ReturnType<typeof asking>;

/** Nothing is said of them: both of each are up, placed among themselves whatever became of the others, and nothing is to be set. */
async function expectUntouched({ listed, remedy, of }: Asking, pairs: readonly Pair[]): Promise<void> {
  for (const { pair, near, far } of await listed(pairs)) {
    expect([near.state, far.state], pair.ecosystem).toEqual(['up', 'up']);
    expect([near.rank, far.rank].toSorted(), pair.ecosystem).toEqual([1, 2]);
    expect(await remedy(pair, 'json'), pair.ecosystem).toEqual({ status: 204, text: '' });
    expect(of(pair)).toEqual([]);
  }
}

/** The other mirror, in each form that its client reads. */
async function expectRemedy({ remedy }: Asking, pair: Pair): Promise<void> {
  const { lines, url } = pair;
  for (const form of Object.keys(lines([]))) {
    // Called unreliable before it is called down, the dead one stays behind the other where a client has a chain.
    const ways = [lines([url.far]), lines([url.far, url.near])].map((one) => one[form]);
    const { status, text } = await remedy(pair, form);
    expect([status, ways]).toEqual([200, expect.arrayContaining([text])]);
  }
}

/** One way of a move: advice to leave the dead mirror, which going home later is not. */
const isAway = (change: string) => (one: Told) =>
  one.what === 'advice' && one.change === change && one.kind !== 'failback';
const subjects = (told: readonly Told[]) => [...new Set(told.map(({ subject }) => subject))];

test('of Go, npm, PyPI, image and file mirrors watched at once each upstream is judged and advised by itself', async () => {
  all = await startAllMirrors();
  running = await startRealDaemon(all.yaml);
  listening = new AbortController();
  const { pairs, control } = all;
  const { until, get, daemon } = running;
  const told = await tellLive(daemon.url, listening.signal);
  const ask = asking(running, told);
  const { of } = ask;

  await until('each target answered', async () => Math.min(...(await ask.attempts())) >= 3);
  await until('all are ranked', () => ask.areAll(pairs, ({ rank }) => rank !== null));
  // Two of each: 5 steps of Go without a checksum database, 5 of PyPI, 4 of npm and registries, 3 of files.
  expect(await ask.attempts()).toHaveLength(2 * (5 + 4 + 5 + 4 + 3));
  const metrics = (await get('/metrics')).text;
  expect(metrics).not.toMatch(/^mirror_probe_target_failures_total\{.*\} [1-9]/m);
  expect(metrics).toMatch(new RegExp(`^mirror_control_up\\{control="127.0.0.1:${control.port}"\\} 1$`, 'm'));
  await expectUntouched(ask, pairs);

  for (const [at, pair] of pairs.entries()) {
    const { ecosystem, near: dying } = pair;
    const before = told.length;
    await dying.kill();
    await until(`${ecosystem}: advised`, () => of(pair).some(isAway('proposed')));
    const isOutage = ({ change, kind }: Told): boolean => change === 'opened' && kind === 'outage';
    await until(`${ecosystem}: an outage`, () => of(pair).some(isOutage));
    // While a part of it is out it is degraded, until the canary is judged, too.
    await until(`${ecosystem}: down`, async () => (await ask.listed([pair]))[0]?.near.state === 'down');
    await expectRemedy(ask, pair);
    const [shown] = await ask.listed([pair]);
    expect([shown?.near.state, shown?.near.rank, shown?.far.state, shown?.far.rank], ecosystem).toEqual([
      'down',
      null,
      'up',
      1,
    ]);
    await expectUntouched(ask, pairs.slice(at + 1));
    // Those that died before recover meanwhile, and may be gone home to, the move away regretted where that was soon;
    // nothing else is said of them.
    const recovering = pairs.slice(0, at).flatMap(of);
    const anew = recovering.filter((one) => told.indexOf(one) >= before && one.kind !== 'failback');
    expect(anew.filter(({ change }) => !['changed', 'closed', 'regretted'].includes(change))).toEqual([]);
    await ask.accept(of(pair).findLast(isAway('proposed')));
    await dying.revive();
  }

  await until('all are up', () => ask.areAll(pairs, ({ state }) => state === 'up'));
  await until('nothing is wrong', async () => (await ask.openFindings()).length === 0);
  // The whole of it: of each upstream its own outage with its end, and the move away from it.
  for (const pair of pairs) {
    const [near, far] = [`${pair.ecosystem}-near`, `${pair.ecosystem}-far`];
    const findings = of(pair).filter(({ what }) => what === 'finding');
    expect(subjects(findings)).toEqual([near]);
    expect(findings.filter(({ kind }) => kind !== 'outage' && kind !== 'unreliable')).toEqual([]);
    for (const change of ['proposed', 'accepted'])
      expect(subjects(of(pair).filter(isAway(change)))).toEqual([`${near} → ${far}`]);
  }
  expect(told.filter(({ kind }) => kind === 'vantage')).toEqual([]);
  expect(running.log()).not.toContain('defect');
});
