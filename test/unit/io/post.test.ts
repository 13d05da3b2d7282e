import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, Post } from '../../../src/core/notice.ts';
import { systemClock } from '../../../src/io/clock.ts';
import { createPost } from '../../../src/io/post.ts';
import { systemTimers } from '../../../src/io/timers.ts';
import { discord } from '../../../src/notify/receivers/discord.ts';
import { text } from '../../support/answer.ts';
import { startFakeChat } from '../../support/chat-service.ts';
import { patienceMs, withMoreTime } from '../../support/patience.ts';
import { startRawServer } from '../../support/raw-server.ts';
import { type ReceiverBehaviour, startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

const post: Post = createPost({ clock: systemClock, timers: systemTimers });
const loopback = ['127.0.0.0/8'];

function send(url: string, more: Partial<Parameters<Post['send']>[0]> = {}): Promise<Delivery> {
  const headers = { 'content-type': 'application/json', 'webhook-id': 'msg_1' };
  return post.send({ url, headers, body: '{"type":"mirror.spike"}', allow: loopback, timeoutMs: patienceMs, ...more });
}

describe('what a receiver does, and what becomes of the notice', () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => {
    receiver = await startWebhookReceiver();
  });
  afterEach(() => receiver.close());

  const status = (code: number, headers: Record<string, string> = {}): ReceiverBehaviour => ({
    kind: 'status',
    status: code,
    headers,
  });
  const failed = (failure: Record<string, unknown>) => ({ tag: 'failed', failure });
  const later = (code: number) => failed({ kind: 'status', status: code, retry: 'later' });
  const rows: readonly (readonly [string, ReceiverBehaviour, unknown])[] = [
    ['200', status(200), { tag: 'delivered', status: 200 }],
    ['204', status(204), { tag: 'delivered', status: 204 }],
    ['299', status(299), { tag: 'delivered', status: 299 }],
    ['400', status(400), later(400)],
    ['401', status(401), later(401)],
    ['404', status(404), later(404)],
    ['409', status(409), later(409)],
    ['410 is for good', status(410), failed({ kind: 'gone', status: 410, retry: 'never' })],
    ['429', status(429), later(429)],
    [
      '429 with seconds',
      status(429, { 'retry-after': '7' }),
      failed({ kind: 'status', status: 429, retry: { afterMs: 7_000 } }),
    ],
    [
      '503 with seconds',
      status(503, { 'retry-after': '0' }),
      failed({ kind: 'status', status: 503, retry: { afterMs: 0 } }),
    ],
    ['500 with seconds, which means nothing there', status(500, { 'retry-after': '7' }), later(500)],
    ['500', status(500), later(500)],
    ['599', status(599), later(599)],
    [
      'a redirect is never followed',
      { kind: 'redirect', location: '/other' },
      failed({ kind: 'redirect', retry: 'later' }),
    ],
    [
      'a redirect inward',
      { kind: 'redirect', location: 'http://169.254.169.254/', status: 307 },
      failed({ kind: 'redirect', retry: 'later' }),
    ],
    ['a hang', { kind: 'hang' }, failed({ kind: 'timeout', code: 'timeout', retry: 'later' })],
    ['a reset', { kind: 'reset' }, failed({ kind: 'network', code: 'ECONNRESET', retry: 'later' })],
  ];
  it.each(rows)('%s', async (_, behaviour, want) => {
    receiver.script(behaviour);
    const sent = async (more: Parameters<typeof send>[1]): Promise<void> => {
      const before = receiver.posts.length;
      expect(await send(receiver.url, more)).toEqual(want);
      expect(receiver.posts.slice(before)).toEqual([
        expect.objectContaining({
          path: '/hook',
          body: '{"type":"mirror.spike"}',
          headers: expect.objectContaining({
            'content-type': 'application/json',
            'webhook-id': 'msg_1',
            'content-length': '23',
          }),
        }),
      ]);
    };
    if (behaviour.kind === 'hang') await withMoreTime(300, (timeoutMs) => sent({ timeoutMs }));
    else await sent({});
  });

  it('a receiver that is down', async () => {
    await receiver.kill();
    expect(await send(receiver.url)).toEqual(failed({ kind: 'network', code: 'ECONNREFUSED', retry: 'later' }));
  });

  it('the body arrives byte by byte as it was signed', async () => {
    const body = JSON.stringify({ text: '镜像 "é" \u2028', pad: 'x'.repeat(100_000) });
    await send(receiver.url, { body });
    expect(receiver.posts[0]?.body).toBe(body);
  });

  it('credentials in the URL go as basic', async () => {
    await send(receiver.url.replace('://', '://u%40:p%3A@'));
    expect(receiver.posts[0]?.headers.authorization).toBe(`Basic ${btoa('u@:p:')}`);
  });

  it.each([
    ['a literal', (port: number) => `http://127.0.0.1:${port}/hook`],
    ['a mapped literal', (port: number) => `http://[::ffff:127.0.0.1]:${port}/hook`],
    ['a name that resolves inward', (port: number) => `http://localhost:${port}/hook`],
  ])('nothing goes inward unless allowed: %s', async (_, url) => {
    const refused = failed({
      kind: 'forbidden_target',
      address: expect.stringMatching(/127\.0\.0\.1|::1|7f00:1/),
      retry: 'later',
    });
    expect(await send(url(receiver.port), { allow: [] })).toEqual(refused);
    expect(await send(url(receiver.port), { allow: ['10.0.0.0/8', '::1/128'] })).toEqual(refused);
    expect(receiver.posts).toEqual([]);
  });

  it('a long message is delivered where its service says all of it again', async () => {
    const service = await startFakeChat('discord', null);
    const embed = { title: 'a', color: 1, description: '镜'.repeat(4_000) };
    const sent = await send(discord.urlOf?.(service.url) ?? '', {
      body: JSON.stringify({ content: 'a', embeds: [embed], allowed_mentions: { parse: [] } }),
      refusalIn: discord.refusalIn,
    });
    await service.close();
    expect(service.posts[0]?.mistakes).toEqual([]);
    expect(sent).toEqual({ tag: 'delivered', status: 200 });
  });

  it('a name is allowed by the address it resolves to', async () => {
    const answer = await send(`http://localhost:${receiver.port}/hook`, { allow: ['127.0.0.0/8', '::1'] });
    expect(answer).toEqual({ tag: 'delivered', status: 204 });
  });

  it.each(['nonsense', 'ftp://127.0.0.1/', ''])('a URL that is none: "%s"', async (url) =>
    expect(await send(url)).toMatchObject(failed({ kind: 'network', code: 'ERR_INVALID_URL' })),
  );
});

