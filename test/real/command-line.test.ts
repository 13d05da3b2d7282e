import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { escapeWord, formatCommand } from '../../src/core/command-line.ts';
import { tempDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';

const folder = tempDir('shell');

const hostile = table<string[]>('real/command-line', 'hostile');

const shells = [
  ['sh', []],
  ['bash', []],
  ['bash', ['--posix']],
  ['zsh', ['-f']],
  ['zsh', ['-f', '-o', 'rc_quotes', '-o', 'extended_glob', '-o', 'magic_equal_subst']],
  ['fish', ['--no-config']],
] as const;

for (const [shell, options] of shells) {
  const name = `a command of ${[shell, ...options].join(' ')}`;
  const suite = () => {
    const output = (command: string) =>
      execFileSync(shell, [...options, '-c', command], { cwd: folder, encoding: 'utf8' });

    it.each(hostile)('has the value %j as one word, and runs nothing', (value) => {
      expect(output(formatCommand`printf ${['<%s>', 'a', value]} ${value}`)).toBe(`<a><${value}><${value}>`);
      expect(output(`${formatCommand`export ${'MIRROR'}=${value}`}; printenv MIRROR`)).toBe(`${value}\n`);
      expect(existsSync(join(folder, 'x'))).toBe(false);
    });
  };
  if (shell === 'sh') describe(name, suite);
  else real(name, [shell], suite);
}

it('leaves plain words as they are, and quotes the value of an assignment', () => {
  expect(escapeWord('https://mirror.example.com:8080/go/')).toBe('https://mirror.example.com:8080/go/');
  expect(formatCommand`export ${'GOPROXY'}=${'direct'} --url ${3}`).toBe("export GOPROXY='direct' --url 3");
});

it.each(['a\nid', 'a\rid', 'a\u001b[2K', 'a\u202eid', 'a\u2028id', 'a\u200bb'])(
  'a command with the value %j is a comment',
  (value) => {
    const command = formatCommand`mirrorwatch doctor ${value}`;
    expect(command).toMatch(/^# mirrorwatch doctor '[^'\p{C}\p{Zl}\p{Zp}]*'$/u);
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe('');
  },
);
