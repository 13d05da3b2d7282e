import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repoDir } from '../../support/paths.ts';

const text = (path: string): string => readFileSync(join(repoDir, '.github', path), 'utf8');
const workflows = readdirSync(join(repoDir, '.github/workflows'));

describe('the workflows', () => {
  it('name one commit for one action', () => {
    const pins = workflows.flatMap((name) => [
      ...text(`workflows/${name}`).matchAll(/uses: (actions\/[\w-]+)@(.*)$/gm),
    ]);
    const byAction = Map.groupBy(pins, ([, action]) => action);
    for (const [action, found] of byAction)
      expect([action, new Set(found.map(([, , pin]) => pin)).size]).toEqual([action, 1]);
  });
});

it('dependabot looks after actions, npm, and images, in folders that there are', () => {
  const { updates } = parse(text('dependabot.yml')) as {
    updates: readonly { 'package-ecosystem': string; directory?: string; directories?: readonly string[] }[];
  };
  expect(updates.map((one) => one['package-ecosystem'])).toEqual([
    'github-actions',
    'npm',
    'docker',
    'docker-compose',
    'gomod',
  ]);
  for (const { directory, directories = [] } of updates)
    for (const path of directory === undefined ? directories : [directory])
      expect(existsSync(join(repoDir, path)), path).toBe(true);
});

/** @see https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema */
it.each(readdirSync(join(repoDir, '.github/ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml'))(
  'the issue form %s has what GitHub requires',
  (name) => {
    const form = parse(text(`ISSUE_TEMPLATE/${name}`)) as {
      name: string;
      description: string;
      body: readonly {
        type: string;
        id?: string;
        attributes: { label?: string; value?: string; options?: object[] };
      }[];
    };
    expect([form.name, form.description]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    const ids = form.body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of form.body) {
      expect(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
      if (type === 'markdown') expect(attributes.value).toMatch(/./);
      else expect([id, attributes.label]).toEqual([expect.stringMatching(/^[\w-]+$/), expect.stringMatching(/./)]);
      if (type === 'dropdown') expect(attributes.options?.length).toBeGreaterThan(1);
    }
  },
);
