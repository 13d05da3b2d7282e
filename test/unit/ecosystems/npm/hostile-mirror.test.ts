import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { heldBodyOf } from '../../../../src/core/body.ts';
import { atOnce } from '../../../../src/core/slices.ts';
import type { Verdict } from '../../../../src/core/transcript.ts';
import { readShasum } from '../../../../src/ecosystems/npm/integrity.ts';
import { npmRun } from '../../../../src/ecosystems/npm/npm.ts';
import { judgeBytes, judgeStatedHash } from '../../../../src/ecosystems/npm/verify.ts';
import { tempDir } from '../../../support/paths.ts';
import { plainAccess } from '../../../support/plain-access.ts';
import { integrityOf } from './sri.ts';

it('a run of npm gives no script and no git to a mirror, by settings that no file of a project overrides', () => {
  const job = { module: 'hello', version: '1.0.0', settings: {}, privatePatterns: [], home: '/h', isPublic: true };
  const { env } = npmRun.plan({ ...job, access: plainAccess() });
  expect(env).toMatchObject({
    npm_config_git: '/bin/false',
    npm_config_script_shell: '/bin/false',
    npm_config_ignore_scripts: 'true',
    npm_config_allow_git: 'none',
    npm_config_registry: 'http://127.0.0.1:9/',
  });
});

it('npm starts no program, such as a second npm in a repository, whose settings can name code', () => {
  const home = tempDir('no programs');
  const job = { module: 'hello', version: '1.0.0', settings: {}, privatePatterns: [], home, isPublic: true };
  const { env, files } = npmRun.plan({ ...job, access: plainAccess() });
  writeFileSync(join(home, 'no-programs.cjs'), files['no-programs.cjs'] ?? '');
  const run = (code: string, ...more: string[]) =>
    spawnSync(process.execPath, [...more, '-e', code], {
      env: { NODE_OPTIONS: env['NODE_OPTIONS'] },
      encoding: 'utf8',
    });
  const started = run("require('child_process').spawnSync(process.execPath, ['-v'])");
  expect([started.status, started.stderr]).toEqual([1, expect.stringContaining('no programs')]);
  const imported = run("import { spawn } from 'node:child_process'; spawn('id')", '--input-type=module');
  expect([imported.status, imported.stderr]).toEqual([1, expect.stringContaining('no programs')]);
  expect(run('process.exit(0)').status).toBe(0);
});

it('a packument without a hash of the algorithm of the lock file says nothing about the lock file', () => {
  const locked = integrityOf(Buffer.from('locked'), 'sha512');
  const weak = readShasum('5b8a3a7765dfe001261dde915589e782f8c94d1e');
  const known = { pinned: undefined, locked, isSigned: false, isKey: false };
  const stated = (integrity: Parameters<typeof judgeStatedHash>[0]['integrity']) =>
    judgeStatedHash({ integrity }, known, {});
  expect(weak === null ? null : stated([weak]).facts.file).toBe(undefined);
  expect(stated([{ algorithm: 'sha512', digests: [locked] }]).facts.file).toEqual({ want: locked, says: 'right' });
});

it.each([
  ['a lock file', { pinned: undefined, isSigned: false, isKey: false }],
  ['a signature by a key of a file', { pinned: undefined, isSigned: true, isKey: true }],
])('a tarball that the packument of its own mirror contradicts is wrong, whatever %s says', (_, known) => {
  const [right, damaged] = [gzipSync('right'), gzipSync('damaged')];
  const locked = integrityOf(right, 'sha512');
  const stated = { algorithm: 'sha512', digests: [locked] } as const;
  const judged = atOnce(judgeBytes(heldBodyOf(damaged), stated, { ...known, locked }, {}) as never) as Verdict;
  expect(judged.outcome).toMatchObject({ tag: 'failed', failure: { kind: 'mismatch', want: locked } });
  expect([judged.facts.file, judged.facts.compared]).toEqual([undefined, undefined]);
  const other = { algorithm: 'sha512', digests: [integrityOf(damaged, 'sha512')] } as const;
  const consistent = atOnce(judgeBytes(heldBodyOf(damaged), other, { ...known, locked }, {}) as never) as Verdict;
  expect(consistent.facts.file?.says).toBe(known.isKey ? 'overruled' : 'wrong');
});
