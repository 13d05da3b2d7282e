import { describe, expect, test } from 'vitest';
import { languageOf, spoken } from '../../../src/cli/program.ts';
import { displayWidth } from '../../../src/terminal/terminal.ts';
import { englishLeft } from './english-left.ts';
import { run } from './run-program.ts';

describe('the language of a call', () => {
  test.each([
    ['nothing is set', {}, 'en'],
    ['LANG', { LANG: 'zh_CN.UTF-8' }, 'zh'],
    ['LANG without a country', { LANG: 'zh' }, 'zh'],
    ['LANG of Taiwan', { LANG: 'zh_TW' }, 'zh'],
    ['a language that merely begins so', { LANG: 'zha_CN' }, 'en'],
    ['C', { LANG: 'C' }, 'en'],
    ['a language that texts are not there in', { LANG: 'de_DE.UTF-8' }, 'en'],
    ['LC_MESSAGES before LANG', { LC_MESSAGES: 'zh_CN.UTF-8', LANG: 'en_US.UTF-8' }, 'zh'],
    ['LC_ALL before both', { LC_ALL: 'C.UTF-8', LC_MESSAGES: 'zh_CN.UTF-8', LANG: 'zh_CN.UTF-8' }, 'en'],
    ['what is empty is not set', { LC_ALL: '', LC_MESSAGES: '', LANG: 'zh_CN.UTF-8' }, 'zh'],
  ] as const)('%s', (_, env, language) => expect(languageOf(env)).toBe(language));

  test.each([
    ['before the command', ['--lang', 'zh', 'check'], ['check'], 'zh'],
    ['behind it', ['check', '--lang=en', '--json'], ['check', '--json'], 'en'],
    ['twice: the last one counts', ['--lang', 'zh', 'check', '--lang', 'en'], ['check'], 'en'],
    ['not behind --', ['check', '--', '--lang', 'zh'], ['check', '--', '--lang', 'zh'], null],
  ] as const)('--lang %s', (_, argv, rest, named) => expect(spoken(argv)).toEqual({ argv: rest, named }));

  test('--lang comes before the environment', async () => {
    const env = { LANG: 'zh_CN.UTF-8' };
    expect((await run(['undo', 'x'], { env: { ...env, HOME: '/nowhere' } })).err).toBe(
      'mirrorwatch undo：没有编号为 x 的修改',
    );
    expect((await run(['undo', 'x', '--lang', 'en'], { env: { ...env, HOME: '/nowhere' } })).err).toBe(
      'mirrorwatch undo: no change with id x',
    );
  });

  test('a language that is none is wrong usage, said in that of the environment', async () => {
    expect(await run(['check', '--lang', 'fr'])).toMatchObject({
      code: 2,
      err: "mirrorwatch: --lang is en or zh, not 'fr'",
    });
    expect(await run(['check', '--lang'], { env: { LANG: 'zh_CN' } })).toMatchObject({
      code: 2,
      err: 'mirrorwatch：--lang 之后应为 en 或 zh',
    });
  });
});

test('help in Chinese, of the program and of each command', async () => {
  const { out } = await run(['--help', '--lang', 'zh']);
  const names = out.split('\n').flatMap((line) => /^ {2}([a-z]+) {2}/.exec(line)?.[1] ?? []);
  expect(names.length).toBeGreaterThan(10);
  const { out: english } = await run(['--help']);
  expect(english.split('\n').flatMap((line) => /^ {2}([a-z]+) {2}/.exec(line)?.[1] ?? [])).toEqual(names);
  const texts = [out];
  for (const name of names) texts.push((await run([name, '--help', '--lang', 'zh'])).out);
  for (const whole of texts) {
    // The lines of usage are the same in every language.
    const text = whole.replaceAll(/^(?:用法：)?\s*mirrorwatch [^\n]*$/gm, '');
    expect(englishLeft(text, names)).toEqual([]);
    for (const line of text.split('\n'))
      if (/[\u4e00-\u9fff]/.test(line)) expect(displayWidth(line), line).toBeLessThanOrEqual(120);
  }
});

test('wrong usage in Chinese, with the line of usage', async () =>
  expect(await run(['check', '--cofnig'], { env: { LC_ALL: 'zh_CN.UTF-8' } })).toMatchObject({
    code: 2,
    err: 'mirrorwatch check：没有 “--cofnig” 这个选项\n用法：mirrorwatch check [--config FILE] [--json]',
  }));
