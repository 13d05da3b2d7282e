import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { notesOf, versionOf } from '../../../tools/release/notes.ts';
import { repoDir } from '../../support/paths.ts';

const changelog = `# Changelog

## 1.1.0 (unreleased)

- [FIX] later

## 1.0.0 / 2026-12-01

Watches mirrors.

- [FEATURE] \`rank\`

### Known limits

- none

## 1.0.0-rc.1

- early
`;

test('the notes of a tag are its section, with its own headings', () => {
  expect(notesOf(changelog, versionOf('v1.0.0'))).toBe(
    'Watches mirrors.\n\n- [FEATURE] `rank`\n\n### Known limits\n\n- none\n',
  );
  expect(notesOf(changelog, versionOf('v1.0.0-rc.1'))).toBe('- early\n');
});

test.each([
  ['a version without a section', () => notesOf(changelog, '2.0.0'), 'no section "## 2.0.0"'],
  ['one that is not released', () => notesOf(changelog, '1.1.0'), '1.1.0 (unreleased)'],
  ['an empty one', () => notesOf('## 1.0.0\n\n## 0.1.0\n', '1.0.0'), 'is empty'],
  ['another form of tag', () => versionOf('1.0.0'), 'no tag of a release'],
  ['a tag with more behind it', () => versionOf('v1.0.0;x'), 'no tag of a release'],
])('%s makes no notes', (_, notes, because) => expect(notes).toThrow(because));

test('the version of the package has a section', () => {
  const { version } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8'));
  expect(notesOf(readFileSync(join(repoDir, 'CHANGELOG.md'), 'utf8'), version, true)).not.toBe('');
});
