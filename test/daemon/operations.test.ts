import { afterEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/core/finding.ts';
import { limits } from '../../src/core/limits.ts';
import { goSumLines, syntheticModules } from '../support/synthetic-modules.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, metric, mirrorOf, notices, told, when } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

const canaryAsks = (world: World, registry: string, fromSeconds: number): number =>
  world.wire.asked.filter(
    (asked) => asked.registry === registry && asked.path.endsWith('.mod') && asked.atMs >= fromSeconds * 1000,
  ).length;
const modSeries = (registry: string): string =>
  `{ecosystem="go",registry="${registry}",module="example.com/hello",version="v1.0.0",step="mod"}`;

describe('pause', () => {
  test('a paused mirror is not asked, is unknown, survives a restart, and resumes', async () => {
    let world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(30);
    const paused = await world.post('/api/v1/mirrors/a/pause', { for: '1h', reason: 'disk swap' });
    expect([paused.status, paused.json()]).toMatchObject([200, { state: 'unknown', paused: { reason: 'disk swap' } }]);
    await world.seconds(60);
    expect(canaryAsks(world, 'a', 31)).toBe(0);
    expect(await metric(world, 'mirror_up{ecosystem="go",upstream="go",registry="a"}')).toBeNull();
    // Twelve of the canary, one of each of the three slower steps.
    expect(await metric(world, 'mirror_probe_unknown_total{ecosystem="go",registry="a",because="paused"}')).toBe(15);
    world = await world.restart();
    await world.seconds(60);
    expect(canaryAsks(world, 'a', 0)).toBe(0);
    expect(canaryAsks(world, 'b', 0)).toBeGreaterThan(10);
    expect(await mirrorOf(world, 'a')).toMatchObject({ gate: 'paused', paused: { reason: 'disk swap' } });
    const resumed = await world.post('/api/v1/mirrors/a/pause', { for: '0s' });
    expect(resumed.json()).toMatchObject({ paused: null });
    await world.seconds(10);
    expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'up', paused: null });
    world = await world.restart();
    await world.seconds(10);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
  });

  test('a mirror that a reload removes is still paused when another brings it back', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    const { yaml } = world;
    await world.seconds(30);
    await world.post('/api/v1/mirrors/b/pause', { for: '1h', reason: 'disk swap' });
    for (const text of [yaml.replace(/.*name: b,.*\n/, ''), yaml]) {
      world.yaml = text;
      const reload = world.daemon.reload();
      await world.seconds(5);
      expect((await reload).tag).toBe('reloaded');
    }
    await world.seconds(30);
    expect(canaryAsks(world, 'b', 31)).toBe(0);
    expect(await mirrorOf(world, 'b')).toMatchObject({ gate: 'paused', paused: { reason: 'disk swap' } });
  });

  test('a mirror in maintenance that a reload removes is still in maintenance when another brings it back', async () => {
    const open = 'maintenance: [ { cron: "* * * * *", for: 2h } ]';
    const world = await startWorld({ yaml: threeMirrors().replace(/name: b, /, `$&${open}, `), script: well });
    const { yaml } = world;
    await world.seconds(70);
    expect(await mirrorOf(world, 'b')).toMatchObject({ inMaintenance: true });
    for (const text of [yaml.replace(/.*name: b,.*\n/, ''), yaml]) {
      world.yaml = text;
      const reload = world.daemon.reload();
      await world.seconds(5);
      expect((await reload).tag).toBe('reloaded');
    }
    expect(await mirrorOf(world, 'b')).toMatchObject({ inMaintenance: true, gate: 'maintenance' });
  });

  test('a start with a paused mirror reports what ended meanwhile', async () => {
    const before = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'c', 60) });
    await before.seconds(90);
    await before.post('/api/v1/mirrors/a/pause', { for: '1h', reason: 'disk swap' });
    await before.seconds(10);
    const world = await before.restart({ yaml: before.yaml.replace(/.*name: c,.*\n/, '') });
    await world.seconds(10);
    expect(told(world)).toContain('finding closed outage c');
    expect(world.store.all('finding').map(({ value }) => (value as Finding).state)).toEqual(['closed']);
  });

  test('a mirror that dies while paused is no news', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60, 500) });
    await world.seconds(30);
    await world.post('/api/v1/mirrors/a/pause', { for: '5m', reason: 'planned' });
    await world.seconds(280);
    expect(told(world)).toEqual(['vantage suspect false']);
  });

  test('no such mirror: 404; no duration: 400', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    expect((await world.post('/api/v1/mirrors/nobody/pause', { for: '1h' })).status).toBe(404);
    expect((await world.post('/api/v1/mirrors/a/pause', { for: 'soon' })).status).toBe(400);
  });
});

