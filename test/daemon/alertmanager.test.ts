import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import type { AdviceView } from '../../src/core/views.ts';
import { until } from '../support/patience.ts';
import { run } from '../unit/cli/run-program.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric, notices, told, when } from './told.ts';
import { settled, startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const token = 'token-of-alertmanager';
const yaml = threeMirrors({ more: `alertmanager: { token: ${token} }` });
/**
 * `a` usually takes 40 ms; 180 is far below a spike, and 110 ms more than `b`: after a minute of it our own test has passed
 * half of its bound, and all of it after 69 s.
 */
const slowFrom = (fromSeconds: number, toSeconds = Infinity): Script => {
  return (asked) =>
    asked.registry === 'a' && asked.atMs >= fromSeconds * 1000 && asked.atMs < toSeconds * 1000 ? 180 : well(asked);
};
/** When alerts come in these stories: the half that will do with an alert is reached, the whole is not. Seconds. */
const heardAt = 155;
/** What was told of advice but for audits, which look back. */
const moves = (world: World): string[] =>
  told(world).filter((text) => /^advice (proposed|accepted|withdrawn|superseded)/.test(text));

interface Change {
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: 'firing' | 'resolved';
  /** Simulated seconds. */
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly fingerprint?: string;
}

const wallOf = (seconds: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + seconds * 1000).toISOString();
const alert = ({ labels = {}, status = 'firing', startsAt = 100, endsAt, fingerprint = 'f1' }: Change = {}) => ({
  status,
  labels: { alertname: 'MirrorSlowHour', registry: 'a', vantage: 'here', mirror_action: 'failover', ...labels },
  annotations: {},
  startsAt: wallOf(startsAt),
  endsAt: endsAt === undefined ? '0001-01-01T00:00:00Z' : wallOf(endsAt),
  fingerprint,
});
const send = async (world: World, ...alerts: readonly unknown[]): Promise<Record<string, number>> => {
  const body = { version: '4', status: 'firing', alerts, truncatedAlerts: 0 };
  const said = await world.post('/api/v1/alertmanager', body, { authorization: `Bearer ${token}` });
  expect(said.status).toBe(200);
  const { outcomes } = said.json<{ outcomes: Record<string, number> }>();
  return Object.fromEntries(Object.entries(outcomes).filter(([, count]) => count > 0));
};
const notifications = (world: World, outcome: string): Promise<number | null> =>
  metric(world, `mirrorwatch_alertmanager_notifications_total{outcome="${outcome}"}`);
const confirming = (world: World, fromSeconds: number): string[] => [
  ...new Set(
    world.wire.asked
      .filter((asked) => asked.path.endsWith('.mod') && asked.atMs >= fromSeconds * 1000)
      .map(({ registry }) => registry),
  ),
];

describe('trouble that our own tests do not name yet', () => {
  test('the alert leads to advice before they do; its end takes nothing back that still pays', async () => {
    const alone = await startWorld({ yaml, script: slowFrom(100) });
    await alone.seconds(200);
    const own = when(alone, 'advice proposed a → b');
    expect(own).toBeGreaterThan(heardAt + 5);
    const world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    expect(told(world)).toEqual(['vantage suspect false']);
    expect(await send(world, alert({ startsAt: 140 }))).toEqual({ evidence: 1 });
    await world.seconds(1);
    expect(told(world)).toEqual(['vantage suspect false', 'advice proposed a → b']);
    const [advice] = (await adviceOf(world)) as unknown as readonly AdviceView[];
    expect(advice).toMatchObject({
      state: 'proposed',
      cause: 'slo',
      trigger: 'alertmanager',
      confidence: 'medium',
      evidence: { findings: [], observedSeconds: 0.18, baselineSeconds: null },
      remedy: { env: expect.stringContaining('b.example.net') },
    });
    expect(advice?.reason).toMatch(
      /^a misses its objective, according to the alert MirrorSlowHour, firing for \d+ s: its last 20 canary probes have a p95 of 180 ms\. \d+ of \d+ probes of b succeeded/,
    );
    expect(notices(world)).toEqual(['advice proposed']);
    expect(await metric(world, 'mirror_advice_active{ecosystem="go",upstream="go",from="a",to="b",cause="slo"}')).toBe(
      1,
    );
    expect(await metric(world, 'mirror_advice_issued_total{ecosystem="go",upstream="go",cause="slo"}')).toBe(1);
    await world.seconds(60);
    expect(await send(world, alert({ startsAt: 140, status: 'resolved', endsAt: 218 }))).toEqual({ resolved: 1 });
    await world.seconds(120);
    expect(moves(world)).toEqual(['advice proposed a → b']);
    expect((await adviceOf(world))[0]).toMatchObject({ state: 'proposed', to: 'b' });
  });

  test('a confirming round starts at once: every mirror is asked within the second', async () => {
    const world = await startWorld({ yaml: yaml.replace('every: 5s', 'every: 60s'), script: slowFrom(200) });
    await world.seconds(700);
    const at = world.time.nowMs() / 1000;
    await send(world, alert({ startsAt: 690 }));
    await world.seconds(0.9);
    expect(confirming(world, at).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('an alert about a mirror that has died finds the outage long before its own pace would', async () => {
    let diesAtMs = Infinity;
    const script: Script = (asked) => (asked.registry === 'a' && asked.atMs >= diesAtMs ? refuses : well(asked));
    const world = await startWorld({ yaml: yaml.replace('every: 5s', 'every: 60s'), script });
    const asks = () => world.wire.asked.filter(({ registry }) => registry === 'a').length;
    await world.seconds(600);
    // Just after a probe of it: the next one is most of a minute away.
    for (const before = asks(); asks() === before; ) await world.seconds(1);
    await world.seconds(2);
    diesAtMs = world.time.nowMs();
    const atSeconds = diesAtMs / 1000;
    await send(world, alert({ startsAt: atSeconds - 60, labels: { alertname: 'MirrorDown' } }));
    await world.seconds(10);
    expect(when(world, 'finding opened outage a') - atSeconds).toBeLessThan(6);
    expect((await adviceOf(world))[0]).toMatchObject({ cause: 'outage', trigger: 'alertmanager', to: 'b' });
  });

  test.each([
    ['accepted: the way back is advised', true, 'advice proposed b → a'],
    ['not accepted: what was proposed is withdrawn', false, 'advice withdrawn a → b'],
  ])('the mirror gets well and has proven it, then the alert ends; %s', async (_name, isAccepted, end) => {
    const world = await startWorld({ yaml: `${yaml}advise: { hold: 60s }\n`, script: slowFrom(100, 200) });
    await world.seconds(heardAt);
    await send(world, alert({ startsAt: 140 }));
    await world.seconds(1);
    const [advice] = await adviceOf(world);
    if (isAccepted) expect((await world.post(`/api/v1/advice/${advice?.id}/accept`)).status).toBe(200);
    const before = ['advice proposed a → b', ...(isAccepted ? ['advice accepted a → b'] : [])];
    // Seven minutes well by our own measure, far more than `hold` and the answers it takes, and the alert still fires.
    await world.seconds(460);
    expect(moves(world)).toEqual(before);
    await send(world, alert({ startsAt: 140, status: 'resolved', endsAt: 615 }));
    await world.seconds(10);
    expect(moves(world)).toEqual([...before, end]);
    if (isAccepted) expect((await adviceOf(world))[0]).toMatchObject({ cause: 'failback', trigger: 'detector' });
    else expect(await adviceOf(world)).toEqual([]);
  });

  test('an alert that ends does not withdraw what a spike of our own holds up', async () => {
    const script: Script = (asked) =>
      asked.registry === 'a' && asked.atMs >= 100_000 ? (asked.atMs >= 190_000 ? 2000 : 180) : well(asked);
    const world = await startWorld({ yaml: `${yaml}advise: { hold: 60s }\n`, script });
    await world.seconds(heardAt);
    await send(world, alert({ startsAt: 140 }));
    await world.seconds(62);
    expect(told(world)).toContain('finding opened spike a');
    await send(world, alert({ startsAt: 140, status: 'resolved', endsAt: 220 }));
    await world.seconds(150);
    expect(moves(world)).toEqual(['advice proposed a → b']);
    expect((await adviceOf(world))[0]).toMatchObject({ state: 'proposed', to: 'b' });
  });
});

describe('an alert that is silenced or inhibited while it resolves, so that its end is never sent', () => {
  /** Repeats each 30 s: three of them are 90 s. */
  const brief = `${yaml.replace(`token: ${token} }`, `token: ${token}, repeat: 30s }`)}advise: { hold: 60s }\n`;
  const repeated = async (world: World, times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      await world.seconds(30);
      expect(await send(world, alert({ startsAt: 140 }))).toEqual({ duplicate: 1 });
    }
  };

  test('accepted, the mirror well, repeats keep it: no way back; then silence: back after the bound', async () => {
    const world = await startWorld({ yaml: brief, script: slowFrom(100, 200) });
    await world.seconds(heardAt);
    await send(world, alert({ startsAt: 140 }));
    await world.seconds(1);
    const [advice] = await adviceOf(world);
    expect((await world.post(`/api/v1/advice/${advice?.id}/accept`)).status).toBe(200);
    await repeated(world, 13);
    const heard = world.time.nowMs() / 1000;
    await world.seconds(100);
    const back = when(world, 'advice proposed b → a') - heard;
    expect(back).toBeGreaterThanOrEqual(90);
    expect(back).toBeLessThan(95);
    expect((await adviceOf(world))[0]).toMatchObject({ cause: 'failback', trigger: 'detector' });
  });

  test.each([
    [170, { duplicate: 1 }],
    [185, { evidence: 1 }],
  ])('a reload takes another repeat: after %d s %o', async (afterSeconds, said) => {
    const world = await startWorld({ yaml: brief, script: slowFrom(100) });
    await world.seconds(heardAt);
    await send(world, alert({ startsAt: 140 }));
    world.yaml = brief.replace('repeat: 30s', 'repeat: 60s');
    expect((await world.post('/-/reload')).status).toBe(200);
    await world.seconds(afterSeconds);
    expect(await send(world, alert({ startsAt: 140 }))).toEqual(said);
  });
});

describe('an alert alone is not enough', () => {
  test.each<[string, Script, number, Change]>([
    ['the mirror was never slow by our own measure', well, 250, {}],
    ['it has been well again for twenty paces', slowFrom(100, 155), 265, { startsAt: 150 }],
    ['it was measured too little', slowFrom(0), 12, { startsAt: 1 }],
    ['the other mirrors are as slow', () => 180, 250, { startsAt: 230 }],
    ['it gains less than minGain', (asked) => (asked.registry === 'a' ? 85 : well(asked)), 250, { startsAt: 230 }],
  ])('%s: taken, and no advice', async (_name, script, seconds, change) => {
    const world = await startWorld({ yaml, script });
    await world.seconds(seconds);
    expect(await send(world, alert(change))).toEqual({ evidence: 1 });
    await world.seconds(3);
    expect(await adviceOf(world)).toEqual([]);
    expect(told(world).filter((text) => text.startsWith('advice'))).toEqual([]);
  });

  test('failures too rare for our own test yet: the alert and a few of our own answers are enough', async () => {
    /** One canary in twenty-five. */
    const rarely = (): Script => {
      let canaries = 0;
      return (asked) => {
        if (asked.registry !== 'a' || !asked.path.endsWith('.mod')) return well(asked);
        canaries += 1;
        return canaries % 25 === 0 ? { status: 500, body: '' } : well(asked);
      };
    };
    const alone = await startWorld({ yaml, script: rarely() });
    await alone.seconds(360);
    const world = await startWorld({ yaml, script: rarely() });
    await world.seconds(120);
    expect(moves(world)).toEqual([]);
    await send(world, alert({ startsAt: 100, labels: { alertname: 'MirrorErrorBudgetBurn' } }));
    await world.seconds(200);
    expect((await adviceOf(world))[0]).toMatchObject({ cause: 'slo', trigger: 'alertmanager', to: 'b' });
    expect(when(world, 'advice proposed a → b')).toBeLessThan(when(alone, 'advice proposed a → b') - 30);
  });
});

describe('the same alert again', () => {
  test('retries and repetitions count once, over a restart too', async () => {
    let world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    expect(await send(world, alert({ startsAt: 140 }))).toEqual({ evidence: 1 });
    await world.seconds(2);
    expect(await send(world, alert({ startsAt: 140 }))).toEqual({ duplicate: 1 });
    expect(await send(world, alert({ startsAt: 140 }), alert({ startsAt: 140 }))).toEqual({ duplicate: 2 });
    expect([await notifications(world, 'evidence'), await notifications(world, 'duplicate')]).toEqual([1, 3]);
    world = await world.restart();
    expect(await send(world, alert({ startsAt: 140 }))).toEqual({ duplicate: 1 });
    await world.seconds(100);
    const list = await adviceOf(world);
    expect(list).toMatchObject([{ state: 'proposed', cause: 'slo', trigger: 'alertmanager' }]);
    expect(moves(world)).toEqual([]);
    expect(world.posts.filter(({ body }) => body.type === 'mirror.advice')).toEqual([]);
    expect(await send(world, alert({ startsAt: 140, status: 'resolved', endsAt: 250 }))).toEqual({ resolved: 1 });
  });

  test('two alerts about one mirror that is well again: the advice stays until both have ended', async () => {
    const world = await startWorld({ yaml: `${yaml}advise: { hold: 60s }\n`, script: slowFrom(100, 200) });
    await world.seconds(heardAt);
    const other = { fingerprint: 'f2', labels: { alertname: 'MirrorErrorBudgetBurn' } };
    expect(await send(world, alert({ startsAt: 140 }), alert({ startsAt: 150, ...other }))).toEqual({ evidence: 2 });
    await world.seconds(400);
    await send(world, alert({ startsAt: 140, status: 'resolved', endsAt: 557 }));
    await world.seconds(10);
    expect((await adviceOf(world))[0]).toMatchObject({ state: 'proposed', cause: 'slo' });
    await send(world, alert({ startsAt: 150, ...other, status: 'resolved', endsAt: 567 }));
    await world.seconds(10);
    expect(await adviceOf(world)).toEqual([]);
    expect(moves(world)).toEqual(['advice proposed a → b', 'advice withdrawn a → b']);
  });
});

describe('what is not kept is sent again', () => {
  const post = (world: World) =>
    world.post(
      '/api/v1/alertmanager',
      { version: '4', alerts: [alert({ startsAt: 140 })] },
      { authorization: `Bearer ${token}` },
    );

  test('a state file that takes no writes: 503, then 200 and one advice', async () => {
    const world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    world.store.trouble = { kind: 'full', code: 'SQLITE_FULL' };
    const refused = await post(world);
    expect([refused.status, refused.json()]).toMatchObject([503, { title: 'Unavailable' }]);
    expect(await notifications(world, 'unavailable')).toBe(1);
    world.store.trouble = null;
    await world.seconds(5);
    expect((await post(world)).json()).toMatchObject({ outcomes: { evidence: 0, duplicate: 1 } });
    await world.seconds(1);
    expect(told(world).filter((text) => text.startsWith('advice'))).toEqual(['advice proposed a → b']);
  });

  test('a kill before the state was written loses nothing: the repetition is evidence', async () => {
    let world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    world.store.trouble = { kind: 'full', code: 'SQLITE_FULL' };
    expect((await post(world)).status).toBe(503);
    world = await world.restart();
    expect((await post(world)).json()).toMatchObject({ outcomes: { evidence: 1 } });
  });

  test('more posts than may wait: 503 for those beyond', async () => {
    const world = await startWorld({ yaml, script: well });
    await world.seconds(10);
    const answered: number[] = [];
    const asks = Array.from({ length: limits.alertPostsWaiting + 5 }, () =>
      fetch(new URL('/api/v1/alertmanager', world.daemon.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ version: '4', alerts: [] }),
      }).then(({ status }) => {
        answered.push(status);
        return status;
      }),
    );
    // The loop stands still until time passes: those beyond are refused before its next turn, the others wait for it.
    await until(
      'five refused',
      () => answered,
      ({ length }) => length === 5,
    );
    await world.seconds(1);
    const statuses = await Promise.all(asks);
    expect(statuses.filter((status) => status === 503)).toHaveLength(5);
    expect(statuses.filter((status) => status === 200)).toHaveLength(limits.alertPostsWaiting);
    expect(await notifications(world, 'unavailable')).toBe(5);
  });
});

