import { describe, expect, it } from 'vitest';
import type { EcosystemId } from '../../../src/core/mirror.ts';
import { isPrivateName } from '../../../src/schedule/private-names.ts';

const rows: readonly (readonly [ecosystem: EcosystemId, pattern: string, name: string, isPrivate: boolean])[] = [
  ['go', 'git.example.com', 'git.example.com', true],
  ['go', 'git.example.com', 'git.example.com/team/app', true],
  ['go', 'git.example.com', 'git.example.community/app', false],
  ['go', 'git.example.com/*', 'git.example.com/app', true],
  ['go', 'git.example.com/*', 'git.example.com/app/v2', true],
  ['go', 'git.example.com/*', 'git.example.com', false],
  ['go', '*.example.com', 'a.example.com/app', true],
  ['go', '*.example.com', 'example.com/app', false],
  ['go', '*.example.com', 'a.b.example.com/app', true],
  ['go', 'git.example.com/', 'git.example.com/app', true],
  ['go', 'git.example.com/a?p', 'git.example.com/app', true],
  ['go', 'git.example.com/a?p', 'git.example.com/a/p', false],
  ['go', 'git.example.com/[a-c]x', 'git.example.com/bx', true],
  ['go', 'git.example.com/[^a-c]x', 'git.example.com/bx', false],
  ['go', 'git.example.com/[', 'git.example.com/[', false],
  ['go', 'git\\.example.com', 'git.example.com/app', true],
  ['go', '', 'anything', false],
  ['npm', '@corp/*', '@corp/app', true],
  ['npm', '@corp/*', '@corporate/app', false],
  ['npm', '@corp/*', 'corp', false],
  ['pypi', 'corp-*', 'corp-app', true],
  ['pypi', 'corp-*', 'Corp_App', true],
  ['pypi', 'Corp_*', 'corp-app', true],
  ['pypi', 'corp-*', 'mycorp-app', false],
];

describe('isPrivateName', () => {
  it.each(rows)('%s %s against %s: %s', (ecosystem, pattern, name, isPrivate) => {
    expect(isPrivateName(ecosystem, name, [pattern])).toBe(isPrivate);
  });

  it('asks every pattern', () => {
    expect(isPrivateName('go', 'b.example.com/x', ['a.example.com', 'b.example.com'])).toBe(true);
    expect(isPrivateName('go', 'c.example.com/x', [])).toBe(false);
  });
});