test('a maintenance window: not asked, unknown, no finding; afterwards as before', async () => {
  // The world's wall clock begins at 2026-01-01T00:00:00Z.
  const yaml = threeMirrors({
    mirrors: `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100, maintenance: [ { cron: "2 0 * * *", for: 3m } ] }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }`,
  }).replace('schedule: {', 'schedule: { timeZone: UTC,');
  const world = await startWorld({ yaml, script: but(refuses, 'a', 121, 299) });
  await world.seconds(200);
  expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'unknown', inMaintenance: true, gate: 'maintenance' });
  expect(canaryAsks(world, 'a', 121)).toBe(0);
  await world.seconds(130);
  expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'up', inMaintenance: false });
  expect(told(world)).toEqual(['vantage suspect false']);
});

test('bytes that the origin does not serve: in both metrics, and left', async () => {
  const evil = { status: 200, body: 'module example.com/hello\n\ngo 1.21\n\nrequire evil.example.com v1.0.0\n' };
  const changed = but(evil, 'a', 60, Number.POSITIVE_INFINITY);
  const world = await startWorld({
    yaml: threeMirrors({
      mirrors: `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }
  - { name: o, ecosystem: go, url: "https://c.example.org", role: origin }`,
    }),
    script: (asked) => (asked.path.endsWith('.mod') ? changed(asked) : well(asked)),
  });
  await world.seconds(100);
  expect(told(world)).toEqual(['vantage suspect false', 'finding opened mismatch a', 'advice proposed a → b']);
  expect(await adviceOf(world)).toMatchObject([{ cause: 'mismatch', confidence: 'medium', to: 'b' }]);
  const { findings } = (await world.get('/api/v1/findings')).json<{ findings: { cause: string; text: string }[] }>();
  expect(findings).toMatchObject([{ cause: 'origin', confidence: 'medium' }]);
  expect(findings[0]?.text).not.toContain('No authority');
  const series = '{ecosystem="go",registry="a",module="example.com/hello",version="v1.0.0",cause="origin"}';
  for (const name of ['mirror_integrity_mismatch_active', 'mirror_integrity_mismatches_total'])
    expect(await metric(world, `${name}${series}`)).toBe(1);
});

describe('acknowledge', () => {
  const [hello] = syntheticModules;
  const [v1] = hello?.versions ?? [];
  if (hello === undefined || v1 === undefined) throw new Error('the first synthetic module has a version');
  const goSum = goSumLines(hello, v1);
  const yaml = threeMirrors({ modules: '{ from: /app/go.sum, top: 1 }' });
  const files = { '/app/go.sum': goSum };

  test('wrong bytes, twice over fresh connections: a mismatch that does not clear by itself, until it is acknowledged', async () => {
    const evil = { status: 200, body: 'module example.com/hello\n\ngo 1.21\n\nrequire evil.example.com v1.0.0\n' };
    const script = but(evil, 'a', 60, 120);
    const inner: typeof script = (asked) => (asked.path.endsWith('.mod') ? script(asked) : well(asked));
    let world = await startWorld({ yaml, files, script: inner });
    await world.seconds(100);
    expect(told(world)).toContain('advice proposed a → b');
    const opened = when(world, 'finding opened mismatch a');
    const wrong = world.wire.asked.find(
      (one) => one.registry === 'a' && one.path.endsWith('.mod') && one.atMs >= 60_000,
    );
    // The second look follows the first wrong answer at once.
    expect(opened - (wrong?.atMs ?? 0) / 1000).toBeLessThan(0.5);
    await world.seconds(100);
    expect(told(world)).not.toContain('finding closed mismatch a');
    const active =
      'mirror_integrity_mismatch_active{ecosystem="go",registry="a",module="example.com/hello",version="v1.0.0",cause="authority"}';
    expect(await metric(world, active)).toBe(1);
    world = await world.restart();
    await world.seconds(30);
    expect(await metric(world, active)).toBe(1);
    const { findings } = (await world.get('/api/v1/findings')).json<{ findings: { id: string; kind: string }[] }>();
    expect(findings.map(({ kind }) => kind)).toEqual(['mismatch']);
    const id = findings[0]?.id ?? '';
    expect((await world.post(`/api/v1/findings/${id}/ack`, {})).status).toBe(400);
    expect((await world.post('/api/v1/findings/nothing/ack', { reason: 'x' })).status).toBe(404);
    const acknowledged = await world.post(`/api/v1/findings/${id}/ack`, { reason: 'purged by its operator' });
    expect([acknowledged.status, acknowledged.json()]).toMatchObject([200, { id, state: 'acknowledged' }]);
    await world.seconds(1);
    expect(await metric(world, active)).not.toBe(1);
    expect((await world.get('/api/v1/findings')).json()).toMatchObject({ findings: [] });
    world = await world.restart();
    await world.seconds(30);
    expect((await world.get('/api/v1/findings')).json()).toMatchObject({ findings: [] });
  });
});

