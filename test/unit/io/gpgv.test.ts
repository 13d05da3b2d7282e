import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createGpgv } from '../../../src/io/gpgv.ts';
import { tempDir } from '../../support/paths.ts';

const { TMPDIR } = process.env;

const dir = tempDir('gpgv');
mkdirSync(join(dir, 'tmp'));
Object.assign(process.env, { SECRET_OF_OURS: 'hunter2', TMPDIR: join(dir, 'tmp') });
afterAll(() => {
  delete process.env['SECRET_OF_OURS'];
  if (TMPDIR === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = TMPDIR;
});

function script(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

const input = { keyring: '/k.gpg', signed: Buffer.from('a file'), signature: Buffer.from('a signature') };

async function said(program: string, ...more: readonly string[]): Promise<string> {
  const answer = await createGpgv([program, ...more]).check(input);
  return answer.tag === 'answered' ? Buffer.from(answer.body).toString() : answer.tag === 'unknown' ? answer.code : '';
}

test('it is given the files, a home of its own, and nothing of our environment', async () => {
  const home = (await said(script('home', 'echo "$PWD"'))).trim();
  expect(home.startsWith(join(tmpdir(), 'mirrorwatch-gpgv-'))).toBe(true);
  expect(existsSync(home), 'it goes when the check has ended').toBe(false);
  expect(await said(script('env', '/usr/bin/env'))).not.toMatch(/hunter2|SECRET/);
  const args = (
    await said(script('args', 'for one in "$@"; do echo "$one"; done; cat signature signed; echo; ls -A'))
  ).trim();
  const own = args.split('\n')[5] ?? '';
  expect(args.replaceAll(own, 'HOME').split('\n')).toEqual([
    ...['--status-fd', '1', '--weak-digest', 'SHA1', '--homedir', 'HOME', '--keyring', '/k.gpg', '--'],
    ...['HOME/signature', 'HOME/signed', 'a signaturea file', 'signature', 'signed'],
  ]);
});

test('what it prints is the answer, whatever its exit status', async () =>
  expect(await said(script('bad', 'echo "[GNUPG:] BADSIG 1"; echo noise >&2; exit 1'))).toBe('[GNUPG:] BADSIG 1\n'));

test('where it is not in one place it is in the next; where it is nowhere, that is said', async () => {
  expect(await said(join(dir, 'none'), script('here', 'echo here'))).toBe('here\n');
  expect(await said(join(dir, 'none'))).toBe('ENOENT');
});

test('one that never ends is killed, and so is one that never stops printing', async () => {
  const hanging = script('hanging', 'exec sleep 100000');
  expect(await createGpgv([hanging], 50).check(input)).toEqual({ tag: 'unknown', because: 'local', code: 'SIGKILL' });
  expect(await said(script('endless', 'exec yes'))).toBe('ERR_CHILD_PROCESS_STDIO_MAXBUFFER');
});

test('nothing is left behind, however it ended', () => expect(readdirSync(tmpdir())).toEqual([]));
