import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeChat, startFakeChat } from '../support/chat-service.ts';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { stateDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';

const secret = 'a secret of these bots alone';

real('people in their chats', [], () => {
  let mirrors: readonly FakeMirror[];
  let feishu: FakeChat;
  let dingtalk: FakeChat;
  let discord: FakeChat;
  let dir: string;
  let daemon: DaemonProcess | null = null;

  beforeEach(async () => {
    dir = stateDir('chats');
    mirrors = [await startFakeMirror(), await startFakeMirror(), await startFakeMirror()];
    feishu = await startFakeChat('feishu', secret);
    dingtalk = await startFakeChat('dingtalk', secret);
    discord = await startFakeChat('discord', null);
  });
  afterEach(async () => {
    await daemon?.close();
    await Promise.all([feishu.close(), dingtalk.close(), discord.close(), ...mirrors.map((mirror) => mirror.close())]);
  });

  const chatOf = (format: string, { url }: FakeChat): string =>
    `  - { name: ${format}, format: ${format}, url: "${url}", secrets: [ "${secret}" ], lang: zh, group: 500ms, on: [ outage, recovery ], allow: [ 127.0.0.0/8 ] }`;
  // Seconds later the mirror may be unreliable too, and then its outage ends only after two minutes without a failure.
  const yaml = (): string => `
vantage: chats
schedule: { every: 500ms, timeout: 30s, perHost: 4 }
detect: { outage: { over: 1s } }
mirrors:
${mirrors.map(({ url }, at) => `  - { name: m${at}, ecosystem: go, url: "${url}", weight: ${100 - at} }`).join('\n')}
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: "off" }
webhooks:
${chatOf('feishu', feishu)}
${chatOf('dingtalk', dingtalk)}
  - { name: discord, format: discord, url: "${discord.url}", lang: zh, group: 500ms, on: [ outage, recovery ], allow: [ 127.0.0.0/8 ] }
`;
  const measured = ({ metrics, log }: Awaited<ReturnType<typeof startDaemon>>) =>
    until(
      'measured well enough',
      metrics,
      (all) =>
        (all.get(
          'mirror_probe_attempts_total{ecosystem="go",registry="m0",module="example.com/hello",version="v1.0.0",step="mod"}',
        ) ?? 0) >= 6,
      { help: log },
    );
  const refsOf = (body: string): string[] => [...body.matchAll(/#([0-9a-z]{6})\b/g)].map(([, ref = '']) => ref);
  const texts = ({ posts }: FakeChat): string => posts.map(({ body }) => body).join('\n');

  test('queued messages survive kill -9 with the same references; an end names the message about the beginning, in Discord changes it', async () => {
    // Neither takes anything yet, and each says so in its own way.
    const no = Array.from({ length: 500 });
    feishu.script(...no.map(() => ({ status: 200, body: '{"code":19024,"msg":"Key Words Not Found"}' })));
    dingtalk.script(...no.map(() => ({ status: 500, body: '' })));
    const first = await startDaemon({ dir, yaml: yaml() });
    daemon = first;
    await measured(first);
    await mirrors[0]?.kill();
    for (const chat of [feishu, dingtalk])
      await until(
        'a card of the outage was tried',
        () => texts(chat),
        (all) => all.includes('m0 发生故障'),
        { help: first.log },
      );
    // Discord takes its message at once.
    await until(
      'its delivery is stored',
      first.metrics,
      (all) => all.get('mirrorwatch_webhook_deliveries_total{receiver="discord",outcome="delivered"}') === 1,
      { help: first.log },
    );
    expect(texts(discord)).toContain('m0 发生故障');
    await first.kill();
    const tried = new Set([feishu, dingtalk].flatMap(({ posts }) => posts.flatMap(({ body }) => refsOf(body))));
    feishu.script();
    dingtalk.script();
    const before = [feishu.posts.length, dingtalk.posts.length];
    const second = await startDaemon({ dir, yaml: yaml() });
    daemon = second;
    const taken = (chat: FakeChat, from: number) => chat.posts.slice(from).flatMap(({ body }) => refsOf(body));
    await until(
      'all of it is told',
      () => [...taken(feishu, before[0] ?? 0), ...taken(dingtalk, before[1] ?? 0)],
      (told) => [...tried].every((ref) => told.includes(ref)),
      { help: second.log },
    );
    await mirrors[0]?.revive();
    for (const chat of [feishu, dingtalk])
      await until(
        'its end is told, and refers to a card',
        () => texts(chat),
        (all) => {
          const [, ref] = /已结束：m0 的故障[\s\S]*?消息 #([0-9a-z]{6})/.exec(all) ?? [];
          return ref !== undefined && refsOf(all.slice(0, all.indexOf('已恢复'))).includes(ref);
        },
        { help: second.log },
      );
    await until(
      'its end in Discord',
      () => texts(discord),
      (all) => all.includes('已结束：m0 的故障'),
      { help: second.log },
    );
    const calls = discord.posts.map(({ method, path }) => `${method} ${path.replace(/^.*(?=\?)/, '')}`);
    expect(calls).toEqual(['POST ?wait=true', 'POST ?wait=true']);
    expect([...feishu.posts, ...dingtalk.posts, ...discord.posts].flatMap(({ mistakes }) => mistakes)).toEqual([]);
    expect(`${first.log()}${second.log()}`).not.toMatch(/tok3n|a secret of these/);
  });
});