describe('accepting advice', () => {
  test('accepted advice becomes the chain in force; when the preferred mirror was well for `hold`, failback is advised', async () => {
    const yaml = threeMirrors({ more: 'advise: { hold: 2m }' });
    const world = await startWorld({ yaml, script: but(refuses, 'a', 60, 120) });
    await world.seconds(80);
    const [proposed] = await adviceOf(world);
    if (proposed === undefined) throw new Error('no advice');
    const remedy = await world.get('/api/v1/advice/go/remedy?as=env');
    expect([remedy.status, remedy.text.trim(), remedy.headers.get('x-advice-id')]).toEqual([
      200,
      "export GOPROXY='https://b.example.net/goproxy,direct'",
      proposed.id,
    ]);
    const accepted = await world.post(`/api/v1/advice/${proposed.id}/accept`);
    expect([accepted.status, accepted.json()]).toMatchObject([200, { id: proposed.id, state: 'accepted' }]);
    expect((await world.post(`/api/v1/advice/${proposed.id}/accept`)).status).toBe(409);
    expect((await world.post('/api/v1/advice/nothing/accept')).status).toBe(404);
    await world.seconds(60);
    expect((await world.get('/api/v1/advice/go/remedy?as=env')).text).toContain(
      "='https://b.example.net/goproxy,direct",
    );
    await world.seconds(500);
    const failback = when(world, 'advice proposed b → a');
    const closed = when(world, 'finding closed outage a');
    // `hold` since the accept, and some 98 clean answers at their pace, thirteen a minute, since it is back.
    expect(failback - when(world, 'advice accepted a → b')).toBeGreaterThanOrEqual(120);
    expect(failback - closed).toBeGreaterThan((98 / 14) * 60);
    expect(failback - closed).toBeLessThan((98 / 12) * 60);
    const [back] = await adviceOf(world);
    expect(back).toMatchObject({
      cause: 'failback',
      chain: { after: 'https://a.example.com,https://b.example.net/goproxy,direct' },
    });
    await world.post(`/api/v1/advice/${back?.id}/accept`);
    expect((await world.get('/api/v1/advice/go/remedy?as=env')).status).toBe(204);
  });

  test('an accepted advice survives a kill', async () => {
    let world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const [proposed] = await adviceOf(world);
    await world.post(`/api/v1/advice/${proposed?.id}/accept`);
    await world.seconds(1);
    world = await world.restart();
    await world.seconds(30);
    expect(await adviceOf(world)).toMatchObject([{ id: proposed?.id, state: 'accepted' }]);
    expect(world.posts).toEqual([]);
  });
});

describe('dismissing advice', () => {
  test('the remedy says what stood before; the same move is quiet for so long, over a kill; then it is proposed again', async () => {
    let world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const id = (await adviceOf(world))[0]?.id ?? '';
    expect(await metric(world, active)).toBe(1);
    const dismiss = () => world.post(`/api/v1/advice/${id}/dismiss`, { for: '10m', reason: 'work on it' });
    const dismissed = await dismiss();
    expect([dismissed.status, dismissed.json()]).toMatchObject([200, { id, state: 'dismissed' }]);
    expect((await dismiss()).status).toBe(409);
    expect((await world.post('/api/v1/advice/none/dismiss', { for: '1m', reason: 'x' })).status).toBe(404);
    await world.seconds(120);
    expect([await adviceOf(world), await metric(world, active)]).toEqual([[], null]);
    expect((await world.get('/api/v1/advice/go/remedy?as=env')).status).toBe(204);
    expect(await adviceOf(world, '?state=all')).toMatchObject([{ id, state: 'dismissed' }]);
    expect(notices(world)).toEqual(['outage', 'advice proposed', 'advice dismissed']);
    expect(told(world).slice(-1)).toEqual(['advice dismissed a → b']);
    world = await world.restart();
    await world.seconds(120);
    expect(await adviceOf(world)).toEqual([]);
    await world.seconds(400);
    expect(await adviceOf(world)).toMatchObject([{ state: 'proposed', from: 'a', to: 'b', cause: 'outage' }]);
  });
});

const active = 'mirror_advice_active{ecosystem="go",upstream="go",from="a",to="b",cause="outage"}';
const readAt = (world: World) => metric(world, 'mirrorwatch_config_last_reload_success_timestamp_seconds');

