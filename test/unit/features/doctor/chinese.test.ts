import { expect, test } from 'vitest';
import { failuresByLayer } from '../../../../src/features/doctor/layers.ts';
import { displayWidth } from '../../../../src/terminal/terminal.ts';
import { wordsOf } from '../../../../src/words/words.ts';
import { englishLeft } from '../../cli/english-left.ts';
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
  expect(asked.err).toContain('未做任何修改：没有可供确认的终端；请使用 --yes');
  const fixed = await machine.run(['doctor', '--fix', '--yes', ...zh]);
  expect(fixed.out).toBe('没有发现问题，读取了 1 个文件');
  expect(fixed.err).toMatch(/已修改 .*\n已保留备份；恢复原状：mirrorwatch undo /);
  const undone = await machine.run(['undo', ...zh]);
  expect(undone.out).toMatch(/^已恢复 /);
  const nothing = await machine.run(['undo', ...zh]);
  expect(nothing.err).toBe('mirrorwatch undo：没有可以撤销的修改');
  for (const { out, err } of [asked, fixed, undone, nothing])
    expect(englishLeft(`${out}\n${err}`.replaceAll(machine.root, ''))).toEqual([]);
});

test('the way to a mirror in Chinese, layer by layer, and to programs as ever', async () => {
  const machine = testMachine({});
  const argv = ['doctor', 'http://127.0.0.1:1/'];
  const told = await machine.run([...argv, ...zh]);
  expect(told.out).toMatch(/^ {2}TCP 连接 {3}失败 {3}refused：/m);
  expect(englishLeft(told.out)).toEqual([]);
  // The text of a layer begins at one cell, whatever its name is.
  const begins = told.out
    .split('\n')
    .flatMap((line) => /^ {2}\S.*?(?=refused：|未到达|URL 中是 IP 地址)/.exec(line) ?? []);
  expect([begins.length, new Set(begins.map(displayWidth)).size]).toEqual([6, 1]);
  const [english, json] = [await machine.run([...argv, '--json']), await machine.run([...argv, '--json', ...zh])];
  expect({ out: json.out, code: json.code }).toEqual({ out: english.out, code: english.code });
});

test.each(failuresByLayer(wordsOf('zh')))('$kind means something in Chinese, with a next thing to do', (row) => {
  expect(englishLeft(`${row.means}\n${row.next}`)).toEqual([]);
  expect(row.means).toMatch(/[\u4e00-\u9fff]/);
  expect(row.next).toMatch(/[\u4e00-\u9fff]/);
});
