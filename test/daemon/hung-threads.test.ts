import { expect, test } from 'vitest';
import { closeAtEnd } from '../support/closing.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { hangMark } from '../support/hang-mark.ts';
import { type Attack, type BesideGood, goodNames, startBesideGood } from './beside-good.ts';

let running: BesideGood;

/** A mirror in use: from `begin` on, it sends a body that hangs a thread, at most once in `everyMs`. */
function hangs(everyMs: number): Attack & { readonly begin: () => void } {
  let nextMs = Number.POSITIVE_INFINITY;
  const body = Buffer.from(`module ${hangMark}\n`);
  return {
    entry: new URL('../support/hanging-worker.ts', import.meta.url),
    mirror: ', weight: 100',
    begin: () => {
      nextMs = 0;
    },
    async start() {
      const { answers, ...server } = await startFakeMirror();
      const good = new Map(answers);
      answers.get = (path) => {
        const nowMs = performance.now();
        if (nowMs < nextMs) return good.get(path);
        nextMs = nowMs + everyMs;
        return { status: 200, headers: {}, body };
      };
      return { url: server.url, asked: () => server.requests.length, close: server.close };
    },
  };
}

async function watch(
  attack: ReturnType<typeof hangs>,
): Promise<{ readonly findings: () => Promise<readonly string[]> }> {
  running = closeAtEnd(await startBesideGood(attack));
  const { real, states } = running;
  await real.until('all mirrors are up', async () => [...(await states()).values()].every((state) => state === 'up'));
  attack.begin();
  const rows = async () => JSON.parse((await real.get('/api/v1/findings')).text).findings;
  return {
    findings: async () =>
      (await rows()).map((one: Record<string, string>) => `${one['registry']} ${one['kind']} ${one['cause']}`),
  };
}

/** No mirror but the hostile one has a failed sample or a finding; all others are up. */
async function expectGoodUnharmed(findings: readonly string[]): Promise<void> {
  const states = await running.states();
  expect(goodNames.map((name) => states?.get(name))).toEqual(goodNames.map(() => 'up'));
  expect(findings.filter((one) => one.startsWith('good'))).toEqual([]);
  const text = (await running.real.get('/metrics'))?.text ?? '';
  expect(text).not.toMatch(/^mirror_probe_target_failures_total\{.*registry="good-.*\} [1-9]/m);
}

test('a mirror whose responses always hang a thread is found; others keep their samples', async () => {
  const { findings } = await watch(hangs(0));
  const { until } = (running as BesideGood).real;
  await until('it hangs threads', async () => (await findings()).includes('hostile unreliable holds_thread'));
  await expectGoodUnharmed(await findings());
});

test('a mirror that hangs a thread every 20 s is found at the first hang; others keep their samples', async () => {
  const { findings } = await watch(hangs(20_000));
  const { until } = (running as BesideGood).real;
  await until('it hangs threads', async () => (await findings()).includes('hostile unreliable holds_thread'));
  await expectGoodUnharmed(await findings());
});
