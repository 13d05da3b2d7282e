import { expect, test } from 'vitest';
import { englishLeft } from '../cli/english-left.ts';
import { type TrapRow, testMachine } from './machine.ts';
import { goRows } from './rows-go.ts';
import { npmRows } from './rows-npm.ts';
import { ociRows } from './rows-oci.ts';
import { proxyRows } from './rows-proxies.ts';
import { pypiRows } from './rows-pypi.ts';

const rows: readonly TrapRow[] = [...proxyRows, ...goRows, ...npmRows, ...pypiRows, ...ociRows];
const zh = ['--lang', 'zh'] as const;

test.each(rows)('$id: $name: told in Chinese, and to programs as ever', async ({ files = {}, env = {}, id }) => {
  const machine = testMachine(files, env);
  const told = await machine.run(['doctor', ...zh]);
  expect(told.out).toContain(`  ${id}\n`);
  expect(told.out).toMatch(/影响 {2}[^\n]*。/);
  expect(englishLeft(told.out.replaceAll(machine.root, ''))).toEqual([]);
  const [english, json] = [await machine.run(['doctor', '--json']), await machine.run(['doctor', '--json', ...zh])];
  expect({ out: json.out, code: json.code }).toEqual({ out: english.out, code: english.code });
  expect(told.code).toBe(english.code);
});

test('mending and undoing in Chinese', async () => {
  const machine = testMachine({ '~/.config/go/env': 'GOSUMDB=off\n' });
  const asked = await machine.run(['doctor', '--fix', ...zh]);
  expect(asked.err).toContain('什么也没有改：没有人在场确认；用 --yes 表示同意');
  const fixed = await machine.run(['doctor', '--fix', '--yes', ...zh]);
  expect(fixed.out).toBe('没有发现问题，读取了 1 个文件');
  expect(fixed.err).toMatch(/已修改 .*\n原来的内容已保存：mirrorwatch undo /);
  const undone = await machine.run(['undo', ...zh]);
  expect(undone.out).toMatch(/^已恢复 /);
  const nothing = await machine.run(['undo', ...zh]);
  expect(nothing.err).toBe('mirrorwatch undo：没有可以撤销的修改');
  for (const { out, err } of [asked, fixed, undone, nothing])
    expect(englishLeft(`${out}\n${err}`.replaceAll(machine.root, ''))).toEqual([]);
});
