import { describe, expect, it } from 'vitest';
import { createBuckets } from '../../../src/api/buckets.ts';
import { limits } from '../../../src/core/limits.ts';
import { Secret } from '../../../src/core/secret.ts';
import { nowMs } from './fixture-config.ts';
import { serveFixture } from './serve-fixture.ts';
import type { Asked } from './server.ts';

const rates = {
  page: limits.pageRequestsPerMinute,
  lists: limits.listRequestsPerMinute,
  remedy: limits.remedyRequestsPerMinute,
  writes: limits.writeRequestsPerMinute,
} as const;
const examples: readonly (readonly [keyof typeof rates, string, Asked])[] = [
  ['page', '/page.css', {}],
  ['lists', '/api/v1/advice?limit=x', {}],
  ['remedy', '/api/v1/advice/go/remedy?as=x', {}],
  ['writes', '/api/v1/findings/x/ack', { method: 'POST' }],
];

describe('rate', () => {
  it.each(examples)(
    'of %s: a minute of them passes, the next does not, and they fill up again evenly',
    async (name, path, asked) => {
      const { ask, setNow } = await serveFixture();
      const rate = rates[name];
      for (let done = 0; done < rate; done += 50)
        for (const { status } of await Promise.all(Array.from({ length: 50 }, () => ask(path, asked))))
          expect(status).not.toBe(429);
      const refused = await ask(path, asked);
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
      for (const [other, at, how] of examples)
        if (other !== name) expect([other, (await ask(at, how)).status === 429]).toEqual([other, false]);
      for (const open of ['/metrics', '/-/healthy', '/-/ready']) expect((await ask(open)).status).toBe(200);
      setNow(nowMs + 60_000 / rate);
      expect((await ask(path, asked)).status).not.toBe(429);
      expect((await ask(path, asked)).status).toBe(429);
    },
    60_000,
  );

  it('unauthorized requests use no other client’s share, get 429, and lock out no client', async () => {
    const token = 'a-token-of-the-test';
    const listen = { host: '0.0.0.0', port: 1, token: new Secret(token), tls: null };
    const { ask, setNow } = await serveFixture({ configWith: { listen } });
    const headers = { authorization: `Bearer ${token}` };
    const statuses = new Map<number, number>();
    for (let i = 0; i < limits.refusedRequestsPerMinute + 10; i += 1) {
      const { status } = await ask('/', { headers: { authorization: 'Bearer guess' } });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([
      [401, limits.refusedRequestsPerMinute],
      [429, 10],
    ]);
    expect((await ask('/', { headers })).status).toBe(200);
    expect((await ask('/metrics')).status).toBe(429);
    setNow(nowMs + 60_000);
    expect((await ask('/')).status).toBe(401);
  });

  it('Alertmanager, by its own token, has a share of its own', async () => {
    const token = 'a-token-of-the-test';
    const { ask } = await serveFixture({
      configWith: {
        listen: { host: '0.0.0.0', port: 1, token: new Secret(token), tls: null },
        alertmanager: { token: new Secret('another'), repeatMs: 60_000 },
      },
    });
    const write: Asked = { method: 'POST', headers: { authorization: `Bearer ${token}` } };
    for (let i = 0; i < limits.writeRequestsPerMinute; i += 1) await ask('/api/v1/findings/x/ack', write);
    expect((await ask('/api/v1/findings/x/ack', write)).status).toBe(429);
    const alert: Asked = { method: 'POST', headers: { authorization: 'Bearer another' }, body: {} };
    expect((await ask('/api/v1/alertmanager', alert)).status).toBe(400);
  });
});

describe('clients that are counted apart', () => {
  it('each has its own share; past the bound the others have one together, until some have theirs whole again', () => {
    let now = 0;
    const buckets = createBuckets(2, () => now);
    for (let i = 0; i < limits.clientsCounted; i += 1) expect(buckets.take(`c${i}`)).toBeNull();
    expect([buckets.take('x'), buckets.take('y'), buckets.take('z')]).toEqual([null, null, 30]);
    expect([buckets.take('c1'), buckets.take('c1')]).toEqual([null, 30]);
    now = 45_000;
    expect([buckets.take('c2'), buckets.take('x')]).toEqual([null, null]);
    now = 60_000;
    expect([buckets.take('new'), buckets.take('new'), buckets.take('new')]).toEqual([null, null, 30]);
  });
});

describe('bodies', () => {
  const reason = (bytes: number): Asked => ({ method: 'POST', body: { reason: 'x'.repeat(bytes) } });
  const json = { 'content-type': 'application/json' };
  const post = (body: object): Asked => ({ method: 'POST', body: body as Record<string, unknown> });
  const [ack, dismiss, pause] = ['/findings/x/ack', '/advice/x/dismiss', '/mirrors/coast/pause'];
  const noText = 'reason must be a text of 1 to 500 characters';
  const notJson = 'Send the body as JSON, with content-type: application/json.';
  const noTime = 'the value of `for` must be a duration of at most 30d, such as "2h"';
  const noPause = 'the value of `for` must be a duration of at most 30d, such as "1h"; "0s" resumes the mirror';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const odd = { 'content-type': 'application/json; charset=x-none' };
  it.each<[string, string, Asked, number, string]>([
    ['as large as allowed is read (and its reason is too long)', ack, reason(limits.requestBytes - 13), 400, noText],
    [
      'a byte larger is not',
      ack,
      reason(limits.requestBytes - 12),
      413,
      'The request body is larger than this route accepts.',
    ],
    ['broken JSON', ack, { method: 'POST', body: '{', headers: json }, 400, 'the request cannot be read'],
    [
      'a JSON text that is no object',
      ack,
      { method: 'POST', body: '"reason"', headers: json },
      400,
      'the request cannot be read',
    ],
    ['a list', ack, { method: 'POST', body: '[1]', headers: json }, 400, noText],
    ['a form', ack, { method: 'POST', body: 'reason=x', headers: form }, 415, notJson],
    ['no content type', ack, { method: 'POST', body: '{"reason":"x"}' }, 415, notJson],
    ['an unknown charset', ack, { method: 'POST', body: '{}', headers: odd }, 415, notJson],
    ['nothing at all', ack, { method: 'POST' }, 400, noText],
    ['a blank reason', ack, post({ reason: '  ' }), 400, noText],
    ['a reason of 501 characters', ack, reason(501), 400, noText],
    ['a silence about an advice without a time', dismiss, post({ reason: 'x' }), 400, noTime],
    ['a silence about an advice of 0 s', dismiss, post({ for: '0s', reason: 'x' }), 400, noTime],
    ['a silence about an advice past 30 days', dismiss, post({ for: '721h', reason: 'x' }), 400, noTime],
    ['a silence about an advice of a number', dismiss, post({ for: 7200, reason: 'x' }), 400, noTime],
    ['a silence about an advice without a reason', dismiss, post({ for: '2h' }), 400, noText],
    ['a silence about an advice with a blank reason', dismiss, post({ reason: ' ', for: '2h' }), 400, noText],
    ['a silence about an advice with a number as reason', dismiss, post({ reason: 1, for: '2h' }), 400, noText],
    [
      'a silence about an advice with a long reason',
      dismiss,
      post({ reason: 'x'.repeat(501), for: '2h' }),
      400,
      noText,
    ],
    ['no length of a pause', pause, post({}), 400, noPause],
    ['a pause that is a number', pause, post({ for: 60 }), 400, noPause],
    ['a pause past 30 days', pause, post({ for: '721h' }), 400, noPause],
    [
      'a reason of a pause that is no text',
      pause,
      post({ for: '1h', reason: 1 }),
      400,
      'reason must be a text of at most 500 characters',
    ],
  ])('%s', async (_name, path, asked, status, detail) => {
    const { ask, asked: done } = await serveFixture();
    const reply = await ask(`/api/v1${path}`, asked);
    expect([reply.status, (reply.json() as { detail: string }).detail]).toEqual([status, detail]);
    expect(done).toEqual([]);
  });
});

it.each<[string, string, object | undefined, number, string]>([
  ['accept', `/advice/0c9x2k6advice0go0000/accept`, undefined, 200, 'accept 0c9x2k6advice0go0000'],
  ['accept of what is not known', '/advice/nope/accept', undefined, 404, 'accept nope'],
  ['accept of what is over', '/advice/settled/accept', undefined, 409, 'accept settled'],
  [
    'dismiss takes the reason without blanks around it',
    '/advice/0c9x2k6advice0go0000/dismiss',
    { for: '2h', reason: ' on purpose ' },
    200,
    'dismiss 0c9x2k6advice0go0000 7200000 on purpose',
  ],
  [
    'dismiss for thirty days',
    '/advice/0c9x2k6advice0go0000/dismiss',
    { for: '30d', reason: 'x' },
    200,
    'dismiss 0c9x2k6advice0go0000 2592000000 x',
  ],
  ['dismiss of what is not known', '/advice/nope/dismiss', { for: '1m', reason: 'x' }, 404, 'dismiss nope 60000 x'],
  ['dismiss of what is over', '/advice/settled/dismiss', { for: '1m', reason: 'x' }, 409, 'dismiss settled 60000 x'],
  [
    'ack takes the reason without blanks around it',
    '/findings/0c9x2k5spike0coast00/ack',
    { reason: ' known ' },
    200,
    'ack 0c9x2k5spike0coast00: known',
  ],
  ['ack of what is not known', '/findings/nope/ack', { reason: 'known' }, 404, 'ack nope: known'],
  ['pause', '/mirrors/coast/pause', { for: '1h', reason: 'moved' }, 200, 'pause coast 3600000 moved'],
  ['pause of thirty days', '/mirrors/coast/pause', { for: '30d' }, 200, 'pause coast 2592000000 '],
  ['resume', '/mirrors/coast/pause', { for: '0s' }, 200, 'pause coast 0 '],
  ['pause of a mirror that is not known', '/mirrors/nope/pause', { for: '1m' }, 404, 'pause nope 60000 '],
])('actions: %s', async (_name, path, body, status, act) => {
  const { ask, asked } = await serveFixture();
  const reply = await ask(`/api/v1${path}`, body === undefined ? { method: 'POST' } : { method: 'POST', body });
  expect(reply.status).toBe(status);
  expect(asked).toEqual([act]);
});

describe('methods', () => {
  it.each([
    ['PUT', '/', 'GET, HEAD'],
    ['POST', '/metrics', 'GET, HEAD'],
    ['GET', '/-/reload', 'POST'],
    ['DELETE', '/api/v1/mirrors', 'GET, HEAD'],
    ['GET', '/api/v1/advice/x/accept', 'POST'],
    ['GET', '/api/v1/advice/x/dismiss', 'POST'],
    ['POST', '/api/v1/advice/go/remedy', 'GET, HEAD'],
    ['PATCH', '/api/v1/mirrors/coast/pause', 'POST'],
  ])('%s %s is 405 and says what is taken', async (method, path, allow) => {
    const { ask } = await serveFixture();
    const reply = await ask(path, { method });
    expect([reply.status, reply.headers.allow]).toEqual([405, allow]);
  });
  it.each(['/', '/metrics', '/api/v1/mirrors', '/api/v1/events', '/-/ready'])('HEAD %s has no body', async (path) => {
    const { ask, listeners } = await serveFixture();
    const reply = await ask(path, { method: 'HEAD' });
    expect([reply.status, reply.bytes.length, listeners()]).toEqual([200, 0, 0]);
  });
});

describe('mistakes of ours', () => {
  it('are 500 without a word of the cause, which goes to the log', async () => {
    const cause = new Error('inner words');
    const { ask, defects } = await serveFixture({
      standings: () => {
        throw cause;
      },
    });
    const reply = await ask('/api/v1/mirrors');
    expect([reply.status, reply.headers['content-type']]).toEqual([500, 'application/problem+json; charset=utf-8']);
    expect(reply.text).not.toContain('inner words');
    expect(defects).toEqual([cause]);
  });
  it('also when the work was under way', async () => {
    const { ask, defects } = await serveFixture({ reload: () => Promise.reject(new Error('inner words')) });
    expect((await ask('/-/reload', { method: 'POST' })).status).toBe(500);
    expect(defects).toHaveLength(1);
  });
});