describe('a receiver that talks too much', () => {
  const notAllowed = { tag: 'failed', failure: { kind: 'status', status: 405, retry: 'later' } } as const;
  const rows = [
    // The scripted server says 405 to a POST; what matters is that its status counts and its body does not.
    ['a huge answer', { kind: 'endless-body' }, notAllowed],
    ['a body that trickles', { kind: 'trickle-body', everyMs: 50 }, notAllowed],
    [
      'headers without end',
      { kind: 'endless-headers' },
      { tag: 'failed', failure: { kind: 'network', code: 'MW_HEAD_TOO_LARGE', retry: 'later' } },
    ],
  ] as const;
  it.each(rows)('%s', async (_, fault, want) => {
    const server = await startRawServer({ answer: () => text(200, 'ok') });
    await server.setFault(fault);
    const sent = async (more: Parameters<typeof send>[1]): Promise<void> =>
      expect(await send(`${server.url}/`, more)).toEqual(want);
    if (fault.kind === 'trickle-body') await withMoreTime(300, (timeoutMs) => sent({ timeoutMs }));
    else await sent({});
    await server.close();
  });
});

describe('TLS towards a receiver', async () => {
  const server = await startRawServer({ answer: () => text(200, 'ok'), tls: true });
  const url = server.url;
  const close = server.close;
  afterAll(() => close());

  it('is verified', async () =>
    expect(await send(url)).toEqual({
      tag: 'failed',
      failure: { kind: 'tls', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', retry: 'later' },
    }));
});

describe('a receiver whose name changes its address', () => {
  const { lookup } = dns;
  let address = '';
  beforeAll(() => {
    const fake = (host: string, options: object, done: (error: null, ...found: [string, number]) => void) =>
      host === 'hook.example.com'
        ? done(null, address, address.includes(':') ? 6 : 4)
        : (lookup as (...all: unknown[]) => void)(host, options, done);
    dns.lookup = fake as unknown as typeof dns.lookup;
    syncBuiltinESMExports();
  });
  afterAll(() => {
    dns.lookup = lookup;
    syncBuiltinESMExports();
  });

  it('gets nothing at an inner address, each time its name is resolved', async () => {
    const receiver = await startWebhookReceiver();
    const { port } = new URL(receiver.url);
    const ends: unknown[] = [];
    for (address of ['127.0.0.1', '127.0.0.2', '10.0.0.1', '169.254.169.254', '::1', 'fd00:ec2::254', '127.0.0.1']) {
      const end = await send(`http://hook.example.com:${port}/`, { allow: ['127.0.0.1'] });
      ends.push([address, end.tag === 'failed' ? end.failure.kind : end.tag]);
    }
    await receiver.close();
    const refused = ['127.0.0.2', '10.0.0.1', '169.254.169.254', '::1', 'fd00:ec2::254'];
    expect(ends).toEqual([
      ['127.0.0.1', 'delivered'],
      ...refused.map((one) => [one, 'forbidden_target']),
      ['127.0.0.1', 'delivered'],
    ]);
    expect(receiver.posts).toHaveLength(2);
  });
});