describe('reload', () => {
  test('unchanged mirrors keep baselines and counters, removed ones lose their series, new ones begin', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(60);
    const before = await metric(world, `mirror_probe_attempts_total${modSeries('a')}`);
    const baseline = `mirror_probe_rtt_baseline_seconds${modSeries('a').replace('}', ',connection="cold"}')}`;
    expect(await metric(world, baseline)).toBeCloseTo(0.04, 6);
    world.yaml = threeMirrors({
      mirrors: `
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }
  - { name: d, ecosystem: go, url: "https://d.example.org", weight: 10 }`,
    });
    const reloaded = await world.post('/-/reload');
    expect([reloaded.status, reloaded.json()]).toEqual([200, { changed: ['mirrors.c', 'mirrors.d'] }]);
    const { text } = await world.get('/metrics');
    expect(text).not.toContain('registry="c"');
    expect(await metric(world, `mirror_probe_attempts_total${modSeries('a')}`)).toBe(before);
    expect(await metric(world, `mirror_probe_attempts_total${modSeries('d')}`)).toBe(0);
    expect(await metric(world, baseline)).toBeCloseTo(0.04, 6);
    await world.seconds(30);
    expect(canaryAsks(world, 'c', 61)).toBe(0);
    expect(canaryAsks(world, 'd', 61)).toBeGreaterThan(4);
    expect(await metric(world, `mirror_probe_attempts_total${modSeries('a')}`)).toBe((before ?? 0) + 6);
    expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toBe(1);
  });

  test('a bad file: the old configuration goes on; the answer, the log and a metric say why', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(10);
    const readBefore = await readAt(world);
    expect(readBefore).toBe(await metric(world, 'process_start_time_seconds'));
    await world.seconds(10);
    const good = world.yaml;
    world.yaml = `${good}\nmirorrs: []\nvantage: [\n`;
    const refused = await world.post('/-/reload');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.json<{ issues: unknown[] }>().issues.length).toBeGreaterThan(0);
    expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toBe(0);
    expect(await readAt(world)).toBe(readBefore);
    expect(world.log.filter(({ message }) => message === 'reload refused, the old configuration is kept')).toHaveLength(
      1,
    );
    // Each mistake is a line of its own.
    expect(world.log.filter(({ message }) => message === 'configuration').length).toBeGreaterThan(0);
    await world.seconds(20);
    expect(canaryAsks(world, 'a', 20)).toBeGreaterThan(2);
    world.yaml = good;
    await world.seconds(10);
    expect((await world.post('/-/reload')).json()).toEqual({ changed: [] });
    expect(await readAt(world)).toBeGreaterThanOrEqual((readBefore ?? 0) + 10);
    expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toBe(1);
  });

  test('a key that needs a restart: 409, the old configuration is kept', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    world.yaml = world.yaml
      .replace('/nowhere/state.db', '/elsewhere/state.db')
      .replace('vantage: here', 'vantage: there');
    const refused = await world.post('/-/reload');
    expect([refused.status, refused.json()]).toMatchObject([409, { keys: ['state.path'] }]);
    expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toBe(0);
  });

  test('a removed mirror takes its open finding along, and the advice about it', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(90);
    world.yaml = threeMirrors({
      mirrors: `
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }
  - { name: c, ecosystem: go, url: "https://c.example.org", weight: 80 }`,
      clients: 'https://b.example.net/goproxy,direct',
    });
    expect((await world.post('/-/reload')).status).toBe(200);
    await world.seconds(10);
    expect(told(world)).toContain('finding closed outage a');
    expect((await world.get('/api/v1/findings')).json()).toMatchObject({ findings: [] });
    expect((await adviceOf(world)).filter(({ state }) => state === 'proposed')).toEqual([]);
    expect((await world.get('/metrics')).text).not.toContain('registry="a"');
  });
});

describe('restart', () => {
  test('killed before a receiver answered: the same notices go out again, under the same ids, and no others', async () => {
    let world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    world.receiver = () => 'hangs';
    await world.seconds(70);
    const first = world.posts.map(({ id }) => id);
    expect(notices(world)).toEqual(['outage', 'advice proposed']);
    world = await world.restart();
    await world.seconds(60);
    expect(world.posts.map(({ id }) => id).sort()).toEqual([...first].sort());
    expect(told(world).filter((text) => text.includes('opened') || text.includes('proposed'))).toEqual([]);
    const { findings } = (await world.get('/api/v1/findings')).json<{ findings: { kind: string }[] }>();
    expect(findings.map(({ kind }) => kind)).toEqual(['outage']);
    expect((await adviceOf(world)).map(({ state }) => state)).toEqual(['proposed']);
    world = await world.restart();
    await world.seconds(30);
    expect(world.posts).toEqual([]);
  });

  test('a spike opens at the third slow sample also after a restart: baselines are kept', async () => {
    let world = await startWorld({ yaml: threeMirrors(), script: but(1500, 'a', 132) });
    await world.seconds(130);
    world = await world.restart();
    await world.seconds(25);
    expect(told(world)).toContain('finding opened spike a');
  });
});

