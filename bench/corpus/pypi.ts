import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { startDevpi } from '../../test/support/devpi.ts';
import { cacheDir, repoDir } from '../../test/support/paths.ts';
import { mustRun, run } from '../../test/support/process.ts';
import { pipDownload } from '../../test/support/pypi-clients.ts';
import { listenHere } from './listen-here.ts';
import { sendFile } from './npm.ts';
import { arrivedOf, type Item, itemOf, NothingHeld, type Part, packagesOf, type Served } from './part.ts';
import { lastLine, takeRoots, type Wanted } from './roots.ts';

const json = 'application/vnd.pypi.simple.v1+json';

interface PageFile {
  readonly filename: string;
  readonly url: string;
  readonly hashes: { readonly sha256?: string };
  readonly 'requires-python'?: string | null;
  readonly yanked?: boolean | string;
  readonly 'core-metadata'?: boolean | { readonly sha256?: string };
}

interface Page {
  readonly name: string;
  readonly files: readonly PageFile[];
}

/**
 * What `.ci/provision` installed with pip, and the roots with their dependencies: the pages as pip reads them, and the
 * files that it takes.
 */
export async function openPypi(wanted: Wanted): Promise<Part> {
  const { dir } = wanted;
  const python = join(cacheDir, 'pypi', 'bin', 'python');
  if (!existsSync(python)) throw new NothingHeld('no Python clients: run .ci/provision cache pypi');
  for (const part of ['pages', 'files']) mkdirSync(join(dir, part), { recursive: true });
  const installed = (await mustRun(python, ['-m', 'pip', 'freeze', '--all'])).trim().split('\n').join(' ');
  const refused = await takeRoots(
    { ...wanted, roots: [installed, ...wanted.roots] },
    () => packagesOf(itemsIn(dir)),
    // No package of the roots is built: that would run it.
    (root) => take(python, dir, root === installed ? ['--no-deps', ...root.split(' ')] : ['--only-binary=:all:', root]),
  );
  await mustRun(python, ['-c', extractMetadata, join(dir, 'files')], { timeoutMs: 0 });
  const items = itemsIn(dir);
  const pages = pagesIn(dir);
  const held = readdirSync(join(dir, 'files')).filter((file) => !file.endsWith('.metadata'));
  if (items.length === 0) throw new NothingHeld('pip took nothing');
  const index = await startIndex(dir, pages, new Set(held));
  const devpi = await startDevpi(`${index.url}/simple`);
  const serve = (name: string, url: string): Served => ({
    name,
    url,
    install: (some) => arrivedOf([...some], async (few) => (await pipDownload(few, { PIP_INDEX_URL: url })).code === 0),
  });
  return {
    word: 'pypi',
    ecosystem: 'pypi',
    modules: items,
    servers: [serve('index', `${index.url}/simple`), serve('devpi', devpi.url)],
    notServed: refused,
    async close() {
      await devpi.close();
      await index.close();
    },
  };
}

async function take(python: string, dir: string, what: readonly string[]): Promise<string | null> {
  const script = join(repoDir, 'bench', 'corpus', 'keep-pages.py');
  const pip = ['download', '--quiet', '--no-cache-dir', '-d', join(dir, 'files'), ...what];
  const { code, stderr } = await run(python, [script, join(dir, 'pages'), ...pip], { timeoutMs: 0 });
  return code === 0 ? null : lastLine(stderr);
}

/** The files that pip took of projects whose page is here, as `name==version`. */
function itemsIn(dir: string): readonly Item[] {
  const pages = new Set(readdirSync(join(dir, 'pages')));
  const items = readdirSync(join(dir, 'files')).flatMap((file) => {
    const [, name = '', version = ''] = /^(.+?)-(\d[^-]*?)(?:-.*\.whl|\.tar\.gz|\.zip)$/.exec(file) ?? [];
    const normal = name.toLowerCase().replace(/[-_.]+/g, '-');
    return pages.has(`${normal}.json`) ? [`${normal}==${version}`] : [];
  });
  return [...new Set(items)].map((name) => itemOf(name, '=='));
}

/** Beside each wheel its core metadata, as an index serves it: https://peps.python.org/pep-0658/. */
const extractMetadata = `
import pathlib, sys, zipfile
for wheel in pathlib.Path(sys.argv[1]).glob("*.whl"):
    with zipfile.ZipFile(wheel) as opened:
        name = next(n for n in opened.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA"))
        wheel.with_name(wheel.name + ".metadata").write_bytes(opened.read(name))
`;

function pagesIn(dir: string): ReadonlyMap<string, Page> {
  const read = (file: string): Page => JSON.parse(readFileSync(join(dir, 'pages', file), 'utf8')) as Page;
  return new Map(readdirSync(join(dir, 'pages')).map((file) => [file.replace('.json', ''), read(file)]));
}

/** The pages with all their files; of a version that is held, only the files that are here. */
async function startIndex(
  dir: string,
  pages: ReadonlyMap<string, Page>,
  held: ReadonlySet<string>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/');
    const [, project = ''] = /^\/simple\/([^/]+)\/$/.exec(path) ?? [];
    const page = pages.get(project);
    if (page !== undefined) {
      const versions = [...held].filter((file) => page.files.some(({ filename }) => filename === file)).map(versionIn);
      const files = page.files
        .filter(({ filename }) => held.has(filename) || !versions.includes(versionIn(filename)))
        .map((file) => ({ ...file, url: `../../files/${file.filename}` }));
      if (request.headers.accept?.includes(json) !== true)
        return response.writeHead(200, { 'content-type': 'text/html' }).end(htmlOf(files));
      return response.writeHead(200, { 'content-type': json }).end(JSON.stringify({ ...page, files }));
    }
    const [, file = ''] = /^\/files\/([^/]+)$/.exec(path) ?? [];
    if (!existsSync(join(dir, 'files', file)) || file === '') return response.writeHead(404).end();
    return sendFile(join(dir, 'files', file), 'application/octet-stream', response);
  });
  return listenHere(server);
}

/** The same as HTML: https://packaging.python.org/en/latest/specifications/simple-repository-api/#base-html-api. */
function htmlOf(files: readonly PageFile[]): string {
  const lines = files.map(({ filename, url, hashes, yanked, ...more }) => {
    const python = more['requires-python'];
    const metadata = more['core-metadata'];
    const sha256 = typeof metadata === 'object' ? metadata.sha256 : undefined;
    const attributes = [
      ...(hashes.sha256 === undefined ? [`href="${url}"`] : [`href="${url}#sha256=${hashes.sha256}"`]),
      ...(python ? [`data-requires-python="${escaped(python)}"`] : []),
      ...(yanked ? [`data-yanked="${yanked === true ? '' : escaped(yanked)}"`] : []),
      ...(metadata ? [`data-core-metadata="${sha256 === undefined ? 'true' : `sha256=${sha256}`}"`] : []),
    ];
    return `<a ${attributes.join(' ')}>${filename}</a><br />`;
  });
  return `<!DOCTYPE html>\n<html><head><title>Links</title></head><body>\n${lines.join('\n')}\n</body></html>\n`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

function versionIn(file: string): string {
  return /-(\d[^-]*?)(?:-|\.tar|\.zip|\.egg|\.exe|$)/.exec(file)?.[1] ?? '';
}
