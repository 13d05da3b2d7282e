import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, tempDir } from './paths.ts';
import { escapeCapitals } from './synthetic-modules.ts';

/** One module version of the tree. */
export type TreeModule = { readonly path: string; readonly version: string };

/** A folder that a file server can serve as a Go mirror. */
export interface ModuleTree {
  readonly dir: string;
  readonly modules: readonly TreeModule[];
  /** The checksum database whose relay lies in `sumdb/`, by name. */
  readonly sumdbName: string;
}

/**
 * The tree that `.ci/provision` made with the real `go mod download`: lists, infos, go.mod files and zips of six small
 * modules, and a static relay of the checksum database that answers a client without memory about each of them.
 * Shared by all tests, so read only: `copyModuleTree` gives one to change.
 * @throws Error where it was not made (`real(…, ['tree'], …)`)
 */
export function moduleTree(): ModuleTree {
  const dir = join(cacheDir, 'tree');
  if (!existsSync(join(dir, '.modules'))) throw new Error('no module tree: run .ci/provision cache tree');
  return describeTree(dir);
}

/** A copy of the tree that this test may change; removed at the end of the process. */
export function copyModuleTree(): ModuleTree {
  const dir = tempDir('tree');
  cpSync(moduleTree().dir, dir, { recursive: true });
  return describeTree(dir);
}

function describeTree(dir: string): ModuleTree {
  const lines = readFileSync(join(dir, '.modules'), 'utf8').trim().split('\n');
  const modules = lines.map((line) => {
    const [path = '', version = ''] = line.split('@');
    return { path, version };
  });
  return { dir, modules, sumdbName: readdirSync(join(dir, 'sumdb'))[0] ?? '' };
}

/**
 * The path in a tree of one of a version's files, `list`, or `@latest`.
 * @param what  `info`, `mod`, `zip`, `list` or `@latest`
 */
export function treePath(module: TreeModule, what: 'info' | 'mod' | 'zip' | 'list' | '@latest'): string {
  const base = escapeCapitals(module.path);
  if (what === '@latest') return `${base}/@latest`;
  return what === 'list' ? `${base}/@v/list` : `${base}/@v/${escapeCapitals(module.version)}.${what}`;
}

/** Takes one version out of a copied tree, its line in the list too: a mirror that has not got it yet. */
export function removeVersion(tree: ModuleTree, module: TreeModule): void {
  for (const what of ['info', 'mod', 'zip'] as const) rmSync(join(tree.dir, treePath(module, what)), { force: true });
  const list = join(tree.dir, treePath(module, 'list'));
  const kept = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && line.split(' ')[0] !== module.version);
  writeFileSync(list, kept.map((line) => `${line}\n`).join(''));
}

/** Puts a file of any content into a copied tree. */
export function putFile(tree: ModuleTree, path: string, content: string | Buffer): void {
  const file = join(tree.dir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}
