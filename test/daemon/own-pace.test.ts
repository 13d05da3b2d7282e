import { afterEach, describe, expect, test } from 'vitest';
import type { Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, told, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const refused = {
  status: 503,
  body: '<html>503 Service Temporarily Unavailable</html>',
  headers: { 'content-type': 'text/html' },
};

/**
 * nginx with `limit_req rate=30r/m burst=<burst> nodelay` in front of `a`: a bucket that leaks one request each 2 s.
 * @see https://nginx.org/en/docs/http/ngx_http_limit_req_module.html
 */
function limited(
  burst: number,
  within: Script,
): { readonly script: Script; readonly counts: { all: number; refused: number } } {
  const counts = { all: 0, refused: 0 };
  let [level, lastMs] = [0, 0];
  const script: Script = (asked) => {
    if (asked.registry !== 'a') return well(asked);
    const now = Math.max(0, level - (asked.atMs - lastMs) / 2_000);
    if (asked.atMs >= 200_000) counts.all += 1;
    if (now > burst) {
      counts.refused += 1;
      return { ...refused, afterMs: 20 };
    }
    [level, lastMs] = [now + 1, asked.atMs];
    return within(asked);
  };
  return { script, counts };
}

describe('a limiter that answers 503 without Retry-After', () => {
  test.each([3, 4, 6])('of a burst of %i, after one 502: our own confirming probes are no evidence', async (burst) => {
    let left = 1;
    const { script, counts } = limited(burst, (asked) => {
      if (asked.atMs < 200_000 || left === 0) return well(asked);
      left -= 1;
      return { status: 502, body: 'bad gateway', afterMs: 20 };
    });
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(200);
    expect(counts.refused).toBe(0);
    await world.seconds(60);
    // A limiter refuses clients too that share our address.
    expect(counts.refused).toBeGreaterThan(0);
    expect(counts.refused).toBeLessThanOrEqual(3);
    await world.seconds(120);
    expect(told(world).filter((one) => /finding|proposed/.test(one))).toEqual([]);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
  });

  test('a mirror that refuses all requests with 503 has an outage as soon as with 502', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refused, 'a', 200) });
    await world.seconds(230);
    expect(when(world, 'finding opened outage a')).toBeLessThan(215);
    expect(when(world, 'advice proposed a → b')).toBeLessThan(215);
  });

  test('one that begins to do so amid our own burst has it once our burst is over', async () => {
    let left = 1;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: (asked) => {
        if (asked.registry !== 'a' || asked.atMs < 200_000) return well(asked);
        if (asked.atMs >= 206_000) return refused;
        return left-- > 0 ? { status: 502, body: 'bad gateway', afterMs: 20 } : well(asked);
      },
    });
    await world.seconds(300);
    expect(when(world, 'finding opened outage a')).toBeLessThan(206 + 60);
  });

  test('one that refuses some requests at the usual pace too fails by itself: what it refuses in our rounds is evidence', async () => {
    let asked = 0;
    const world = await startWorld({
      yaml: threeMirrors(),
      script: (one) => {
        if (one.registry !== 'a' || one.atMs < 200_000) return well(one);
        asked += 1;
        // The first one is of the schedule.
        return asked % 5 === 1 ? { ...refused, afterMs: 20 } : well(one);
      },
    });
    await world.seconds(500);
    const { text } = await world.get('/metrics');
    const reasons = text.matchAll(/^mirror_probe_failures_total\{.*registry="a".*reason="(\w+)"\} [1-9]/gm);
    expect(new Set([...reasons].map(([, reason]) => reason))).toEqual(new Set(['server']));
    expect(told(world)).toContain('advice proposed a → b');
  });
});
