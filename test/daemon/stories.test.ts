import { afterEach, describe, expect, test } from 'vitest';
import { type Asked, type Behaviour, refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { adviceOf, mirrorOf, notices, told, when } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

/** The first `.mod` of `a` after a second, and no other, takes this long. */
function onceSlow(afterSeconds: number, does: Behaviour): Script {
  let done = false;
  return (asked) => {
    if (done || asked.registry !== 'a' || !asked.path.endsWith('.mod') || asked.atMs < afterSeconds * 1000)
      return well(asked);
    done = true;
    return does;
  };
}

/** When `a` was first asked something light after 60 s, milliseconds: the first bytes of an artifact are no answer to judge. */
function firstJudged({ wire }: World): number {
  const isIt = ({ registry, path, atMs }: Asked): boolean =>
    registry === 'a' && !path.endsWith('.zip') && atMs >= 60_000;
  return wire.asked.find(isIt)?.atMs ?? 0;
}

describe('slowness', () => {
  test('at 60 s a slows: advice within seconds of the first slow answer, a spike at the third slow sample, one notice each', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(1500, 'a', 60) });
    await world.seconds(180);
    // Slots at 5 s, of which the third after 60 s ends between 70 and 76.5 s.
    const spike = when(world, 'finding opened spike a');
    expect(spike).toBeGreaterThan(70);
    expect(spike).toBeLessThan(77);
    // A move needs no spike: a few moments in which b would have saved clients 1.4 s are enough.
    const advised = when(world, 'advice proposed a → b');
    const first = firstJudged(world);
    expect(advised - first / 1000).toBeGreaterThan(3);
    expect(advised - first / 1000).toBeLessThan(8);
    expect(advised).toBeLessThan(spike);
    expect(notices(world)).toEqual(['advice proposed', 'spike']);
    const [advice] = await adviceOf(world);
    expect(advice).toMatchObject({
      state: 'proposed',
      cause: 'slower',
      chain: {
        before: 'https://a.example.com,https://b.example.net/goproxy,direct',
        after: 'https://b.example.net/goproxy,https://a.example.com,direct',
      },
    });
    expect((await mirrorOf(world, 'a')).state).toBe('degraded');
  });

  test.each([
    ['one slow answer', onceSlow(60, 1500)],
    ['one answer past the deadline', onceSlow(60, 'hangs')],
    ['one refused connection', onceSlow(60, refuses)],
    ['one 503', onceSlow(60, { status: 503, body: 'down' })],
    ['one reset', onceSlow(60, { code: 'ECONNRESET', phase: 'processing' })],
  ])('%s: nothing', async (_, script) => {
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(240);
    expect(told(world)).toEqual(['vantage suspect false']);
    expect(world.posts).toEqual([]);
    expect(await adviceOf(world)).toEqual([]);
  });

  test('a slow mirror gets well: the finding closes with mirror.recovery; the advice is withdrawn once a has proven it', async () => {
    const yaml = threeMirrors({ more: 'advise: { hold: 2m }' });
    const world = await startWorld({ yaml, script: but(1500, 'a', 60, 120) });
    await world.seconds(480);
    expect(notices(world)).toEqual(['advice proposed', 'spike', 'recovery spike', 'advice withdrawn']);
    const opened = world.posts[1]?.body.data as { finding: { id: string } };
    const recovery = world.posts[2]?.body.data as { resolves?: string; finding: { id: string } };
    expect(recovery.finding.id).toBe(opened.finding.id);
    // `clear` samples below 1.5 × baseline: the third after 120 s.
    expect(when(world, 'finding closed spike a')).toBeGreaterThan(130);
    expect(when(world, 'finding closed spike a')).toBeLessThan(136);
    // a must not be slower than b over the whole of `hold`, and the slow minute is the first of it.
    const withdrawn = when(world, 'advice withdrawn a → b');
    expect(withdrawn).toBeGreaterThan(120 + 120);
    expect(withdrawn).toBeLessThan(120 + 240);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
    expect(await adviceOf(world)).toEqual([]);
  });

  test('slower than the others, but no spike: no finding; advice if another mirror saves enough, whichever is preferred', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(250, 'a', 60) });
    await world.seconds(240);
    expect(told(world)).toEqual(['vantage suspect false', 'advice proposed a → b']);
    expect(await adviceOf(world)).toMatchObject([{ cause: 'slower', from: 'a', to: 'b' }]);
  });

  test.each([
    ['less than minGain', 85],
    ['less than a tenth of a second', 150],
  ])('slower than the others, but another saves %s: nothing', async (_, tookMs) => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(tookMs, 'a', 60) });
    await world.seconds(600);
    expect(told(world)).toEqual(['vantage suspect false']);
  });
});

