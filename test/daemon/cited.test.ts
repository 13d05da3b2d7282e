import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly registry: string | null;
  readonly evidence: { readonly samples: number; readonly probeIds: readonly string[] };
}

interface ProbeShown {
  readonly id: string;
  readonly rttSeconds: number;
  readonly startedAt: string;
  readonly hops: readonly { readonly status: number }[];
}

async function findingOf(world: World, kind: string, history = false): Promise<Shown> {
  const reply = await world.get(`/api/v1/findings${history ? '?state=all' : ''}`);
  const found = reply.json<{ findings: readonly Shown[] }>().findings.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}: ${reply.text}`);
  return found;
}

async function walked(world: World, { evidence }: Shown): Promise<readonly ProbeShown[]> {
  const shown: ProbeShown[] = [];
  for (const id of evidence.probeIds) {
    const [json, page] = [await world.get(`/api/v1/probes/${id}`), await world.get(`/probes/${id}`)];
    expect([id, json.status, page.status]).toEqual([id, 200, 200]);
    shown.push(json.json<ProbeShown>());
  }
  return shown;
}

/** From here on `a` answers late, and much later for a while once the finding has its first probes. */
const fromSeconds = 160;
const slowFor =
  (untilSeconds: number): Script =>
  (asked) =>
    asked.registry === 'a' && asked.atMs >= 460_000 && asked.atMs < 490_000
      ? 3_000
      : but(1_500, 'a', fromSeconds, untilSeconds)(asked);

const yaml = threeMirrors({ every: '20s' });
const hour = 3_600;
/** Enough for the first probes, the slowest and the newest to be others. */
const slowSeconds = 1_200;

const rowsOf = (world: World): number => [...world.store.rows.keys()].filter((key) => key.startsWith('cited/')).length;
const secondOf = (world: World, { startedAt }: ProbeShown): number =>
  world.time.nowMs() / 1_000 - (world.time.clock.wallMs() - Date.parse(startedAt)) / 1_000;

test('nothing is kept where nothing is found', async () => {
  const world = await startWorld({ yaml, script: well });
  await world.seconds(600);
  expect(rowsOf(world)).toBe(0);
});

test('advice in force keeps what it rests on, over a restart too, long after that has ended', async () => {
  const short = yaml.replace('state: {', 'state: { keep: 1h,').replace('zip: { every: 10m', 'zip: { every: 2m');
  const before = await startWorld({ yaml: short, script: but(refuses, 'a', fromSeconds, 230) });
  await before.seconds(225);
  const [advice] = await adviceOf(before);
  expect([advice?.cause, (await before.post(`/api/v1/advice/${advice?.id}/accept`)).status]).toEqual(['outage', 200]);
  await before.seconds(200);
  expect(before.story().map(([, what]) => what)).toContain('finding closed outage a');
  const world = await before.restart();
  await world.seconds(1.2 * hour);
  const inForce = (await adviceOf(world)).find(({ id }) => id === advice?.id);
  expect(inForce?.state).toBe('accepted');
  const outage = await findingOf(world, 'outage', true);
  expect(inForce).toMatchObject({ evidence: { findings: [outage.id] } });
  expect(outage.evidence.probeIds.length).toBeGreaterThan(3);
  await walked(world, outage);
});

describe('a mirror that is slow for long', () => {
  test('each probe that its finding names can be walked: the first, the slowest, the newest; a kill changes nothing of that', async () => {
    const world = await startWorld({ yaml, script: slowFor(99_999) });
    await world.seconds(fromSeconds + slowSeconds);
    const finding = await findingOf(world, 'spike');
    expect(finding.evidence.probeIds).toHaveLength(limits.findingProbes);
    expect(finding.evidence.samples).toBeGreaterThan(slowSeconds / 20 - 5);
    const probes = await walked(world, finding);
    const at = probes.map((probe) => secondOf(world, probe));
    expect(probes.every(({ rttSeconds }) => rttSeconds >= 1.5)).toBe(true);
    // What it began with: from the first slow answer on.
    expect(at[0]).toBeGreaterThanOrEqual(fromSeconds);
    expect(at[limits.findingProbesFirst - 1]).toBeLessThan(fromSeconds + 25 * limits.findingProbesFirst);
    // The slowest, of long before the newest.
    expect(probes.map(({ rttSeconds }) => rttSeconds).filter((seconds) => seconds > 2)).toEqual([3]);
    // And the newest, of less than a minute ago.
    expect(at.at(-1)).toBeGreaterThan(fromSeconds + slowSeconds - 50);
    expect(rowsOf(world)).toBe(limits.findingProbes);

    const after = await world.restart();
    await after.seconds(1);
    // The first and the slowest stay, the newest go on.
    const stays = limits.findingProbesFirst + 1;
    const taken = await findingOf(after, 'spike');
    expect(taken.id).toBe(finding.id);
    expect(taken.evidence.probeIds.slice(0, stays)).toEqual(finding.evidence.probeIds.slice(0, stays));
    await walked(after, taken);
    await after.seconds(600);
    const later = await findingOf(after, 'spike');
    expect(later.evidence.samples).toBeGreaterThan(finding.evidence.samples + 20);
    expect(later.evidence.probeIds.slice(0, stays)).toEqual(finding.evidence.probeIds.slice(0, stays));
    expect(later.evidence.probeIds.at(-1)).not.toBe(taken.evidence.probeIds.at(-1));
    await walked(after, later);
    expect(rowsOf(after)).toBe(limits.findingProbes);
  });

  test('what it has become names the probes of that time', async () => {
    const world = await startWorld({
      yaml: yaml.replace('warmup: 6', 'warmup: 6, relearn: 15m'),
      script: slowFor(99_999),
    });
    await world.seconds(fromSeconds + slowSeconds);
    const shift = await findingOf(world, 'level_shift');
    expect(shift.evidence.probeIds).toHaveLength(limits.findingProbes);
    const probes = await walked(world, shift);
    expect(secondOf(world, probes[0] as ProbeShown)).toBeLessThan(fromSeconds + 30);
    expect(probes.map(({ rttSeconds }) => rttSeconds)).toContain(3);
  });

  test('once it has ended they are kept as long as the finding is, and then the page says that they are gone', async () => {
    const short = yaml.replace('state: {', 'state: { keep: 1h,');
    const world = await startWorld({ yaml: short, script: slowFor(640) });
    await world.seconds(800);
    expect(world.story().map(([, what]) => what)).toContain('finding closed spike a');
    const ended = await findingOf(world, 'spike', true);
    await world.seconds(hour / 2);
    await walked(world, ended);
    await world.seconds(0.7 * hour);
    expect(rowsOf(world)).toBe(0);
    const reply = await world.get(`/api/v1/probes/${ended.evidence.probeIds[0]}`);
    expect(reply.status).toBe(404);
    expect((await world.get(`/probes/${ended.evidence.probeIds[0]}`)).text).toContain(
      'No probe with this id is stored',
    );
  });
});
