import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from '../../support/paths.ts';
import { anchorsOf } from './pages.ts';

/**
 * What comments and tests cite stands in this repository or at a public address: a file, a heading, the number of a
 * decision, a URL. No network is used: a URL is checked for its form.
 */

const folders = ['src', 'test', 'bench', 'tools', 'dashboards', 'deploy'];
const texts = /\.(?:ts|go|json|md|yml|yaml|c|sh)$/;
/** Texts that the project does not have. */
const elsewhere = /\b(?:design|protocols|style|voice|judgement-policy)\.md\b|\bdesign \d+\.\d/;
/** A page, with a heading or a decision's number. `docs/` of another project follows its name, as `owner/name docs/…`. */
const page = /(?<![\w/.@-])(?<!\b[\w.-]+\/[\w.-]+ )docs\/[\w./-]*[\w-](?:#[\w-]+)?/g;
const code = /(?<![\w/.@-])(?<!\b[\w.-]+\/[\w.-]+ )(?:src|test|bench|tools)\/[\w./-]+\.(?:ts|md|go|json)\b/g;
const url = /https?:\/\/[^\s`'"<>)|\]}*\\]+/g;

/** Why a citation of a page leads nowhere; `null`: it does not. */
function brokenPage(citation: string): string | null {
  const [path = '', anchor] = citation.split('#');
  const decision = /^docs\/decisions\/(\d{4})$/.exec(path);
  if (decision !== null) {
    const found = readdirSync(join(repoDir, 'docs/decisions')).filter((name) => name.startsWith(`${decision[1]}-`));
    return found.length === 1 ? null : `${citation}: ${found.length} decisions`;
  }
  const whole = join(repoDir, path);
  if (!existsSync(whole)) return `${citation}: no such file`;
  if (anchor === undefined || !statSync(whole).isFile() || !path.endsWith('.md')) return null;
  return anchorsOf(whole).has(anchor) ? null : `${citation}: no such heading`;
}

function brokenUrl(text: string): string | null {
  // A template of the code is no citation.
  if (text.includes('$') || text.includes('…')) return null;
  return URL.canParse(text.replace(':port', ':80')) ? null : `${text}: no URL`;
}

/** A comment, or a row of a page beside fixtures. */
const isComment = (line: string): boolean => /^\s*(?:\/\/|\/?\*|\|)|\s\/\/ /.test(line);

function brokenIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const own = line.replaceAll(url, '');
    const isCited = isComment(line);
    return [
      ...(elsewhere.test(own) ? [`${own.trim()}: not in the repository`] : []),
      ...(isCited ? [...own.matchAll(page)] : []).map(([found]) => brokenPage(found)),
      ...(isCited ? [...own.matchAll(code)] : []).map(([path]) =>
        existsSync(join(repoDir, path)) ? null : `${path}: no such file`,
      ),
      ...(isCited ? [...line.matchAll(url)] : []).map(([found]) => brokenUrl(found)),
    ].filter((problem) => problem !== null);
  });
}

const files = folders.flatMap((folder) =>
  readdirSync(join(repoDir, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => texts.test(name) && !name.includes('golden') && !name.includes('results'))
    .map((name) => `${folder}/${name}`)
    .filter((name) => name !== 'test/unit/docs/citations.test.ts' && statSync(join(repoDir, name)).isFile()),
);

describe('citations', () => {
  it.each([
    ['// as design.md section 5', 1],
    ['// see docs/detection.md#no-such-heading', 1],
    ['// see docs/no-such-page.md', 1],
    ['// see docs/decisions/0999', 1],
    ['// see src/no-such-file.ts', 1],
    ['// see https://[', 1],
    [' * @see docs/decisions/0011, docs/decisions/0002-advised-chain.md; containers/image docs/no-such-page.md', 0],
    [' * @see docs/protocols/go.md#relay; pypa/pip src/pip/no-such-file.ts; test/unit/docs/citations.test.ts', 0],
  ])('%s: %i broken', (line, count) => {
    expect(brokenIn(line)).toHaveLength(count);
  });

  it('resolve, in each file', () => {
    expect(files.length).toBeGreaterThan(1500);
    const broken = files.flatMap((file) => {
      const problems = brokenIn(readFileSync(join(repoDir, file), 'utf8'));
      return problems.map((problem) => `${file}: ${problem}`);
    });
    expect(broken).toEqual([]);
  });
});
