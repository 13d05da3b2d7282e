import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { phrase } from '../../../src/words/tell.ts';
import { tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { fixtureAdvice } from '../api/fixture-advice.ts';
import { fixture } from '../api/fixture-deps.ts';
import { serve } from '../api/server.ts';
import { englishLeft } from './english-left.ts';
import { type Ran, run } from './run-program.ts';

/** Nobody listens there. */
const nobody = 'http://127.0.0.1:1';
const advice = {
  id: 'a1',
  state: 'proposed',
  ecosystem: 'go',
  upstream: 'go',
  from: 'near',
  cause: 'outage',
  refusal: null,
  reason: 'near is in outage (refused): 5 of its last 8 canary answers failed; far answered 8 of 8.',
  expected: {
    availability: { before: 0.375, after: 1 },
    fetchCostSeconds: { before: 41, after: 0.31 },
    p95Seconds: { before: null, after: 0.42 },
  },
  expiresAt: '2026-03-02T09:00:00.000Z',
  remedy: { env: "export GOPROXY='https://far.example.com,direct'" },
  rollback: "export GOPROXY='https://near.example.com,direct'",
  doesNotCover: [
    'A GOPROXY set in the environment, a CI file or a container image overrides `go env -w`.',
    'mirrorwatch has not yet measured whether far relays the checksum database.',
  ],
};
const sentences = {
  doesNotCover: [phrase('note.goWins'), phrase('note.relay', { mirror: 'far', relay: phrase('relay.checksums') })],
  rollback: null,
};
const closers: (() => void)[] = [];
let dir = '';
let daemon = '';

beforeEach(async () => {
  dir = tempDir('chinese');
  writeFileSync(
    join(dir, 'mirrorwatch.yaml'),
    JSON.stringify({
      vantage: 'ci',
      mirrors: [
        { name: 'near', ecosystem: 'go', url: nobody },
        { name: 'far', ecosystem: 'go', url: 'http://127.0.0.1:2' },
      ],
      modules: { go: ['rsc.io/quote@v1.5.2'] },
      webhooks: [{ name: 'ops', url: nobody, secrets: [`whsec_${'A'.repeat(40)}`], allow: ['127.0.0.0/8'] }],
      state: { path: 'state.db' },
    }),
  );
  const answers: Readonly<Record<string, unknown>> = {
    '/api/v1/advice': {
      advice: [advice, { ...advice, state: 'refused', refusal: 'no_candidate' }],
      sentences: { a1: sentences },
    },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ''];
    response.statusCode = answer === undefined && request.method === 'GET' ? 503 : 200;
    response.end(answer === undefined ? 'not ready' : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  daemon = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const call = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  run(
    argv.map((word) => word.replace('DAEMON', daemon)),
    { cwd: dir, env },
  );

test.each(
  table<(readonly [code: number, said: string, argv: readonly string[]])[]>(
    'unit/cli/chinese',
    '%i, %s: %j in Chinese, and the exit code as ever',
  ),
)('%i, %s: %j in Chinese, and the exit code as ever', async (code, said, argv) => {
  const [chinese, english] = [await call([...argv, '--lang', 'zh']), await call(argv)];
  const text = `${chinese.out}\n${chinese.err}`;
  expect(text).toContain(said === '拒绝' ? '失败：refused' : said);
  expect([chinese.code, english.code]).toEqual([code, code]);
  const names = 'near far code kind refused mod rsc detect advise clients pypi oci all'.split(' ');
  expect(englishLeft(text.replaceAll(/^用法：.*$(?:\n^ {7}.*$)*/gm, '').replaceAll(dir, ''), names)).toEqual([]);
});

test.each([
  ['未找到：守护进程中目前没有这个名称或 ID 的条目。', ['pause', 'nobody', '--for', '1h']],
  ['冲突：这条建议目前不是待处理状态', ['advice', 'accept', 'settled']],
  ['请求有误：时长（for）应不超过 30d，例如 "2h"', ['advice', 'dismiss', 'x', '--for', '99d', '--reason', 'known']],
  ['正在启动', ['health', '--ready']],
])('what a daemon says to a person is Chinese too: %s', async (said, argv) => {
  const served = await serve(fixture({ ready: () => ({ ready: false, because: 'starting' }) }).deps);
  closers.push(() => void served.close());
  const { err } = await call([...argv, '--url', `http://127.0.0.1:${served.port}`, '--lang', 'zh']);
  expect(err).toBe(`mirrorwatch：${said}`);
});

test.each([
  [['check', '--json']],
  [['check', '--json', '--config', 'nowhere.yaml']],
  [['advice', '--json', '--url', 'DAEMON']],
  [['advice', '--export', '--url', nobody]],
  [['rules']],
  [['completion', 'bash']],
])('%j writes the same on standard output in every language', async (argv) => {
  const [english, chinese] = [await call(argv), await call(argv, { LC_ALL: 'zh_CN.UTF-8' })];
  expect({ out: chinese.out, code: chinese.code }).toEqual({ out: english.out, code: english.code });
});

test.each(['rank', 'probe'])('%s --json has the same keys and sentences in every language', async (name) => {
  const argv = name === 'rank' ? [name, '--rounds', '1', '--json'] : [name, 'near', '--json'];
  const texts = [await call(argv), await call([...argv, '--lang', 'zh'])];
  const bare = texts.map(({ out }) => out.replaceAll(/"[\da-z]{18,}"/g, '""').replaceAll(/-?\d+(\.\d+)?/g, '0'));
  expect(bare[1]).toBe(bare[0]);
  expect(bare[0]).not.toMatch(/[\u4e00-\u9fff]/);
});

test('the reason of an advice is the sentence of the daemon, for example that the cause is over', async () => {
  const reason = phrase('ground.outlives', {
    trouble: phrase('ground.usable', { head: 'near' }),
    line: phrase('ground.line.usual'),
    head: 'near',
    to: 'far',
  });
  const given = fixture({ advice: () => ({ items: [{ ...fixtureAdvice, sentence: reason, sentences }], next: null }) });
  const served = await serve(given.deps);
  closers.push(() => void served.close());
  const { out } = await call(['advice', '--url', `http://127.0.0.1:${served.port}`, '--lang', 'zh']);
  expect(out).toContain('其他客户端（例如新的 CI 任务）使用原来的设置。');
  expect(out).not.toContain('的请求失败');
});

test('an advice of another release with unknown texts is shown as it was stored', async () => {
  const server = createServer((_, response) =>
    response.end(JSON.stringify({ advice: [{ ...advice, cause: 'moonlight', state: 'odd' }] })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { out } = await call(['advice', '--url', `http://127.0.0.1:${port}`, '--lang', 'zh']);
  expect(out).toContain('odd  go/go  a1');
  expect(out).toContain(advice.reason);
});
