import { afterEach, expect, test } from 'vitest';
import { until, withMoreTime } from '../support/patience.ts';
import { type RawServerOptions, startRawServer } from '../support/raw-server.ts';
import { type Attack, type BesideGood, goodNames, type Hostile, startBesideGood } from './beside-good.ts';

/** A mirror that answers every request in one way. */
function answers(answer: RawServerOptions['answer']): () => Promise<Hostile> {
  return async () => {
    const server = await startRawServer({ answer });
    return { url: server.url, asked: () => server.requests.length, close: server.close };
  };
}

/** A redirect with a head just below the longest one that is read. */
const manyNames = Array.from({ length: 9_000 }, (_, at) => `k${at}`).join('&');

/** By name, what a mirror does to blind the watch of others. A row more is a test more. */
const attacks: Readonly<Record<string, Attack>> = {
  'a redirect to a query of 9 000 names': {
    start: answers(({ index }) => redirect(`/r${index}?${manyNames}`)),
  },
  'a redirect to a query of 2 000 names, which is followed': {
    start: answers(({ index }) => redirect(`/r${index}?${manyNames.slice(0, 11_000)}`)),
  },
};

function redirect(location: string) {
  return { status: 302, headers: { location }, body: Buffer.alloc(0) };
}

let running: BesideGood | null = null;
afterEach(async () => {
  await running?.close();
  running = null;
});

test.each(Object.entries(attacks))(
  '%s: three good mirrors keep their samples, verdicts and paces',
  async (_, attack) => {
    running = await startBesideGood(attack);
    const { real, hostile } = running;
    await until(
      'the hostile mirror was asked',
      () => hostile.asked(),
      (asked) => asked > 0,
    );
    // What else keeps the machine busy spoils samples too: it is held to more and more time.
    await withMoreTime(
      4_000,
      async (ms) => {
        const fared = await running?.fares(ms);
        for (const name of goodNames) {
          const { judgedShare, ...one } = fared?.[name] ?? { judgedShare: 0 };
          expect([name, one]).toEqual([name, { failed: 0, states: ['up'], findings: [] }]);
          expect(judgedShare, `${name}, share of its samples judged`).toBeGreaterThan(0.4);
        }
        expect(fared?.['hostile']?.states.filter((state) => !(attack.guilty ?? bad).includes(state))).toEqual([]);
      },
      2,
    );
    expect(real.log()).not.toContain('worker thread is replaced');
  },
);

const bad = ['unknown', 'degraded', 'down'];
