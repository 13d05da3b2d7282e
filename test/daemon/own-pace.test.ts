import { afterEach, describe, expect, test } from 'vitest';
import type { Behaviour, Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { mirrorOf, told, when } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

const page = (status: number) => ({
  status,
  body: `<html>${status}</html>`,
  headers: { 'content-type': 'text/html' },
  afterMs: 20,
});
const refused = { ...page(503), body: '<html>503 Service Temporarily Unavailable</html>' };
const reset: Behaviour = { code: 'ECONNRESET', phase: 'processing', afterMs: 20 };

interface Limits {
  /** The requests that the bucket holds. It leaks one each 2 s. */
  readonly burst: number;
  /** What the mirror does with a request that does not fit; `delays`: it waits until it fits. */
  readonly refuses: Behaviour | 'delays';
  /** After a refusal, each request is refused for this long, milliseconds. */
  readonly banMs?: number;
}

/**
 * nginx with `limit_req rate=30r/m burst=<burst>` in front of `a`, with and without `nodelay`; and a firewall that bans an
 * address after a burst, as fail2ban does.
 * @see https://nginx.org/en/docs/http/ngx_http_limit_req_module.html
 */
function limited(
  { burst, refuses, banMs = 0 }: Limits,
  within: Script,
): { readonly script: Script; readonly counts: { all: number; refused: number } } {
  const counts = { all: 0, refused: 0 };
  let [level, lastMs, bannedUntilMs] = [0, 0, 0];
  const script: Script = (asked) => {
    if (asked.registry !== 'a') return well(asked);
    const now = Math.max(0, level - (asked.atMs - lastMs) / 2_000);
    if (asked.atMs >= 200_000) counts.all += 1;
    if (now > burst || asked.atMs < bannedUntilMs) {
      counts.refused += 1;
      bannedUntilMs = Math.max(bannedUntilMs, asked.atMs + (asked.atMs < bannedUntilMs ? 0 : banMs));
      if (refuses !== 'delays') return refuses;
      [level, lastMs] = [now + 1, asked.atMs];
      return 2_000 * (now + 1 - burst);
    }
    [level, lastMs] = [now + 1, asked.atMs];
    return within(asked);
  };
  return { script, counts };
}

/** One 502 after 200 s, else as usual. */
function failsOnce(): Script {
  let left = 1;
  return (asked) => {
    if (asked.atMs < 200_000 || left === 0) return well(asked);
    left -= 1;
    return { status: 502, body: 'bad gateway', afterMs: 20 };
  };
}

describe('a limiter, after one 502: our own confirming probes are no evidence', () => {
  test.each<readonly [string, Limits]>([
    ['503, a burst of 3', { burst: 3, refuses: refused }],
    ['503, a burst of 4', { burst: 4, refuses: refused }],
    ['503, a burst of 6', { burst: 6, refuses: refused }],
    ['403', { burst: 6, refuses: page(403) }],
    ['429 without Retry-After', { burst: 6, refuses: page(429) }],
    ['a closed connection (nginx: 444)', { burst: 6, refuses: reset }],
    ['delayed responses', { burst: 4, refuses: 'delays' }],
    ['a ban for a minute: 403', { burst: 6, refuses: page(403), banMs: 60_000 }],
  ])('%s', async (_, limits) => {
    const { script, counts } = limited(limits, failsOnce());
    const world = await startWorld({ yaml: threeMirrors(), script });
    await world.seconds(200);
    expect(counts.refused).toBe(0);
    await world.seconds(60);
    // A limiter refuses clients too that share our address.
    expect(counts.refused).toBeGreaterThan(0);
    // A late response may be chance, so the second one decides. During a ban, the probes of the schedule go on.
    const most = limits.banMs !== undefined ? 20 : limits.refuses === 'delays' ? 6 : 4;
    expect(counts.refused).toBeLessThanOrEqual(most);
    await world.seconds(240);
    expect(told(world).filter((one) => /finding|proposed/.test(one))).toEqual([]);
    expect((await mirrorOf(world, 'a')).state).toBe('up');
  });
});

describe('a mirror that fails, and limits no rate', () => {
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
