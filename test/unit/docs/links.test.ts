import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { repoDir } from '../../support/paths.ts';
import { anchorsOf, pages } from './pages.ts';

const all = [...pages, 'docs/cli.md', 'docs/api.md', 'docs/configuration.md', 'docs/adding-an-ecosystem.md'];

test.each(all)('links of %s lead somewhere', (page) => {
  const text = readFileSync(join(repoDir, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
  const broken = links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? join(repoDir, page) : join(repoDir, dirname(page), decodeURI(file));
    if (!existsSync(path)) return true;
    return anchor !== undefined && statSync(path).isFile() && !anchorsOf(path).has(anchor);
  });
  expect(broken).toEqual([]);
});

/** Words that stand for an ecosystem or a profile, a section of the file, a part of the bench. */
const examples = { '<id>': ['go', 'maven'], '<section>': ['mirrors'], PART: ['cpu'] };

test.each(all)('paths of code in %s are there', (page) => {
  const paths = [...readFileSync(join(repoDir, page), 'utf8').matchAll(/`((?:src|test|tools|bench)\/[\w./<>-]+)`/g)];
  const gone = paths.flatMap(([, path = '']) => {
    const [word, names] = Object.entries(examples).find(([one]) => path.includes(one)) ?? ['', ['']];
    return names.some((name) => existsSync(join(repoDir, path.replaceAll(word, name)))) ? [] : [path];
  });
  expect(gone).toEqual([]);
});
