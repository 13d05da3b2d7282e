import { describe, expect, it } from 'vitest';
import { parseNotification } from '../../../src/api/app.ts';
import type { AlertNotification } from '../../../src/core/evidence.ts';
import { limits } from '../../../src/core/limits.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { serveFixture } from './serve-fixture.ts';
import type { Asked } from './server.ts';

const token = 'a-token-of-alertmanager';
const withToken: FixtureChange = { configWith: { alertmanager: { token: new Secret(token), repeatMs: 600_000 } } };
const right = { authorization: `Bearer ${token}` };
async function up(change: FixtureChange = withToken) {
  const made = await serveFixture(change);
  const post = (body: Asked['body'], headers: Record<string, string> = right, path = '/api/v1/alertmanager') =>
    made.ask(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
  return { ...made, post };
}

const alert = {
  status: 'firing',
  labels: { alertname: 'MirrorSlow', registry: 'a', mirror_action: 'failover' },
  annotations: { summary: 'x' },
  startsAt: '2026-11-20T08:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example.com',
  fingerprint: '0123456789abcdef',
};
const notification = (...alerts: readonly unknown[]) => ({
  receiver: 'machine',
  status: 'firing',
  alerts,
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager.example.com',
  version: '4',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
});

describe('what Alertmanager sends, read', () => {
  const startsAtMs = Date.parse('2026-11-20T08:00:00.123Z');
  const read = { fingerprint: '0123456789abcdef', status: 'firing', labels: alert.labels, startsAtMs, endsAtMs: null };
  it.each<[string, unknown, AlertNotification | string]>([
    ['a firing alert', notification(alert), { alerts: [{ ...read, status: 'firing' }], malformed: 0, truncated: 0 }],
    [
      'a resolved one ends when it says',
      notification({ ...alert, status: 'resolved', endsAt: '2026-11-20T16:30:00+08:00' }),
      {
        alerts: [{ ...read, status: 'resolved', endsAtMs: Date.parse('2026-11-20T08:30:00Z') }],
        malformed: 0,
        truncated: 0,
      },
    ],
    ['no alerts at all', notification(), { alerts: [], malformed: 0, truncated: 0 }],
    ['a group that was cut', { ...notification(), truncatedAlerts: 7 }, { alerts: [], malformed: 0, truncated: 7 }],
    [
      'nothing but what we need',
      { version: '4', alerts: [{ status: 'firing', labels: {}, startsAt: '2026-11-20T08:00:00Z', fingerprint: 'f' }] },
      {
        alerts: [
          {
            fingerprint: 'f',
            status: 'firing',
            labels: {},
            startsAtMs: Date.parse('2026-11-20T08:00:00Z'),
            endsAtMs: null,
          },
        ],
        malformed: 0,
        truncated: 0,
      },
    ],
    [
      'keys of a later release are left aside',
      { ...notification(), more: {} },
      { alerts: [], malformed: 0, truncated: 0 },
    ],
    ['another version', { ...notification(), version: '5' }, 'version'],
    ['a version that is a number', { ...notification(), version: 4 }, 'version'],
    ['no version', { alerts: [] }, 'version'],
    ['alerts that are no list', { version: '4', alerts: {} }, 'list'],
    ['a list', [], 'object'],
    ['null', null, 'object'],
    ['a text', 'x', 'object'],
    ['a cut that is no number', { ...notification(), truncatedAlerts: '7' }, 'truncated'],
    ['a cut below zero', { ...notification(), truncatedAlerts: -1 }, 'truncated'],
  ])('%s', (_name, body, want) => expect(parseNotification(body)).toEqual(want));

  it.each<[string, unknown]>([
    ['no object', 7],
    ['another status', { ...alert, status: 'pending' }],
    ['no status', { ...alert, status: undefined }],
    ['no labels', { ...alert, labels: undefined }],
    ['labels that are a list', { ...alert, labels: ['a'] }],
    ['a label that is a number', { ...alert, labels: { registry: 1 } }],
    ['no start', { ...alert, startsAt: undefined }],
    ['a start in seconds', { ...alert, startsAt: 1_700_000_000 }],
    ['a start that is no stamp', { ...alert, startsAt: '20 Nov 2026 08:00:00 GMT' }],
    ['a start that is no day', { ...alert, startsAt: '2026-13-20T08:00:00Z' }],
    ['an end that is no stamp', { ...alert, endsAt: 'soon' }],
    ['a fingerprint that is a number', { ...alert, fingerprint: 7 }],
  ])('an alert with %s is malformed, and costs the other nothing', (_name, bad) => {
    const parsed = parseNotification(notification(bad, alert));
    expect(parsed).toMatchObject({ malformed: 1, alerts: [{ fingerprint: '0123456789abcdef' }] });
  });

  it('without a fingerprint the labels are the identity, in whatever order', () => {
    const of = (labels: object) =>
      (parseNotification(notification({ ...alert, fingerprint: undefined, labels })) as AlertNotification).alerts[0]
        ?.fingerprint;
    expect(of({ a: '1', b: '2' })).toBe(of({ b: '2', a: '1' }));
    expect(of({ a: '1', b: '2' })).not.toBe(of({ a: '1', b: '3' }));
    expect(of({ a: '1' })).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('who may post alerts', () => {
  const listenToken = 'the-listen-token-of-the-test';
  const both: FixtureChange = {
    configWith: {
      alertmanager: { token: new Secret(token), repeatMs: 600_000 },
      listen: { host: '0.0.0.0', port: 1, token: new Secret(listenToken), tls: null },
    },
  };
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
  it.each<[string, FixtureChange, Record<string, string>, number]>([
    ['its own token, on loopback', withToken, right, 200],
    ['no token, on loopback', withToken, {}, 401],
    ['a wrong token', withToken, bearer('nothing'), 401],
    ['its own token as a password', withToken, { authorization: `Basic ${btoa(`x:${token}`)}` }, 401],
    ['its own token, off loopback', both, right, 200],
    ['the listen token', both, bearer(listenToken), 200],
    ['no token configured, none given', {}, {}, 401],
    ['no token configured, some given', {}, bearer('undefined'), 401],
    [
      'from another site, with the token: only who knows it can',
      withToken,
      { ...right, origin: 'https://e.example.com' },
      200,
    ],
  ])('%s', async (_name, change, headers, status) => {
    const { post, asked } = await up(change);
    expect((await post(notification(alert), headers)).status).toBe(status);
    expect(asked).toEqual(status === 200 ? ['alerts 1'] : []);
  });
  it.each(['/api/v1/Alertmanager', '/API/V1/alertmanager/', '/api/v1/alertmanager?x=1'])(
    'however the path is spelled: %s',
    async (path) => {
      const { post, asked } = await up();
      expect((await post(notification(alert), {}, path)).status).toBe(401);
      expect(asked).toEqual([]);
      expect((await post(notification(alert), right, path)).status).toBe(200);
    },
  );
  it('the refusal names the key of its token, and never the token', async () => {
    const { post } = await up();
    const { text } = await post(notification(alert), {});
    expect(JSON.parse(text)).toMatchObject({ status: 401, detail: expect.stringContaining('alertmanager.token') });
    expect(text).not.toContain(token);
  });
  it('its token opens nothing else', async () => {
    const { post } = await up(both);
    expect((await post({}, right, '/-/reload')).status).toBe(401);
    expect((await post({ reason: 'x' }, right, '/api/v1/findings/x/ack')).status).toBe(401);
  });
});

describe('what is answered', () => {
  it('every outcome by its number, and what was not sent along', async () => {
    const { post } = await up();
    const reply = await post({ ...notification(alert), truncatedAlerts: 3 });
    const outcomes = { evidence: 1, duplicate: 0, stale: 0, resolved: 0, own: 0, ignored: 0, malformed: 0 };
    expect([reply.status, reply.json()]).toEqual([200, { outcomes, truncated: 3 }]);
  });
  it.each(['queue', 'state', 'stopping'] as const)('503 where it is to come again: %s', async (because) => {
    const { post } = await up({ ...withToken, takeAlerts: async () => ({ tag: 'unavailable', because }) });
    const reply = await post(notification(alert));
    expect([reply.status, reply.json()]).toMatchObject([503, { title: 'Unavailable' }]);
  });
  it.each<[string, Asked['body'], Record<string, string>, number, string[]]>([
    ['no notification', { version: '3' }, {}, 400, ['alerts unreadable']],
    ['broken JSON', '{', { 'content-type': 'application/json' }, 400, ['alerts unreadable']],
    ['not JSON', 'x', { 'content-type': 'text/plain' }, 415, []],
    ['nothing', undefined, {}, 400, ['alerts unreadable']],
    [
      'a body larger than any notification',
      { ...notification(), padding: 'x'.repeat(limits.alertmanagerBytes) },
      {},
      413,
      ['alerts unreadable'],
    ],
    [
      'a body larger than other routes take',
      { ...notification(), padding: 'x'.repeat(limits.requestBytes) },
      {},
      200,
      ['alerts 0'],
    ],
  ])('%s', async (_name, body, headers, status, want) => {
    const { post, asked } = await up();
    expect((await post(body, { ...right, ...headers })).status).toBe(status);
    expect(asked).toEqual(want);
  });
  it('too many a minute: 503, as Alertmanager gives up on 429', async () => {
    const { post } = await up();
    for (let i = 0; i < limits.writeRequestsPerMinute; i += 1) await post(undefined, right);
    expect((await post(notification(alert))).status).toBe(503);
  });
});