describe('death', () => {
  test('the preferred mirror is killed: advice at most 5 s after the first failed probe', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(90);
    const firstFailedMs = world.wire.asked.find(({ registry, atMs }) => registry === 'a' && atMs >= 60_000)?.atMs ?? 0;
    const proposed = when(world, 'advice proposed a → b');
    expect(proposed - firstFailedMs / 1000).toBeGreaterThan(4);
    expect(proposed - firstFailedMs / 1000).toBeLessThanOrEqual(5);
    expect(world.posts.map(({ atSeconds }) => atSeconds)).toEqual([proposed, proposed]);
    expect(notices(world)).toEqual(['outage', 'advice proposed']);
    expect((await mirrorOf(world, 'a')).state).toBe('down');
  });

  test("a black hole: the deadlines of the confirming round are shorter than the plan's", async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but('hangs', 'a', 60) });
    await world.seconds(90);
    const first = firstJudged(world);
    // The first answer fails only at its deadline, 4 s after it was asked.
    // The round begins in the second in which the look that first bytes ordered has ended.
    expect(when(world, 'advice proposed a → b') - (first / 1000 + 4)).toBeLessThanOrEqual(5.5);
  });

  test('every small artifact of a fails: advice within 6 s of the first request for a whole one', async () => {
    const script: Script = (asked) =>
      asked.registry === 'a' && asked.path.endsWith('.zip') && asked.atMs >= 200_000
        ? { status: 503, body: 'down' }
        : well(asked);
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(300);
    const failed = world.wire.asked.filter(({ registry, path }) => registry === 'a' && path.endsWith('.zip'));
    const firstMs = failed.find(({ atMs }) => atMs >= 200_000)?.atMs ?? 0;
    const advised = when(world, 'advice proposed a → b') - firstMs / 1000;
    // As long as any trouble must last before it is one (`detect.outage.over`).
    expect(advised).toBeGreaterThan(4);
    expect(advised).toBeLessThan(6);
    expect((await adviceOf(world))[0]?.chain.after).toBe('https://b.example.net/goproxy,https://a.example.com,direct');
  });

  test('every small artifact of a fails for 3 s: nothing', async () => {
    let fromMs = Number.POSITIVE_INFINITY;
    let failed = 0;
    const script: Script = (asked) => {
      const { registry, path, atMs } = asked;
      if (registry !== 'a' || !path.endsWith('.zip') || atMs < 200_000) return well(asked);
      fromMs = Math.min(fromMs, atMs);
      if (atMs > fromMs + 3_000) return well(asked);
      failed += 1;
      return { status: 503, body: 'down' };
    };
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(900);
    // The first bytes, the whole, and then each second.
    expect(failed).toBeGreaterThan(3);
    expect(told(world)).toEqual(['vantage suspect false']);
  });

  test('downloads of a take 30 s where others take 90 ms: advice within two of its waits, though none has ended', async () => {
    const script: Script = (asked) =>
      asked.registry === 'a' && asked.path.endsWith('.zip') && asked.atMs >= 600_000 ? 30_000 : well(asked);
    const yaml = threeMirrors().replace('timeout: 8s', 'timeout: 120s');
    const world = await startWorld({ yaml, script });
    await world.seconds(760);
    const slow = world.wire.asked.filter(({ registry, path }) => registry === 'a' && path.endsWith('.zip'));
    const firstMs = slow.find(({ atMs }) => atMs >= 600_000)?.atMs ?? 0;
    // 12 s are the least that a client waits for an artifact (docs/detection.md, 1).
    expect(when(world, 'advice proposed a → b') - firstMs / 1000).toBeLessThan(2 * 12 + 4);
    const first = world.posts[0]?.body.data as { readonly advice: { readonly reason: string } };
    expect(first.advice.reason).toContain(
      'fails for zip of example.com/hello@v1.0.0 (timeout_processing): 2 probes in a row',
    );
  });

  test('a hangs where probes wait for 10 s: advice 10 s after the first request, as clients wait for 5', async () => {
    const yaml = threeMirrors().replace('timeout: 4s', 'timeout: 10s');
    const world = await startWorld({ yaml, script: but('hangs', 'a', 200) });
    await world.seconds(240);
    const firstMs =
      world.wire.asked.find(({ registry, path, atMs }) => registry === 'a' && !path.endsWith('.zip') && atMs >= 200_000)
        ?.atMs ?? 0;
    expect(when(world, 'advice proposed a → b') - firstMs / 1000).toBeLessThan(10.5);
  });

  test.each([
    ['zip', 'hangs', 'unreliable'],
    ['zip', 'stalls', 'unreliable'],
    ['mod', 'hangs', 'outage'],
  ] as const)('a .%s that %s behind `|`: go waits for ever, so builds fail', async (ends, how, cause) => {
    const clients = 'https://a.example.com|https://b.example.net/goproxy|direct';
    const script: Script = (asked) =>
      asked.registry === 'a' && asked.path.endsWith(`.${ends}`) && asked.atMs >= 60_000 ? how : well(asked);
    const world = await startWorld({ yaml: threeMirrors({ clients }), script });
    await world.seconds(120);
    expect(when(world, 'advice proposed a → b')).toBeLessThan(90);
    const [advice] = await adviceOf(world);
    expect(advice).toMatchObject({ cause, chain: { before: clients } });
  });

  test('it comes back: recovery after two good answers; the advice ends when `hold` is over', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60, 90) });
    await world.seconds(300);
    expect(notices(world)).toEqual(['outage', 'advice proposed', 'recovery outage']);
    expect(when(world, 'finding closed outage a')).toBeLessThan(100);
    await world.seconds(420);
    const stood = when(world, 'advice withdrawn a → b') - when(world, 'advice proposed a → b');
    expect(stood).toBeGreaterThanOrEqual(600);
    expect(stood).toBeLessThan(630);
    expect(notices(world)).toEqual(['outage', 'advice proposed', 'recovery outage', 'advice withdrawn']);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
  });

  test('all die at once: it is us; no proposal, no outage, and all is well again afterwards', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'all', 60, 300) });
    await world.seconds(200);
    expect(told(world)).toEqual(['vantage suspect false', 'vantage suspect true', 'advice refused a → a']);
    expect(when(world, 'vantage suspect true')).toBeLessThan(66);
    expect(await adviceOf(world)).toMatchObject([{ state: 'refused', refusal: 'vantage_suspect' }]);
    expect((await mirrorOf(world, 'a')).state).toBe('unknown');
    await world.seconds(130);
    expect(told(world).slice(3)).toEqual(['vantage suspect false', 'advice withdrawn a → a']);
    expect(when(world, 'advice withdrawn a → a')).toBeLessThan(310);
    expect(world.posts).toEqual([]);
    const { text } = await world.get('/metrics');
    expect(text).toMatch(/mirror_probe_unknown_total\{ecosystem="go",registry="a",because="vantage"\} [1-9]/);
    expect(text).not.toContain('mirror_probe_failures_total{');
  });

  test('all stay dead: after ten minutes that is a finding about us', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'all', 60) });
    await world.seconds(720);
    const at = when(world, 'finding opened vantage us');
    expect(at).toBeGreaterThan(660);
    expect(at).toBeLessThan(670);
  });

  test('all die at once while a control answers: it is them', async () => {
    const yaml = threeMirrors({ more: 'controls: [ "https://www.example.com/" ]' });
    const world = await startWorld({ yaml, script: but(refuses, 'all', 60) });
    await world.seconds(120);
    expect(told(world)).not.toContain('vantage suspect true');
    expect(
      told(world)
        .filter((text) => text.startsWith('finding opened outage'))
        .sort(),
    ).toEqual(['finding opened outage a', 'finding opened outage b', 'finding opened outage c']);
    expect(told(world).filter((text) => text.startsWith('advice proposed'))).toEqual([]);
  });

  test('nothing can be reached from the first second: up, ready, and says that it is the vantage', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: () => refuses });
    await world.seconds(60);
    expect(told(world)).toContain('vantage suspect true');
    expect(await adviceOf(world)).toMatchObject([{ state: 'refused' }]);
    expect((await world.get('/-/ready')).status).toBe(200);
    expect((await world.get('/metrics')).text).toContain('\nmirror_vantage_suspect 1\n');
  });

  test('an origin that is dead from the start hinders nothing', async () => {
    const yaml = threeMirrors({
      mirrors: `
  - { name: origin, ecosystem: go, url: "https://o.example.com", role: origin }
  - { name: a, ecosystem: go, url: "https://a.example.com", weight: 100 }
  - { name: b, ecosystem: go, url: "https://b.example.net/goproxy", weight: 90 }`,
    });
    const slow = but(1500, 'a', 100);
    const world = await startWorld({ yaml, script: (asked) => (asked.registry === 'origin' ? 'hangs' : slow(asked)) });
    await world.seconds(180);
    expect(told(world)).not.toContain('vantage suspect true');
    expect(when(world, 'advice proposed a → b')).toBeLessThan(117);
    expect(told(world).filter((text) => text.startsWith('advice'))).toEqual(['advice proposed a → b']);
  });

  test('a mirror that says 429 is left alone for as long as it asked, and is no outage', async () => {
    const script = but({ status: 429, headers: { 'retry-after': '60' } }, 'a', 60, 66);
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(180);
    const canaries = world.wire.asked.filter(({ registry, path }) => registry === 'a' && path.endsWith('.mod'));
    const asked = canaries.filter(({ atMs }) => atMs > 60_000);
    expect((asked[1]?.atMs ?? 0) - (asked[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(60_000);
    expect(told(world)).toEqual([
      'vantage suspect false',
      'finding opened refusal a',
      'advice proposed a → b',
      'finding closed refusal a',
    ]);
  });
});
