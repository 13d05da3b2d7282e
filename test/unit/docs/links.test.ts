import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { routes } from '../../../src/api/problem.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir } from '../../support/paths.ts';
import { anchorsOf, pages } from './pages.ts';

const all = [...pages, 'docs/cli.md', 'docs/api.md', 'docs/configuration.md', 'docs/adding-an-ecosystem.md'];

function brokenLinks(page: string): readonly string[] {
  const text = readFileSync(join(repoDir, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
  return links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? join(repoDir, page) : join(repoDir, dirname(page), decodeURI(file));
    if (!existsSync(path)) return true;
    return anchor !== undefined && statSync(path).isFile() && !anchorsOf(path).has(anchor);
  });
}

test('links lead somewhere', () => expectRows(all, String, (page) => expect(brokenLinks(page)).toEqual([])));

/** Words that stand for an ecosystem or a profile, a section of the file, a part of the bench. */
const examples = { '<id>': ['go', 'maven'], '<section>': ['mirrors'], PART: ['cpu'] };

test('paths of code and of the API are there', () =>
  expectRows(all, String, (page) => {
    const text = readFileSync(join(repoDir, page), 'utf8');
    const gone = [...text.matchAll(/`((?:src|test|tools|bench)\/[\w./<>-]+)`/g)].flatMap(([, path = '']) => {
      const [word, names] = Object.entries(examples).find(([one]) => path.includes(one)) ?? ['', ['']];
      return names.some((name) => existsSync(join(repoDir, path.replaceAll(word, name)))) ? [] : [path];
    });
    expect(gone).toEqual([]);
    const known = routes.map(([, route]) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`));
    const written = [...text.matchAll(/\/api\/v1\/(?:\{[\w,]+\}|[\w/:<>.-]*\w)/g)].flatMap(([found]) => {
      const [, start = '', list] = /^([^{]*)\{(.*)\}$/.exec(found) ?? [];
      return list === undefined ? [found] : list.split(',').map((one) => start + one);
    });
    // `mirrorwatch fleet` serves a route of its own; docs/api.md is made of the routes.
    const strange = written.filter((path) => path !== '/api/v1/fleet' && !known.some((one) => one.test(path)));
    expect(page === 'docs/api.md' ? [] : strange).toEqual([]);
  }));
