import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Facts, Hop, Transcript } from '../../../src/core/transcript.ts';
import { isOtherFile } from '../../../src/daemon/client-runs.ts';
import { readFetched } from '../../../src/io/client-folder.ts';
import { tempDir } from '../../support/paths.ts';

const digestOf = (algorithm: string, text: string, form: 'hex' | 'base64'): string =>
  createHash(algorithm).update(text).digest(form);

function transcriptOf(facts: Facts, url: string): Transcript {
  return { hops: [{ url } as Hop], verdict: { outcome: { tag: 'ok' }, facts } } as unknown as Transcript;
}

const good = {
  npm: { compared: { algorithm: 'sha512', digest: digestOf('sha512', 'good', 'base64') } },
  pinned: { verified: { algorithm: 'sha512', digest: digestOf('sha512', 'good', 'base64'), against: 'pinned' } },
  pip: { compared: { algorithm: 'sha256', digest: `sha256:${digestOf('sha256', 'good', 'hex')}`, of: 'p-1-any.whl' } },
  go: { verified: { algorithm: 'h1', digest: 'h1:x', against: 'pinned' } },
} satisfies Readonly<Record<string, Facts>>;

test.each<[string, string, string, Facts, string, boolean]>([
  ['the same tarball', 'x-1.0.0.tgz', 'good', good.npm, 'http://m/x/-/x-1.0.0.tgz', false],
  ['another tarball', 'x-1.0.0.tgz', 'evil', good.npm, 'http://m/x/-/x-1.0.0.tgz', true],
  ['another tarball of a pinned version', 'x-1.0.0.tgz', 'evil', good.pinned, 'http://m/x/-/x-1.0.0.tgz', true],
  ['another tarball of a scope', 'corp-x-1.0.0.tgz', 'evil', good.npm, 'http://m/@corp/x/-/x-1.0.0.tgz', true],
  ['the same wheel', 'p-1-any.whl', 'good', good.pip, 'http://m/f/p-1-any.whl', false],
  ['another wheel', 'p-1-any.whl', 'evil', good.pip, 'http://m/f/p-1-any.whl', true],
  ['a wheel for another machine', 'p-1-linux.whl', 'evil', good.pip, 'http://m/f/p-1-any.whl', false],
  ['a hash of another kind', 'v1.0.0.zip', 'evil', good.go, 'http://m/x/@v/v1.0.0.zip', false],
])('bytes of a client beside our own: %s', async (_, name, text, facts, url, want) => {
  const folder = tempDir('client-comparison');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  symlinkSync(name, join(folder, 'link'));
  const fetched = await readFetched(join(folder, name));
  expect(fetched).toMatchObject({ name, sha256: digestOf('sha256', text, 'hex') });
  expect(fetched === null ? null : isOtherFile(fetched, transcriptOf(facts, url))).toBe(want);
  expect(await readFetched(join(folder, 'link'))).toBeNull();
});
