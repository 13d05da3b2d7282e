import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ChatFormat } from '../../../src/core/receiver-format.ts';
import { type ChatAnswer, chatToken, type FakeChat, startFakeChat } from '../../support/chat-service.ts';
import { closeAtEnd } from '../../support/closing.ts';
import { tempDir } from '../../support/paths.ts';
import { type Ran, run } from './run-program.ts';

const secrets: Readonly<Record<ChatFormat, string | null>> = {
  slack: null,
  discord: null,
  feishu: 'the s3cret of a bot',
  dingtalk: 'SECthe-s3cret-of-a-robot',
  wecom: null,
};
const formats = Object.keys(secrets) as ChatFormat[];
const isSecret = new RegExp(`${chatToken}|s3cret`);

let service: FakeChat;

function fileWith(receiver: string): string {
  const file = join(tempDir('chats'), 'mirrorwatch.yaml');
  writeFileSync(
    file,
    `
vantage: here
mirrors:
  - { name: east, ecosystem: go, url: "https://east.example.com" }
  - { name: north, ecosystem: go, url: "https://north.example.com/goproxy" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
private: { go: [ "git.example.com/*" ] }
webhooks:
  - { name: ops, url: "https://ops.example.com", secrets: [ "whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}" ] }
  - ${receiver}
`,
  );
  return file;
}

const chatLine = (format: ChatFormat, secret: string | null, url: string, more = ''): string =>
  `{ name: chat, format: ${format}, url: "${url}", allow: [ 127.0.0.0/8 ]${secret === null ? '' : `, secrets: [ "${secret}" ]`}${more} }`;

describe.each(formats)('webhook test: %s', (format) => {
  async function tested(answer: ChatAnswer | null, secret = secrets[format]): Promise<Ran> {
    service = closeAtEnd(await startFakeChat(format, secrets[format]));
    if (answer !== null) service.script(answer);
    return run(['webhook', 'test', 'chat', '--config', fileWith(chatLine(format, secret, service.url))]);
  }

  test('a card that the service takes: its schema, its limits, its signature', async () => {
    const ran = await tested(null);
    expect([ran.code, ran.out, ran.err]).toEqual([0, 'chat: delivered, HTTP status 200', '']);
    expect(service.posts.map(({ mistakes }) => mistakes)).toEqual([[]]);
    expect(service.posts[0]?.body).toContain('mirrorwatch test message');
  });

  const unreadable = 'the response is not in the format of this chat service';
  /** What is said of an answer, and what of some services alone. */
  test.each<[string, ChatAnswer, string, Partial<Readonly<Record<ChatFormat, string>>>?]>([
    [
      'a failure in an answer of 200',
      { status: 200, body: '{"code":19024,"errcode":310000,"msg":"no","errmsg":"no"}' },
      `${unreadable}: check \`format\` and the URL; a running daemon would retry`,
      {
        feishu:
          'the receiver refused the message with code 19024 (the message lacks a required keyword); a running daemon',
        dingtalk:
          'the receiver refused the message with code 310000 (the signature or its time is wrong, a keyword is missing, or the address of this host',
        wecom: 'the receiver refused the message with code 310000',
      },
    ],
    [
      'too fast, as each says it',
      {
        status: 200,
        body: {
          slack: '',
          discord: '',
          feishu: '{"code":11232}',
          dingtalk: '{"errcode":130101}',
          wecom: '{"errcode":45009}',
        }[format],
      },
      unreadable,
      {
        feishu:
          'the receiver refused the message with code 11232 (too many messages); a running daemon would retry after 60 s',
        dingtalk:
          'the receiver refused the message with code 130101 (too many messages: the limit is 20 a minute); a running daemon would retry after 600 s',
        wecom:
          'the receiver refused the message with code 45009 (too many messages: the limit is 20 a minute); a running daemon would retry after 60 s',
      },
    ],
    ['an answer that says nothing of success', { status: 200, body: `<html>${chatToken}</html>` }, unreadable],
    [
      '429 with a wish',
      { status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } },
      'HTTP status 429; a running daemon would retry after 30 s',
    ],
    [
      'a status with a word',
      { status: 404, body: 'no_service' },
      'HTTP status 404',
      {
        slack:
          'the receiver refused the message with code no_service (the webhook was disabled or deleted); a running daemon would retry',
      },
    ],
  ])('%s is a failure, said in words, nothing of its URL repeated', async (_, answer, usual, own) => {
    const ran = await tested(answer);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain(`chat: not delivered: ${own?.[format] ?? usual}`);
    expect(ran.err).not.toMatch(isSecret);
    expect(ran.err).not.toMatch(/127\.0|[{}"<>]/);
  });

  test('another secret than its own is seen by the service', async () => {
    if (secrets[format] === null) {
      const ran = await run([
        'webhook',
        'test',
        'chat',
        '--config',
        fileWith(chatLine(format, 'x', 'https://c.example.com')),
      ]);
      expect([ran.code, ran.err.includes(`${format} checks no signature`)]).toEqual([2, true]);
      return;
    }
    const ran = await tested(null, 'another s3cret');
    expect([ran.code, service.posts[0]?.mistakes]).toEqual([1, ['not signed']]);
    expect(ran.err).toMatch(/the signature (or its time )?is wrong/);
    expect(ran.err).not.toMatch(isSecret);
  });
});

test.each([
  ['preview of 1.0', ['preview', 'chat', '--json'], 'mirrorwatch webhook: `preview` has ended'],
  ['a test of nobody', ['test', 'nobody'], "mirrorwatch: no webhook is named 'nobody'; configured webhooks: ops, chat"],
])('webhook: %s: 2', async (_, argv, said) => {
  const file = fileWith(chatLine('slack', null, 'https://c.example.com'));
  const ran = await run(['webhook', ...argv, '--config', file]);
  expect([ran.code, ran.out, ran.err.startsWith(said)], ran.err).toEqual([2, '', true]);
});
