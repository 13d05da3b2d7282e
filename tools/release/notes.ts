import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Prints the release notes of a tag from CHANGELOG.md: node tools/release/notes.ts v1.0.0

/**
 * The section of a version, without its heading.
 * @throws Error if the changelog has no such section, or if the section is empty; without `isDraft`, also if it is
 * unreleased
 */
export function notesOf(changelog: string, version: string, isDraft = false): string {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => /^\S+/.exec(section)?.[0] === version);
  if (found === undefined) throw new Error(`CHANGELOG.md has no section "## ${version}"`);
  const [heading = '', ...lines] = found.split('\n');
  if (heading.includes('unreleased') && !isDraft) throw new Error(`CHANGELOG.md says that ${heading.trim()}`);
  const text = lines.join('\n').trim();
  if (text === '') throw new Error(`the section of ${version} in CHANGELOG.md is empty`);
  return `${text}\n`;
}

/**
 * The version of a tag: `v1.0.0` → `1.0.0`.
 * @throws Error if the tag has another format
 */
export function versionOf(tag: string): string {
  const [, version] = /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag) ?? [];
  if (version === undefined) throw new Error(`${tag} is no tag of a release: v1.0.0`);
  return version;
}

if (import.meta.main) {
  const changelog = readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8');
  process.stdout.write(notesOf(changelog, versionOf(process.argv[2] ?? '')));
}
