import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { eachFolder } from './each-folder.ts';

const folder = eachFolder();

describe('command', () => {
  const deed = (script: string): ActionDeed => ({
    kind: 'command',
    argv: [process.execPath, '-e', script],
    cwd: folder(),
  });

  it('has the advice on its standard input and in its environment, and nothing else of ours', async () => {
    const script = `
      const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      const names = Object.keys(process.env).filter((name) => !name.startsWith('MIRRORWATCH_')).sort();
      console.log(input.event, input.advice.id, process.env.MIRRORWATCH_TO, process.env.MIRRORWATCH_CHAIN, names.join());`;
    const one = acting(folder(), deed(script));
    expect(await one.step('act')).toMatchObject({
      output: 'act advice00000000000001 b https://b.example.net|direct HOME,LANG,PATH',
    });
    expect(await one.step('undo')).toMatchObject({
      output: 'undo advice00000000000001 a https://a.example.com,direct HOME,LANG,PATH',
    });
  });
  it('goes through no shell', async () => {
    const one = acting(folder(), { kind: 'command', argv: ['printf', '%s', '$(touch x); `touch x`'], cwd: folder() });
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: '$(touch x); `touch x`' });
    expect(existsSync(join(folder(), 'x'))).toBe(false);
  });
  it('shows what it printed: bounded, printable, without user-info', async () => {
    const script = `console.log('\\u001b[2J' + 'https://u:hunter2@h/'); console.error('x'.repeat(100000)); process.exit(3)`;
    const end = await acting(folder(), deed(script)).step('act');
    expect(end).toMatchObject({ tag: 'failed', retry: false, because: { key: 'acted.exit', values: { code: '3' } } });
    expect(end.output.length).toBeLessThan(5_000);
    expect(end.output).not.toContain('hunter2');
    expect(end.output).not.toContain('\u001b');
  });
  it('is killed with all that it started at its deadline', async () => {
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync('pid', String(child.pid));
      setInterval(() => {}, 1000);`;
    const end = await acting(folder(), deed(script), adviceTo(), { timeoutMs: 2_000 }).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.time' } });
    const pid = Number(readFileSync(join(folder(), 'pid'), 'utf8'));
    const state = () =>
      existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] : 'gone';
    await expect.poll(state).toMatch(/Z|gone/);
  });
  it('that prints without end is ended', async () => {
    const end = await acting(folder(), deed(`for (;;) require('fs').writeSync(1, 'x'.repeat(65536));`)).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.output' } });
  });
  it('that is not there fails, and may be tried again', async () => {
    const end = await acting(folder(), { kind: 'command', argv: ['/nowhere/x'], cwd: folder() }).step('act');
    expect(end).toMatchObject({
      tag: 'failed',
      retry: true,
      because: { key: 'acted.notRun', values: { code: 'ENOENT' } },
    });
  });
  it('left running by a daemon that was killed is ended before anything runs', async () => {
    const hanging = acting(folder(), deed(`require('fs').writeFileSync('pid', ''); setInterval(() => {}, 1000)`)).step(
      'act',
    );
    await expect.poll(() => existsSync(join(folder(), 'pid'))).toBe(true);
    expect(readdirSync(join(folder(), 'kept/running'))).toHaveLength(1);
    expect(await acting(folder(), deed('')).step('act')).toMatchObject({ tag: 'ok' });
    expect(await hanging).toMatchObject({ because: { values: { code: 'SIGKILL' } } });
    expect(readdirSync(join(folder(), 'kept/running'))).toEqual([]);
  });
  it('ends with the daemon', async () => {
    const one = acting(folder(), deed('setInterval(() => {}, 1000)'));
    const end = one.step('act');
    await one.actor.close();
    expect((await end).tag).toBe('failed');
  });
});

it('shows before it runs which program it is, and no argument: one may be the value of a variable', async () => {
  const argv = ['./deploy', '--token', 'hunter2-4b8e90aa', '-H', 'Authorization: Bearer hunter2'];
  const end = await acting(folder(), { kind: 'command', argv, cwd: '/' }).step('prepare');
  expect(end).toEqual({ tag: 'ok', output: './deploy *** *** *** ***' });
});
