import { expect, test } from 'vitest';
import { formatDemo, programIn } from '../../../src/features/demo/command.ts';
import type { DemoEvent } from '../../../src/features/demo/demo.ts';
import { wordsOf } from '../../../src/words/words.ts';
import { fakeTerminal } from './fake-terminal.ts';

test('a line of the demo in both languages, what follows it below', () => {
  const lines = (language: 'en' | 'zh') => {
    const say = wordsOf(language);
    const text = `${say('demo.slowed', { mirror: 'near', ms: 900 })}\n+X=far`;
    const event: DemoEvent = { stage: 'slowed', atSeconds: 1, ecosystem: null, text };
    return formatDemo(event, 0, { terminal: fakeTerminal(), say });
  };
  expect(lines('zh')).toEqual(['  1.0 s  变慢     镜像 near 的响应现在慢了 900 ms', '                  +X=far']);
  expect(lines('en')).toEqual(['  1.0 s  slowed   mirror near now responds 900 ms later', '                  +X=far']);
});

test('the line to paste calls the program as it was started: by the scripts of a clone, or installed', () => {
  expect(programIn({ npm_package_name: 'mirrorwatch' })).toBe('npm run -s mirrorwatch --');
  expect(programIn({ npm_package_name: 'somebody-elses' })).toBe('mirrorwatch');
  expect(programIn({})).toBe('mirrorwatch');
});
