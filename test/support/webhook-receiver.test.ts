import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWebhookReceiver, verifyPost, type WebhookReceiver } from './webhook-receiver.ts';

let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.close());

const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
const body = JSON.stringify({ type: 'mirror.spike' });

function signed(withSecret = secret): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': `${Math.floor(now.getTime() / 1000)}`,
    'webhook-signature': new Webhook(withSecret).sign('msg_1', now, body),
  };
}

const post = (headers: Record<string, string> = {}, signal: AbortSignal | null = null): Promise<number | string> =>
  fetch(receiver.url, { method: 'POST', body, headers, redirect: 'manual', signal }).then(
    (response) => response.status,
    (error: Error) => (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.name,
  );

test('a post is kept, and its signature verified by the package of others', async () => {
  expect(await post(signed())).toBe(204);
  const [kept] = await receiver.waitFor(1);
  if (kept === undefined) throw new Error('no post');
  expect([kept.path, kept.body]).toEqual(['/hook', body]);
  expect(verifyPost(kept, secret)).toEqual({ type: 'mirror.spike' });
  expect(() => verifyPost(kept, `whsec_${Buffer.from('another secret, as long !').toString('base64')}`)).toThrow();
  expect(() => verifyPost({ ...kept, body: `${body} ` }, secret)).toThrow();
  expect(() => verifyPost({ ...kept, headers: {} }, secret)).toThrow();
});

test('the script is followed to its last line, and that one stays', async () => {
  receiver.script(
    { kind: 'status', status: 503, headers: { 'retry-after': '3' } },
    { kind: 'redirect', location: 'http://10.0.0.1/' },
    { kind: 'reset' },
    { kind: 'hang' },
    { kind: 'status', status: 410 },
  );
  const seen: (number | string)[] = [];
  for (let i = 0; i < 3; i += 1) seen.push(await post());
  const hung = new AbortController();
  const pending = post({}, hung.signal);
  await receiver.waitFor(4);
  hung.abort();
  seen.push(await pending, await post(), await post());
  // A reset during the answer has one of two codes in undici.
  const codes = seen.map((one) => (one === 'UND_ERR_SOCKET' ? 'ECONNRESET' : one));
  expect(codes).toEqual([503, 302, 'ECONNRESET', 'AbortError', 410, 410]);
  expect(receiver.posts.length).toBe(6);
});

test('it dies and comes back on its port, and says when too few posts came', async () => {
  await receiver.kill();
  expect(await post()).toBe('ECONNREFUSED');
  await receiver.revive();
  expect(await post()).toBe(204);
  await expect(receiver.waitFor(2, 1)).rejects.toThrow('want 2 posts within 1 ms, got 1');
});
