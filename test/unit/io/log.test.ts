import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { logLevels } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { createLog } from '../../../src/io/log.ts';

function logTo(options: { readonly level?: string; readonly pretty?: boolean }) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ level: options.level ?? 'debug', pretty: options.pretty ?? false, destination });
  return { log, lines };
}

describe('createLog', () => {
  it('writes one JSON line with level, time, fields and message', () => {
    const { log, lines } = logTo({});
    log.warn('mirror asked us to wait', { registry: 'a', waitMs: 1500 });
    expect(lines).toHaveLength(1);
    const { time, ...rest } = JSON.parse(lines[0] ?? '');
    expect(rest).toEqual({ level: 'warn', registry: 'a', waitMs: 1500, msg: 'mirror asked us to wait' });
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
  });

  const levels: readonly (readonly [level: (typeof logLevels)[number], kept: readonly string[]])[] = [
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ];
  it('takes an unknown level for info', () => {
    const { log, lines } = logTo({ level: 'loud' });
    log.debug('m');
    log.info('m');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['info']);
  });

  it.each(levels)('at %s keeps %s', (level, kept) => {
    const { log, lines } = logTo({ level });
    log.debug('m');
    log.info('m');
    log.warn('m');
    log.error('m');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(kept);
  });

  it.each([false, true])('shows secrets as *** at any depth (pretty: %s)', (pretty) => {
    const { log, lines } = logTo({ pretty });
    log.info('m', {
      token: new Secret('hunter2'),
      deep: { list: [new Secret('hunter2')] },
      text: `${new Secret('hunter2')}`,
    });
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('').match(/\*\*\*/g)).toHaveLength(3);
  });

  it('writes an error with its message and stack', () => {
    const { log, lines } = logTo({});
    log.error('defect', { err: new Error('broken') });
    expect(JSON.parse(lines[0] ?? '').err).toMatchObject({
      type: 'Error',
      message: 'broken',
      stack: expect.any(String),
    });
  });

  it('keeps fields apart that are called like parts of the line', () => {
    const { log, lines } = logTo({});
    log.info('m', { level: 3, time: 4, msg: 'other' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'm', level_: 3, time_: 4, msg_: 'other' });
  });

  it('is one readable record on a terminal, in which no text moves the cursor', () => {
    const { log, lines } = logTo({ pretty: true });
    log.error('broken\u001b[2J', {
      registry: 'a\u001b[2J\u202e',
      count: 3,
      none: null,
      err: new Error('no luck\u0007'),
    });
    const [head, ...rows] = lines.join('').split('\n');
    expect(stripVTControlCharacters(head ?? '')).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: broken\?\[2J$/);
    expect(rows.slice(0, 4)).toEqual([
      '    registry: "a\\u001b[2J?"',
      '    count: 3',
      '    none: null',
      '    err: Error: no luck?',
    ]);
    expect(rows[4]).toMatch(/^ +at .*log\.test\.ts/);
  });

  it('is readable on a terminal: level, message, fields', () => {
    const { log, lines } = logTo({ pretty: true });
    log.warn('held', { registry: 'a' });
    expect(lines.join('')).toMatch(/WARN.*held/);
    expect(lines.join('')).toMatch(/registry.*a/);
  });

  // Linux: each write to this device fails with ENOSPC.
  it.each([false, true])('does not end the process where its file is on a full disk (pretty: %s)', (pretty) => {
    const full = openSync('/dev/full', 'w');
    const program = `
      import { createLog } from '${new URL('../../../src/io/log.ts', import.meta.url).href}';
      const log = createLog({ level: 'info', pretty: ${pretty} });
      log.info('one');
      log.error('two');
      setImmediate(() => console.log('lives'));`;
    const args = ['--input-type=module', '--eval', program];
    const { status, stdout } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', full] });
    closeSync(full);
    expect([status, String(stdout)]).toEqual([0, 'lives\n']);
  });
});
