import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { testCerts } from '../support/certs.ts';
import { closeAtEnd } from '../support/closing.ts';
import { http2Attacks, startHttp2Attack } from '../support/h2-attacks.ts';
import { until, withMoreTime } from '../support/patience.ts';
import { type RawServerOptions, startRawServer } from '../support/raw-server.ts';
import { type Attack, type BesideGood, goodNames, type Hostile, startBesideGood } from './beside-good.ts';

/** A mirror that answers every request in one way. */
const answers =
  (answer: RawServerOptions['answer']): (() => Promise<Hostile>) =>
  async () => {
    const server = await startRawServer({ answer });
    return { url: server.url, asked: () => server.requests.length, close: server.close };
  };

/** A mirror on the server of a good one that asks at every path of its own for a day of quiet. */
const throttles =
  (status: 429 | 503): Attack['start'] =>
  async (good) => {
    const base = `/hostile-${status}`;
    const answer = { status, headers: { 'retry-after': '86000' }, body: Buffer.alloc(0) };
    for (const path of [...good.answers.keys()]) good.answers.set(`${base}${path}`, answer);
    const asked = () => good.requests.filter(({ path }) => path.startsWith(base)).length;
    return { url: `${good.url}${base}`, asked, close: async () => undefined };
  };

/** A redirect with a head just below the longest one that is read. */
const manyNames = Array.from({ length: 9_000 }, (_, at) => `k${at}`).join('&');

/** Host names cost the square of their letters where they are read whole. */
const longHost = Array.from({ length: 3_000 }, (_, at) => encodeURIComponent(String.fromCodePoint(0x4e00 + at))).join(
  '',
);

/**
 * 16 MB that take 2.4 s of a thread, in slices; 1.5 s are allowed. Of the hosts tried, one capital letter with an
 * accent takes longest for its length.
 */
const bases = Buffer.from(
  Array.from({ length: 1_000_000 }, (_, at) => `<base href=//${String.fromCodePoint(0xc0 + (at % 20))}>`).join(''),
);

/** Its entry trusts the test CA. */
const trusted = { mirror: ', tls: { ca: /ca.pem }', files: { '/ca.pem': testCerts().ca.certPem } };

/** By name, what a mirror does to blind the watch of others. A row more is a mirror more. */
const light: Readonly<Record<string, Attack>> = {
  'a redirect to a query of 9 000 names': { start: answers(({ index }) => redirect(`/r${index}?${manyNames}`)) },
  'a redirect to a host of 3 000 letters': { start: answers(() => redirect(`http://${longHost}/`)) },
  'a redirect to a query of 2 000 names, which is followed': {
    start: answers(({ index }) => redirect(`/r${index}?${manyNames.slice(0, 11_000)}`)),
  },
  '429 with Retry-After of a day, on the server of a good mirror': { start: throttles(429) },
  '503 with Retry-After of a day, on the server of a good mirror': { start: throttles(503) },
};

const manyBases: Attack = {
  start: answers(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body: bases })),
  ecosystem: 'pypi',
  modules: ', pypi: [ x ]',
  holds: true,
};

const zeros = Buffer.alloc(256 * 1024 * 1024);
const zip = gzipSync(zeros);
/** 48 KB; the best quality takes five times as long. */
const brotli = brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

/** 256 MiB in a few bytes, in each coding, and packed again. */
const packed: readonly (readonly [coding: string, body: Buffer])[] = [
  ['br', brotli],
  ['gzip, gzip', gzipSync(zip)],
  ['gzip, br', brotliCompressSync(zip)],
  ['br, deflate', deflateSync(brotli)],
  ['gzip', zip],
  ['gzip, gzip, gzip', gzipSync(gzipSync(zip))],
];
/** No client is offered this coding, so the body stays as it is. */
const unknownCoding = ['zstd', zstdCompressSync(zeros)] as const;

const bombs = (all = packed): Attack['start'] =>
  answers(({ index }) => {
    const [coding, body] = all[index % all.length] ?? ['identity', zeros];
    return { status: 200, headers: { 'content-type': 'application/json', 'content-encoding': coding }, body };
  });

/**
 * Bombs at every path: of a text, of a page that is read in pieces, and of a file that is stored as sent. npm and images
 * decode as Go does.
 */
const bombsOfAll: readonly Attack[] = [
  { start: bombs([...packed, unknownCoding]) },
  { start: bombs([...packed, unknownCoding]), ecosystem: 'pypi', modules: ', pypi: [ x==1.0.0 ]' },
  {
    // If it were decoded, it would be long enough.
    start: bombs(),
    ecosystem: 'http',
    modules: ', http: [ { upstream: tools, path: x.json, expect: { bytesMin: 1MiB } } ]',
    mirror: ', upstream: tools',
  },
];

function redirect(location: string) {
  return { status: 302, headers: { location }, body: Buffer.alloc(0) };
}

let running: BesideGood;

/** What waits or refuses costs a thread little: such mirrors attack together. A flood has a daemon for itself. */
const { flood = [], quiet = [] } = Object.groupBy(http2Attacks, ({ isFlood }) => (isFlood ? 'flood' : 'quiet'));
const overHttp2 = ({ name }: { readonly name: string }): Attack => ({
  start: () => startHttp2Attack(name),
  ...trusted,
});

test.each([
  [Object.keys(light).join('; '), Object.values(light)] as const,
  [`over HTTP/2: ${quiet.map(({ name }) => name).join('; ')}`, quiet.map(overHttp2)] as const,
  ...flood.map((one) => [`over HTTP/2: ${one.name}`, [overHttp2(one)]] as const),
  ['an index page of 16 MB in which each tag sets another base', [manyBases]] as const,
  ['bombs of each coding', bombsOfAll] as const,
])('%s: three good mirrors keep their samples, verdicts and paces', async (_, together) => {
  running = closeAtEnd(await startBesideGood(...together));
  const { real, hostile, states: statesNow } = running;
  await until(
    'the hostile mirrors were asked',
    () => [...hostile.values()].map(({ asked }) => asked()),
    (asked) => asked.every((count) => count > 0),
  );
  // Before, a good mirror is unknown because it was not probed yet: a watch that begins there fails, and is done again for 20 s.
  await until(
    'the good mirrors are up and no hostile one is',
    statesNow,
    (states) =>
      goodNames.every((name) => states.get(name) === 'up') &&
      [...hostile.keys()].every((name) => states.get(name) !== 'up'),
  );
  // What else keeps the machine busy spoils samples too: it is held to more and more time.
  await withMoreTime(
    5_000,
    async (ms) => {
      const fared = await running.fares(ms);
      for (const name of goodNames) {
        const { judgedShare, ...one } = fared?.[name] ?? { judgedShare: 0 };
        expect([name, one]).toEqual([name, { failed: 0, states: ['up'], findings: [] }]);
        expect(judgedShare, `${name}, share of its samples judged`).toBeGreaterThan(0.3);
      }
      for (const [at, name] of [...hostile.keys()].entries()) {
        const { holds = null, guilty = bad } = together[at] ?? {};
        if (holds !== null) expect(fared?.[name]?.findings.includes('unreliable: holds_thread')).toBe(holds);
        expect([name, fared?.[name]?.states.filter((state) => !guilty.includes(state))]).toEqual([name, []]);
      }
    },
    5,
  );
  expect(real.log()).not.toContain('worker thread is replaced');
});

const bad = ['unknown', 'degraded', 'down'];
