import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach } from 'vitest';
import type { ActionDeed } from '../../../../src/core/action.ts';
import { tempDir } from '../../../support/paths.ts';

type FileDeed = Extract<ActionDeed, { kind: 'file' }>;

/** The path of a new empty folder in each test. */
export function eachFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = tempDir('actions');
  });
  return () => folder;
}

/** As `eachFolder`, with the path of `etc/goproxy.env` in it and an action that writes this file. Only `etc` exists. */
export function eachFile() {
  const folder = eachFolder();
  const path = (): string => join(folder(), 'etc/goproxy.env');
  beforeEach(() => mkdirSync(join(folder(), 'etc')));
  return { folder, path, deed: (as: FileDeed['as'] = 'env'): FileDeed => ({ kind: 'file', path: path(), as }) };
}
