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
  config: { folders: ['core'], packages: ['yaml', 'zod', 'node-cron', 'node:net'] },
  schedule: { folders: ['core'], packages: [] },
  probe: { folders: ['core'], packages: ['zod'] },
  measure: { folders: ['core'], packages: ['zod'] },
  detect: { folders: ['core'], packages: ['node:net'] },
  advise: { folders: ['core'], packages: [] },
  notify: { folders: ['core'], packages: [] },
  state: { folders: ['core'], packages: [] },
  export: { folders: ['core'], packages: ['prom-client'] },
  rules: { folders: ['core'], packages: [] },
  api: { folders: ['core'], packages: ['express', 'helmet'] },
  io: {
    folders: ['core'],
    packages: ['undici', 'node-cron', 'pino', 'pino-pretty', 'node:*'],
    files: { 'worker.ts': ['core', 'probe', 'measure'], 'inline-workers.ts': ['core', 'probe', 'measure'] },
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
    packages: ['node:process', 'node:fs', 'node:tty', 'node:readline', 'node:os'],
  },
  main: { folders: ['cli'], packages: ['node:process'] },
};

const instead: readonly (readonly [RegExp, string, string[]])[] = [
  [/\bDate\.now\(|new Date\(\)|performance\.now\(/, 'take `Now` or the Clock port', ['io', 'cli', 'main']],
  [/\bMath\.random\(/, 'take the Random port', ['io']],
  [/\bset(Timeout|Interval|Immediate)\(/, 'take the Timers port', ['io', 'cli']],
  [/\bconsole\./, 'take the Log port', ['cli']],
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
