import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { signature } from '../../../src/notify/receivers/standard.ts';
import { finding, receiver, Stage, secret } from './stage.ts';

const other = `whsec_${Buffer.from('another secret of some more bytes').toString('base64')}`;
const stranger = `whsec_${Buffer.from('a secret that nobody signed with').toString('base64')}`;

describe('signature', () => {
  it('is the one of the specification', () => {
    const signed = signature(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    );
    expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('takes a secret without its prefix', () =>
    expect(signature(secret.slice('whsec_'.length), 'm', 1, 'b')).toBe(signature(secret, 'm', 1, 'b')));
});

describe('a message', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-03-01T00:00:00.000Z') });
  });
  afterEach(() => vi.useRealTimers());

  function message(secrets: readonly string[]) {
    const stage = new Stage([receiver('ops', { secrets: secrets.map((one) => new Secret(one)) })]);
    stage.open(finding('spike', 'a'));
    const [sent] = stage.send();
    if (sent === undefined) throw new Error('nothing due');
    return sent.message;
  }

  it('is verified by the library with each secret of the receiver, by none with another', () => {
    const { headers, body } = message([secret, other]);
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const one of [secret, other])
      expect(new Webhook(one).verify(body, headers)).toMatchObject({
        type: 'mirror.spike',
        data: { subject: 'spike/a' },
      });
    expect(() => new Webhook(stranger).verify(body, headers)).toThrow('No matching signature found');
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature found');
  });

  it('is verified by the example of the documentation', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/webhooks.md'), 'utf8');
    const code = page.split('```js\n')[1]?.split('```')[0] ?? '';
    const { verify } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      verify: (secret: string, headers: Readonly<Record<string, string>>, body: string, nowSeconds?: number) => unknown;
    };
    const { headers, body } = message([secret, other]);
    const at = Number(headers['webhook-timestamp']);
    expect(verify(other, headers, body, at)).toMatchObject({ type: 'mirror.spike' });
    expect(() => verify(stranger, headers, body, at)).toThrow('not signed with this secret');
    expect(() => verify(secret, headers, body, at + 301)).toThrow('too old');
    expect(() => verify(secret, { ...headers, 'webhook-id': 'x' }, body, at)).toThrow('not signed');
  });

  it('carries what Post needs, and the secret URL nowhere else', () => {
    const { url, headers, body, allow, timeoutMs } = message([secret]);
    expect({ url, allow, timeoutMs }).toEqual({
      url: 'https://hooks.example.com/ops?key=hunter2',
      allow: ['10.0.0.0/8'],
      timeoutMs: 10_000,
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'msg-1',
      'webhook-timestamp': '1772323200',
    });
    expect(JSON.stringify(headers) + body).not.toContain('hunter2');
    expect(JSON.stringify(headers) + body).not.toContain(secret);
  });

  it('is signed anew for each attempt, under the same id', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(finding('spike', 'a'));
    const [first] = stage.send();
    if (first)
      stage.end(first.notice, { tag: 'failed', failure: { kind: 'timeout', code: 'ETIMEDOUT', retry: 'later' } });
    stage.pass(5_000);
    const [second] = stage.send();
    expect(second?.message.headers['webhook-id']).toBe(first?.message.headers['webhook-id']);
    expect(second?.message.headers['webhook-timestamp']).toBe('1772323205');
    expect(second?.message.body).toBe(first?.message.body);
    expect(() => new Webhook(secret).verify(second?.message.body ?? '', second?.message.headers ?? {})).not.toThrow();
  });

  it('can be tried by hand, without queueing', () => {
    const stage = new Stage([receiver('ops')]);
    const tried = stage.notifier.test('ops', stage.at);
    expect(JSON.parse(tried?.notice.body ?? '')).toEqual({
      type: 'mirror.self',
      timestamp: '2026-03-01T00:00:00.000Z',
      data: {
        seq: 1,
        subject: 'self/test',
        vantage: 'test',
        text: 'Sent manually as a test. Real messages have the same format.',
      },
    });
    expect(new Webhook(secret).verify(tried?.message.body ?? '', tried?.message.headers ?? {})).toBeDefined();
    expect(stage.send()).toEqual([]);
    expect(stage.notifier.test('nobody', stage.at)).toBeNull();
  });
});
