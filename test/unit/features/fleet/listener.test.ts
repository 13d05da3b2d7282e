import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, test } from 'vitest';
import { openFleet } from '../../../../src/features/fleet/listener.ts';
import type { FleetReport } from '../../../../src/features/fleet/report.ts';
import { createManualClock } from '../../probe/fake-line.ts';
import { nowMs } from './world.ts';

// Whoever may send one request, or push one series, must not end the page of all places.

type Labels = Readonly<Record<string, unknown>>;
const place = { vantage: 'fra', instance: 'fra:10120', job: 'mirrorwatch' };
const mirror = { ecosystem: 'go', upstream: 'go', registry: 'near' };
let facts: readonly (readonly [Labels, string])[] = [];
let registry: unknown = 'near';
let seconds = nowMs / 1000;

const store = createServer((asked, response) => {
  const query = new URL(asked.url ?? '', 'http://store').searchParams.get('query') ?? '';
  const found: typeof facts = query.startsWith('timestamp(')
    ? [[{ ...place, version: '0.1.0' }, String(nowMs / 1000)]]
    : query.startsWith('mirror_state == 1')
      ? [[{ ...place, ...mirror, registry, state: 'down' }, '1']]
      : query.startsWith('{__name__')
        ? facts
        : [[{ ...place, ...mirror }, '1e300']];
  const result = found.map(([metric, value]) => ({ metric, value: [seconds, value] }));
  response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
});
const clock = createManualClock(nowMs);
const advance = (ms: number): unknown => clock.advance(ms);

await new Promise<void>((done) => store.listen(0, '127.0.0.1', done));
const opened = await openFleet(
  { host: '127.0.0.1', port: 0, token: null, tls: null },
  {
    store: {
      url: `http://127.0.0.1:${(store.address() as AddressInfo).port}`,
      headers: {},
      token: null,
      tls: {},
      limitMs: 60_000,
    },
    link: 'http://{instance}',
  },
  clock,
);
if (opened.tag === 'error') throw new Error(opened.error.code);
const fleet = opened.value;
afterAll(async () => {
  await fleet.close();
  store.closeAllConnections();
  store.close();
});

/** The path exactly as it is sent. */
const read = async (path: string): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const asked = request(fleet.url, { path, agent: false }, (response) => {
      let text = '';
      response
        .on('data', (piece) => (text += piece))
        .on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on('error', reject).end();
  });

test('a request whose target is no URL is refused, and the next one is served', async () => {
  expect((await read('//')).status).toBe(400);
  expect((await read('/-/healthy')).status).toBe(200);
});

test.each(['1e18', '1e300', '+Inf', '-Inf', 'NaN', '-1', '0'])('every value %s is shown or left out', async (value) => {
  const of = (name: string, more: Labels = {}) => [{ __name__: name, ...place, ...more }, value] as const;
  facts = [
    of('mirrorwatch_clock_timestamp_seconds'),
    of('mirrorwatch_shard_info', { index: value, count: value }),
    of('mirror_state_since_timestamp_seconds', { ...mirror, state: 'down' }),
    of('mirror_advice_since_timestamp_seconds', {
      ecosystem: 'go',
      upstream: 'go',
      from: 'near',
      to: 'far',
      state: 'proposed',
    }),
    of('mirror_advice_rank', mirror),
  ];
  advance(11_000);
  expect((await read('/?lang=zh')).status).toBe(200);
  const { status, text } = await read('/api/v1/fleet');
  expect([status, (JSON.parse(text) as FleetReport).mirrors.map((one) => one.registry)]).toEqual([200, ['near']]);
});

test.each([
  { name: 'half of a pair', given: '\ud800', shown: '?' },
  { name: 'an escape of a terminal', given: '\u001b]0;well\u0007', shown: '?]0;well?' },
])('a name with $name is shown without it', async ({ given, shown }) => {
  registry = given;
  advance(11_000);
  const { status, text } = await read('/api/v1/fleet');
  expect([status, (JSON.parse(text) as FleetReport).mirrors.map((one) => one.registry)]).toEqual([200, [shown]]);
  expect((await read('/')).status).toBe(200);
});

test.each([
  { name: 'a label that is no text', change: () => (registry = {}) },
  { name: 'a moment that is none', change: () => (seconds = 1e300) },
])('$name is no picture, and the next look is one', async ({ change }) => {
  change();
  advance(11_000);
  expect((await read('/')).status).toBe(200);
  expect((await read('/api/v1/fleet')).status).toBe(503);
  registry = 'near';
  seconds = nowMs / 1000;
  advance(11_000);
  expect((await read('/api/v1/fleet')).status).toBe(200);
});
