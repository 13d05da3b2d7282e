import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The import table of the layout: which folder may import which, and which packages of its own. */
const pure = [
  'node:crypto',
  'node:util',
  'node:url',
  'node:assert',
  'node:path',
  'node:zlib',
  'node:querystring',
  'node:stream',
  'node:stream/promises',
];
const table: Record<string, { folders: string[]; packages: string[]; files?: Record<string, string[]> }> = {
  core: { folders: [], packages: [] },
  config: { folders: ['core'], packages: ['yaml', 'zod', 'node-cron'] },
  schedule: { folders: ['core'], packages: [] },
  probe: { folders: ['core'], packages: ['zod'] },
  measure: { folders: ['core'], packages: [] },
  detect: { folders: ['core'], packages: [] },
  advise: { folders: ['core'], packages: [] },
  notify: { folders: ['core'], packages: [] },
  state: { folders: ['core'], packages: [] },
  export: { folders: ['core'], packages: ['prom-client'] },
  rules: { folders: ['core'], packages: [] },
  api: { folders: ['core'], packages: ['express', 'helmet'] },
  io: {
    folders: ['core'],
    packages: ['undici', 'node-cron', 'pino', 'pino-pretty', 'node:*'],
    files: { 'worker.ts': ['core', 'probe', 'measure'] },
  },
  daemon: {
    folders: [
      'core',
      'config',
      'schedule',
      'probe',
      'measure',
      'detect',
      'advise',
      'notify',
      'state',
      'export',
      'api',
      'io',
    ],
    packages: [],
  },
  cli: {
    folders: ['core', 'config', 'daemon', 'rules'],
    packages: ['node:fs'],
  },
  main: { folders: ['cli'], packages: [] },
};