describe('a place without a network', () => {
  test('no name resolves: it is us from the first pass on, no mirror is down, and the log points to demo', async () => {
    const world = await startWorld({
      yaml: threeMirrors(),
      script: () => ({ code: 'EAI_AGAIN', phase: 'resolve', afterMs: 5 }),
    });
    await world.seconds(120);
    expect(await metric(world, 'mirror_vantage_suspect')).toBe(1);
    expect((await mirrorOf(world, 'a')).state).toBe('unknown');
    expect(world.log.filter(({ message }) => message.includes('mirrorwatch demo'))).toHaveLength(1);
    expect(told(world)).toEqual(['vantage suspect true', 'advice refused a → a']);
  });
});

describe('the end', () => {
  test('SIGTERM: no new probes, those in flight end, the state is flushed, the port is closed', async () => {
    const world = await startWorld({
      yaml: threeMirrors(),
      script: (asked) => (asked.path.endsWith('.mod') ? 3000 : well(asked)),
    });
    await world.seconds(4);
    const asked = world.wire.asked.length;
    const url = world.daemon.url;
    const stopped = world.stop();
    await stopped;
    expect(world.wire.asked.length).toBe(asked);
    await expect(fetch(`${url}-/ready`)).rejects.toThrow();
    expect(world.store.commit({ puts: [], deletes: [] })).toMatchObject({ tag: 'error' });
    expect(world.store.rows.size).toBeGreaterThan(0);
  });

  test('a mirror in doubt is asked no more: what was under way ends, and that is the end', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(60);
    for (let tries = 0; tries < 20 && (await mirrorOf(world, 'a'))['inDoubt'] !== true; tries += 1)
      await world.seconds(0.5);
    expect(await mirrorOf(world, 'a')).toMatchObject({ inDoubt: true });
    const asked = world.wire.asked.length;
    const from = world.time.nowMs();
    await world.stop();
    expect(world.wire.asked.length).toBe(asked);
    expect(world.time.nowMs() - from).toBeLessThan(2_000);
  });

  test('a probe without end does not keep the daemon from ending', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: () => 'hangs' });
    await world.seconds(4);
    const from = world.time.nowMs();
    await world.stop();
    expect(world.time.nowMs() - from).toBeLessThanOrEqual(limits.stopMs - limits.closeMs);
  });
});

test.each([
  ['a process that stood still for a minute', (world: World) => world.time.leap(60_000), 'stalled'],
  ['a machine that slept for an hour', (world: World) => Promise.resolve(world.time.shiftWall(3_600_000)), 'suspended'],
  ['a wall clock set back', (world: World) => Promise.resolve(world.time.shiftWall(-600_000)), 'clock_jump'],
  ['a wall clock set by three seconds', (world: World) => Promise.resolve(world.time.shiftWall(3_000)), 'clock_jump'],
])('time that did not go on as it should: %s: noticed; what it touched is unknown', async (_, act, kind) => {
  const world = await startWorld({
    yaml: threeMirrors({ every: '5s' }),
    script: (asked) => (asked.path.endsWith('.mod') ? 2500 : well(asked)),
  });
  await world.seconds(60);
  // Half a second after the start of a probe, which takes 2.5 s: something must run that the gap can touch.
  for (const before = canaryAsks(world, 'a', 0); canaryAsks(world, 'a', 0) === before; ) await world.seconds(0.5);
  await act(world);
  await world.seconds(20);
  const noticed = world.log.filter(({ message }) => message === 'time did not go on as it should');
  expect(noticed.map(({ fields }) => fields['kind'])).toEqual([kind]);
  const local = await Promise.all(
    ['a', 'b', 'c'].map((registry) =>
      metric(world, `mirror_probe_unknown_total{ecosystem="go",registry="${registry}",because="local"}`),
    ),
  );
  expect(local.reduce((sum: number, one) => sum + (one ?? 0), 0)).toBeGreaterThan(0);
  expect(told(world)).toContain('finding opened self us');
  expect(told(world).filter((text) => /outage|spike/.test(text))).toEqual([]);
});