describe('what is none of our business', () => {
  test('each is answered 200 and counted, and changes nothing', async () => {
    const world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    const own = alert({ labels: { mirrorwatch_origin: 'here' } });
    const others = [
      alert({ labels: { registry: 'nobody' } }),
      alert({ labels: { vantage: 'elsewhere' } }),
      alert({ labels: { mirror_action: 'page' } }),
    ];
    expect(
      await send(world, own, ...others, alert({ startsAt: -90_000 }), alert({ endsAt: heardAt - 1 }), 'x'),
    ).toEqual({ own: 1, ignored: 3, stale: 2, malformed: 1 });
    await world.seconds(5);
    expect(await adviceOf(world)).toEqual([]);
    for (const [outcome, count] of [
      ['own', 1],
      ['ignored', 3],
      ['stale', 2],
      ['malformed', 1],
      ['evidence', 0],
    ] as const)
      expect(await notifications(world, outcome), outcome).toBe(count);
  });

  test('an alert without a vantage is about us too', async () => {
    const world = await startWorld({ yaml, script: slowFrom(100) });
    await world.seconds(heardAt);
    expect(await send(world, alert({ startsAt: 140, labels: { vantage: '' } }))).toEqual({ evidence: 1 });
    await world.seconds(1);
    expect(await adviceOf(world)).toMatchObject([{ cause: 'slo', trigger: 'alertmanager' }]);
  });

  test('a body that cannot be read is refused and counted', async () => {
    const world = await startWorld({ yaml, script: well });
    const authorization = `Bearer ${token}`;
    expect((await world.post('/api/v1/alertmanager', { version: '3' }, { authorization })).status).toBe(400);
    expect((await world.post('/api/v1/alertmanager', {})).status).toBe(401);
    expect(await notifications(world, 'malformed')).toBe(1);
  });
});

test.each([
  [
    'lines, escapes, a direction',
    "Evil\n$(touch x)\nexport X='1\u001b[31mRED\u202e",
    "Evil?$(touch x)?export X='1?[31mRED?",
  ],
  ['a million characters', 'n'.repeat(1_000_000), `${'n'.repeat(99)}…`],
])('a name that means harm is one short line everywhere: %s', async (_name, alertname, want) => {
  const world = await startWorld({ yaml, script: slowFrom(100) });
  await world.seconds(heardAt);
  await send(world, alert({ startsAt: 140, labels: { alertname } }));
  await world.seconds(1);
  const [advice] = (await adviceOf(world)) as unknown as readonly AdviceView[];
  expect(advice?.reason).toContain(`the alert ${want}, firing for`);
  expect(advice?.reason).not.toMatch(/\p{C}/u);
  expect(advice?.reason.length).toBeLessThan(500);
  expect(JSON.stringify([world.log, world.posts]).length).toBeLessThan(500_000);
  const shown = await settled(world.time, run(['advice', '--url', world.daemon.url]), 1);
  expect(shown.out).toContain(want);
  expect(shown.out).not.toMatch(/[^\P{C}\n]/u);
});
