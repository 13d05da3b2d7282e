import { expect, test } from 'vitest';
import { folderOfUser } from '../../../src/cli/main.ts';
import { table } from '../../support/table.ts';

test.each(
  table<[string, Readonly<Record<string, string>>, string, string][]>(
    'unit/cli/folder-of-user',
    'the user’s folder by %s',
  ),
)('the user’s folder by %s', (_, env, cwd, folder) => expect(folderOfUser(env, cwd)).toBe(folder));