const instead: readonly (readonly [RegExp, string, string[]])[] = [
  [/\bDate\.now\(|new Date\(\)|performance\.now\(/, 'take `Now` or the Clock port', ['io']],
  [/\bMath\.random\(/, 'take the Random port', []],
  [/\bset(Timeout|Interval|Immediate)\(/, 'take the Timers port', ['io', 'cli']],
  [/\bconsole\./, 'take the Log port', []],
  [/\bprocess\.env\b/, 'cli/ alone reads the environment', ['cli', 'main']],
  [/\bexport default\b/, 'named exports only', []],
  [/\.only\(|\.skip\(/, 'no test switches', []],
];

const root = resolve(import.meta.dirname, '..');
const files = walk(join(root, 'src'));

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function folderOf(path: string): string {
  const parts = relative(join(root, 'src'), path).split('/');
  return parts.length === 1 ? (parts[0] ?? '').replace('.ts', '') : (parts[0] ?? '');
}

function importsOf(text: string): string[] {
  const statements = /^\s*(?:(?:import|export)\b[^'";=]*?\bfrom\s*|import\s*)'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? '');
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
}

describe('who may import whom', () => {
  it.each(files.map((path) => [relative(root, path), path]))('%s', (name, path) => {
    const folder = folderOf(path);
    const rule = table[folder];
    expect(rule, `${name}: folder ${folder} is not in the layout`).toBeDefined();
    if (!rule) return;
    const base = name.split('/').at(-1) ?? '';
    const folders = rule.files?.[base] ?? rule.folders;
    for (const wanted of importsOf(withoutComments(readFileSync(path, 'utf8')))) {
      if (wanted.startsWith('.')) {
        const other = folderOf(resolve(path, '..', wanted));
        expect(
          other === folder || folders.includes(other),
          `${name} imports ${wanted}: ${folder}/ may import ${folders.join(', ') || 'nothing'}`,
        ).toBe(true);
      } else {
        const allowed =
          pure.includes(wanted) ||
          rule.packages.some((one) => one === wanted || (one === 'node:*' && wanted.startsWith('node:')));
        expect(
          allowed,
          `${name} imports ${wanted}: ${folder}/ has ${rule.packages.join(', ') || 'no packages'} of its own`,
        ).toBe(true);
      }
    }
  });
});

describe('what goes through ports', () => {
  it.each(files.map((path) => [relative(root, path), path]))('%s', (name, path) => {
    const text = withoutComments(readFileSync(path, 'utf8'));
    for (const [pattern, use, except] of instead)
      if (!except.includes(folderOf(path)))
        expect(pattern.test(text), `${name}: ${pattern.source}: ${use}`).toBe(false);
  });
});

describe('hosts of package registries', () => {
  const hosts = [
    'proxy.' + 'golang.org',
    'registry.' + 'npmjs.org',
    'pypi.' + 'org',
    'registry.' + 'npmmirror.com',
    'goproxy.' + 'cn',
    'mirrors.' + 'aliyun.com',
  ];
  const allowed = ['src/config/known-mirrors.ts', 'src/config/default-config.ts'];
  const all = [...files, ...walk(join(root, 'test'))]
    .map((path) => relative(root, path))
    .filter((path) => !allowed.includes(path));
  it.each(all)('%s names none', (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    for (const host of hosts) expect(text.includes(host), `${path} names ${host}`).toBe(false);
  });
  it('the lock file records none', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": *"http/);
  });
});

const code = new Map(files.map((path) => [path, withoutComments(readFileSync(path, 'utf8'))]));

function within(folder: string): string[] {
  return files.filter((path) => folderOf(path) === folder);
}

describe('exemptions that no longer apply', () => {
  it.each(Object.entries(table))(
    'the packages and files of %s/',
    (folder, { packages, folders, files: exempt = {} }) => {
      const mine = within(folder);
      const wanted = new Set(mine.flatMap((path) => importsOf(code.get(path) ?? '')));
      const idle = packages.filter((one) => one !== 'node:*' && !wanted.has(one));
      expect(idle, `${folder}/ imports none of these`).toEqual([]);
      for (const [name, more] of Object.entries(exempt)) {
        const used = mine
          .filter((path) => path.endsWith(`/${name}`))
          .flatMap((path) => importsOf(code.get(path) ?? '').map((one) => folderOf(resolve(path, '..', one))));
        const added = more.filter((one) => !folders.includes(one));
        expect(
          added.filter((one) => !used.includes(one)),
          `${folder}/${name} needs no exemption for these`,
        ).toEqual([]);
      }
    },
  );
  it.each(instead.filter(([, , except]) => except.length > 0))('%s: %s', (pattern, _use, except) => {
    const idle = except.filter((folder) => !within(folder).some((path) => pattern.test(code.get(path) ?? '')));
    expect(idle, 'folders that do without').toEqual([]);
  });
});

describe('no test is left out or alone', () => {
  const switches = /\b(?:it|test|describe|suite|bench)(?:\.(?:concurrent|sequential|each))*\.(?:only|todo|fails)\b/;
  it.each([...walk(join(root, 'test')), ...walk(join(root, 'bench'))].map((path) => relative(root, path)))(
    '%s',
    (path) => {
      expect(withoutComments(readFileSync(join(root, path), 'utf8'))).not.toMatch(switches);
    },
  );
});

describe('imports', () => {
  const edges = new Map(
    [...code].map(([path, text]) => [
      path,
      importsOf(text)
        .filter((one) => one.startsWith('.'))
        .map((one) => resolve(path, '..', one)),
    ]),
  );
  it('go in no circle, those of types included', () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const open: string[] = [];
    const visit = (path: string): void => {
      const at = open.indexOf(path);
      if (at >= 0) circles.push([...open.slice(at), path].map((one) => relative(root, one)).join(' > '));
      if (at >= 0 || done.has(path)) return;
      open.push(path);
      for (const next of edges.get(path) ?? []) visit(next);
      open.pop();
      done.add(path);
    };
    for (const path of files) visit(path);
    expect(circles).toEqual([]);
  });

  it('take every value that is exported: what tests alone use is dead', () => {
    const others = ['bench', 'tools'].flatMap((folder) => walk(join(root, folder)));
    const all = [...code.values(), ...others.map((path) => readFileSync(path, 'utf8'))];
    const words = new Map<string, number>();
    for (const text of all)
      for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) words.set(word, (words.get(word) ?? 0) + 1);
    const dead = [...code].flatMap(([path, text]) =>
      [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|interface|type) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => words.get(name) === 1)
        .map((name) => `${relative(root, path)} ${name}`),
    );
    expect(dead).toEqual([]);
  });
});

describe('the configuration', () => {
  /** Keys that nobody reads yet, as `mirrorwatch check` says. */
  const unread = ['lagLimitMs'];
  const shapes =
    readFileSync(join(root, 'src/core/config.ts'), 'utf8').split('/** One mistake of the operator')[0] ?? '';
  const keys = [...new Set([...withoutComments(shapes).matchAll(/readonly (\w+)\??:/g)].map(([, key = '']) => key))];
  const readers = files.filter((path) => folderOf(path) !== 'config' && !path.endsWith('core/config.ts'));
  const isRead = (key: string): boolean =>
    readers.some((path) => new RegExp(`\\b${key}\\b`).test(code.get(path) ?? ''));
  it.each(keys.filter((key) => !unread.includes(key)))('%s is read by somebody', (key) => {
    expect(isRead(key)).toBe(true);
  });
  it.each(unread)('%s is still read by nobody', (key) => {
    expect(keys).toContain(key);
    expect(isRead(key)).toBe(false);
  });
});
