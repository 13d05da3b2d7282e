import { expect, test } from 'vitest';
import { formatDemo, programIn } from '../../../src/features/demo/command.ts';
import type { DemoEvent } from '../../../src/features/demo/demo.ts';
import { phrase } from '../../../src/words/tell.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { fakeTerminal } from './fake-terminal.ts';

const advice = {
  from: 'near',
  cause: 'spike',
  refusal: null,
  expected: {
    availability: { before: 1, after: 1 },
    p95Seconds: { before: null, after: null },
    fetchCostSeconds: { before: 2.5, after: 0.1 },
  },
} as const;

test.each<readonly [stage: DemoEvent['stage'], text: string, told: DemoEvent['message'], chinese: string]>([
  [
    'watching',
    'two mirrors on loopback, each probed every second; open http://127.0.0.1:1/',
    { sentence: phrase('demo.two', { everyMs: 1_000, url: 'http://127.0.0.1:1/' }) },
    '监测     回环地址上的两个镜像，每秒各探测一次；页面见 http://127.0.0.1:1/',
  ],
  [
    'slowed',
    'mirror near now responds 900 ms later',
    { sentence: phrase('demo.slowed', { mirror: 'near', ms: 900 }) },
    '变慢     镜像 near 的响应现在慢了 900 ms',
  ],
  [
    'well',
    'mirror near responds as before',
    { sentence: phrase('demo.well', { mirror: 'near' }) },
    '好转     镜像 near 的响应恢复正常',
  ],
  ['spike', 'near is slow.', { finding: { registry: 'near', isOver: false } }, '发现     near 缓慢'],
  ['recovery', 'near was slow.', { finding: { registry: 'near', isOver: true } }, '恢复     已结束：near 的延迟尖峰'],
  [
    'advice',
    "near is slow; far is not.\nexport GOPROXY='x'",
    { advice },
    "建议     near 缓慢；获取代价（含失败）2.50 s → 100.0 ms。\n                  export GOPROXY='x'",
  ],
  [
    'webhook',
    'mirror.advice received, its signature verified',
    { sentence: phrase('demo.received', { type: 'mirror.advice' }) },
    '消息     收到 mirror.advice，签名已验证',
  ],
  [
    'changed',
    'Action client done: switch of go from near to far\n+GOPROXY=x',
    { sentence: phrase('action.done', { action: 'client', what: 'go', from: 'near', to: 'far' }) },
    '变更     动作 client 已完成：go 从 near 切换到 far\n                  +GOPROXY=x',
  ],
])('%s: %s', (stage, text, told, chinese) => {
  const event: DemoEvent = {
    stage,
    atSeconds: 1,
    ecosystem: null,
    text,
    ...(told === undefined ? {} : { message: told }),
  };
  const lines = (language: 'en' | 'zh') =>
    formatDemo(event, 0, { terminal: fakeTerminal(), say: wordsOf(language), language }).join('\n');
  expect(lines('zh')).toBe(`  1.0 s  ${chinese}`);
  expect(lines('en')).toContain(text.split('\n')[0]);
});

test('the line to paste calls the program as it was started: by the scripts of a clone, or installed', () => {
  expect(programIn({ npm_package_name: 'mirrorwatch' })).toBe('npm run -s mirrorwatch --');
  expect(programIn({ npm_package_name: 'somebody-elses' })).toBe('mirrorwatch');
  expect(programIn({})).toBe('mirrorwatch');
});
