import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { registry } from '../src/ecosystems/registry.ts';
import { expectRows } from './support/expect-rows.ts';
import { longest, representatives, slow } from './support/tiers.ts';
import { readTimes } from './support/times.ts';

/** The import table of the layout: which folder may import which, and which packages of its own. */
const pure = [
  'node:buffer',
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
/** Readers of formats that one ecosystem has: loaded with its conversations or its lock files, and by nobody else. */
const kept = [
  '@sigstore/bundle',
  '@sigstore/protobuf-specs',
  '@sigstore/verify',
  'htmlparser2',
  're2js',
  'semver/classes/semver.js',
  'semver/functions/parse.js',
  'smol-toml',
  'ssri',
  'xz-decompress',
];
const series = ['counter', 'gauge', 'histogram', 'registry'].map((name) => `prom-client/lib/${name}.js`);
/** What is loaded of it: its index would load three times as much. The index itself is for types. */
const ofUndici = [
  'undici',
  'undici/lib/dispatcher/client.js',
  'undici/lib/api/api-request.js',
  'undici/lib/core/connect.js',
];
interface Rule {
  readonly folders: string[];
  readonly packages: string[];
  /** By the name of a file: its folders in place of those. */
  readonly files?: Record<string, string[]>;
  /** By the name of a folder within: further ones. */
  readonly parts?: Record<string, string[]>;
}
const table: Record<string, Rule> = {
  core: { folders: [], packages: [] },
  // The syntax of settings files. Only the doctors of ecosystems and the actions load them.
  formats: { folders: ['core', 'words'], packages: ['smol-toml', 'yaml'] },
  ecosystems: { folders: ['core', 'formats', 'words'], packages: ['yaml', 'zod', 'node:module', ...kept] },
  config: { folders: ['core', 'ecosystems', 'words'], packages: ['yaml', 'zod', 'node-cron'] },
  schedule: { folders: ['core', 'ecosystems'], packages: [] },
  probe: { folders: ['core', 'words'], packages: [] },
  detect: { folders: ['core', 'words'], packages: [] },
  advise: { folders: ['core', 'ecosystems', 'words'], packages: [] },
  notify: { folders: ['core', 'words'], packages: [] },
  words: {
    folders: ['core', 'locales'],
    packages: ['node:module', 'intl-messageformat', '@formatjs/icu-messageformat-parser'],
  },
  state: { folders: ['core'], packages: [] },
  export: { folders: ['core'], packages: ['prom-client', ...series] },
  // What commands are written with: arguments, configuration, lines, exit codes.
  terminal: { folders: ['core', 'config', 'daemon', 'words'], packages: [] },
  features: {
    folders: ['core', 'formats', 'config', 'wire', 'ecosystems', 'daemon', 'words', 'terminal'],
    packages: ['node:http'],
    // They judge, keep time and open sockets with the same parts as the daemon, put together in another way.
    parts: {
      rank: ['advise', 'detect', 'schedule', 'io'],
      replay: ['advise', 'detect', 'schedule', 'state', 'io'],
      demo: ['schedule', 'notify', 'io'],
      // A listener of its own, with the daemon's guard, bounds and form of metrics.
      door: ['io', 'api', 'export'],
      fleet: ['io', 'api'],
      actions: ['io', 'notify'],
    },
  },
  // It reads its own style sheet and script.
  api: { folders: ['core', 'words'], packages: ['express', 'helmet', 'node:fs'] },
  wire: {
    folders: ['core', 'words'],
    packages: [...ofUndici, 'undici/lib/core/symbols.js', 'undici/lib/dispatcher/pool.js', 'node:*'],
  },
  io: {
    folders: ['core', 'words'],
    packages: [...ofUndici, 'node-cron', 'pino', 'node:*'],
    files: {
      'worker.ts': ['core', 'ecosystems', 'probe', 'wire'],
      // A message is sent under the same guard as a probe.
      'git-copy.ts': ['core', 'wire'],
      'post.ts': ['core', 'wire'],
      // A response of a store has the limits of one of a mirror.
      'exchange.ts': ['core', 'wire'],
      'config-worker.ts': ['core', 'config', 'schedule'],
    },
  },
  daemon: {
    folders: [
      'core',
      'ecosystems',
      'config',
      'schedule',
      'probe',
      'detect',
      'advise',
      'notify',
      'state',
      'export',
      'api',
      'io',
      'words',
      // Actions alone, which a test below holds.
      'features',
    ],
    packages: [],
  },
  cli: { folders: ['core', 'config', 'daemon', 'features', 'words', 'terminal'], packages: ['node:fs', 'node:v8'] },
  main: { folders: ['cli'], packages: [] },
};

/** Ecosystems by their folders, and who may know their names all the same: the built-in configuration. */
const kinds = walkFolders(join(resolve(import.meta.dirname, '..'), 'src', 'ecosystems'));
const sayers = ['src/config/known-mirrors.ts', 'src/config/default-config.ts'];

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
    if (entry.name === 'node_modules') return [];
    return entry.isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function walkFolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}

function folderOf(path: string): string {
  const parts = relative(join(root, 'src'), path)
    .replace(/^\.\.\//, '')
    .split('/');
  return parts.length === 1 ? (parts[0] ?? '').replace('.ts', '') : (parts[0] ?? '');
}

function importsOf(text: string): string[] {
  const statements = /^\s*(?:(?:import|export)\b[^'";=]*?\bfrom\s*|import\s*)'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? '');
}

/** What a file loads by itself: types are gone by then, and what an ecosystem imports later is for those who configure it. */
function loadedBy(path: string, text: string, isLater: boolean): string[] {
  const statements = /^\s*(?:(?:import|export)\s+(?!type\b)[^'";=]*?\bfrom\s*|import\s*)'([^']+)'/gm;
  const later = folderOf(path) === 'ecosystems' || !isLater ? [] : [...text.matchAll(/\bimport\(\s*'([^']+)'/g)];
  return [...text.matchAll(statements), ...later].map(([, wanted = '']) => wanted);
}

/** What a file takes from files beside it, by name; `*` where it takes everything, or nobody can tell. */
function namesTaken(text: string): readonly (readonly [from: string, name: string])[] {
  const named = /(?:import|export)\s+(?:type\s+)?(\{[^}]*\}|\*[^'{]*?)\s+from\s+'(\.[^']+)'|import\(\s*'(\.[^']+)'/g;
  return [...text.matchAll(named)].flatMap(([, names = '*', from, lazy]) =>
    names.startsWith('*')
      ? [[from ?? lazy ?? '', '*'] as const]
      : names
          .slice(1, -1)
          .split(',')
          .map((one) => [from ?? '', one.trim().replace(/^type\s+|\s+as\s.*/g, '')] as const),
  );
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

const code = new Map(files.map((path) => [path, withoutComments(readFileSync(path, 'utf8'))]));

const within = (folder: string): string[] => files.filter((path) => folderOf(path) === folder);

/** What `node:*` in a list of packages stands for. */
const nodeOf = (packages: readonly string[], wanted: string): string[] =>
  packages.includes('node:*') && wanted.startsWith('node:') ? [wanted] : [];

describe('who may import whom', () => {
  it('by the table of folders and packages', () => {
    const broken = files.flatMap((path) => {
      const name = relative(root, path);
      const folder = folderOf(path);
      const rule = table[folder];
      if (rule === undefined) return [`${name}: the folder is not in the layout`];
      const base = name.split('/').at(-1) ?? '';
      const folders = [...(rule.files?.[base] ?? rule.folders), ...(rule.parts?.[name.split('/')[2] ?? ''] ?? [])];
      const isAllowed = (wanted: string): boolean => {
        if (!wanted.startsWith('.'))
          return [...pure, ...rule.packages, ...nodeOf(rule.packages, wanted)].includes(wanted);
        const other = folderOf(resolve(path, '..', wanted));
        return other === folder || folders.includes(other);
      };
      return importsOf(code.get(path) ?? '')
        .filter((wanted) => !isAllowed(wanted))
        .map((wanted) => `${name} imports ${wanted}`);
    });
    expect(broken).toEqual([]);
  });

  it('no decision, action, gauge, stored row or route of the door reads a sentence', () => {
    const deciding =
      /^src\/(advise\/(comparison\/.*|(cause|cause-now|decide|decision|obstacles|prepare|prices|verdict|weigh)\.ts)|features\/(actions\/(follow|policy|rows)\.ts|door\/.*)|(core|export|state)\/.*)$/;
    const taken = files.flatMap((path) => {
      const name = relative(root, path);
      if (!deciding.test(name)) return [];
      return importsOf(code.get(path) ?? '').flatMap((wanted) =>
        /\/words\//.test(wanted) ? [`${name}: ${wanted}`] : [],
      );
    });
    expect(taken).toEqual([]);
    expect(files.filter((path) => deciding.test(relative(root, path))).length).toBeGreaterThan(100);
  });

  it('the daemon imports no feature but actions', () => {
    const taken = within('daemon').flatMap((path) => importsOf(code.get(path) ?? ''));
    expect(taken.filter((one) => one.includes('features/') && !one.includes('features/actions/'))).toEqual([]);
  });
});

describe('one wing per ecosystem', () => {
  const ecosystems = join(root, 'src', 'ecosystems');
  // `http` is a scheme and a protocol too.
  const words = kinds.filter((word) => word !== 'http');
  const isTheirs = (path: string): boolean => kinds.some((kind) => path.startsWith(`${join(ecosystems, kind)}/`));
  const outsiders = files.filter((path) => !isTheirs(path));
  const registryFile = 'src/ecosystems/registry.ts';
  const targetsOf = (path: string): string[] =>
    importsOf(code.get(path) ?? '').map((wanted) => resolve(path, '..', wanted));
  /** The files of `paths`, but for those who may say the names of ecosystems, whose code one of the patterns finds. */
  const speakers = (paths: readonly string[], patterns: readonly RegExp[], but: readonly string[] = sayers): string[] =>
    paths
      .map((path) => relative(root, path))
      .filter((name) => !but.includes(name))
      .filter((name) => patterns.some((pattern) => pattern.test(code.get(join(root, name)) ?? '')));

  it('has a folder for each word of the registry', () => expect(kinds.toSorted()).toEqual(registry.ids.toSorted()));

  it('which is reached through the registry', () => {
    const others = outsiders.filter((path) => relative(root, path) !== registryFile);
    expect(others.filter((path) => targetsOf(path).some(isTheirs))).toEqual([]);
  });

  it('whose name no file outside knows, as a word or as a key', () => {
    const patterns = words.flatMap((word) => [
      new RegExp(`(['"\`])${word}\\1`),
      new RegExp(`[\\w)\\]]\\??\\.${word}\\b(?!\\.)`),
    ]);
    expect(speakers(outsiders, patterns, [...sayers, registryFile])).toEqual([]);
  });

  it('which imports no other', () => {
    for (const kind of kinds) {
      const own = `${join(ecosystems, kind)}/`;
      const mine = files.filter((path) => path.startsWith(own));
      expect(mine.length).toBeGreaterThan(0);
      const foreign = mine.filter((path) => targetsOf(path).some((to) => isTheirs(to) && !to.startsWith(own)));
      expect(foreign).toEqual([]);
    }
  });

  it('whose steps no file outside knows by their names', () => {
    /** Words of steps that are levels, keys and headers too. */
    const ordinary = ['list', 'info', 'mod', 'latest', 'metadata', 'index', 'file', 'get', 'config'];
    const steps = registry.steps.filter((step) => !ordinary.includes(step));
    expect(
      speakers(
        outsiders,
        steps.map((step) => new RegExp(`(['"\`])${step}\\1`)),
      ),
    ).toEqual([]);
  });
});

test('clock, chance, timers, log and environment go through ports', () =>
  expectRows(
    instead,
    ([, use]) => use,
    ([pattern, , except]) => {
      const found = files.filter((path) => pattern.test(code.get(path) ?? ''));
      expect(found.filter((path) => !except.includes(folderOf(path))).map((path) => relative(root, path))).toEqual([]);
    },
  ));

describe('hosts of package registries', () => {
  const hosts = [
    'proxy.' + 'golang.org',
    'registry.' + 'npmjs.org',
    'pypi.' + 'org',
    'registry.' + 'npmmirror.com',
    'goproxy.' + 'cn',
    'mirrors.' + 'aliyun.com',
  ];
  it('are named in the file of known mirrors alone', () => {
    const all = [...files, ...walk(join(root, 'test')), join(root, 'src/config/known-mirrors.json')];
    const naming = all.filter((path) => {
      const text = readFileSync(path, 'utf8');
      return hosts.some((host) => text.includes(host));
    });
    expect(naming.map((path) => relative(root, path))).toEqual(['src/config/known-mirrors.json']);
  });
  it('the lock file records none', () =>
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": *"http/));
});

describe('no test is left out or alone', () => {
  const switches = /\b(?:it|test|describe|suite|bench)(?:\.(?:concurrent|sequential|each))*\.(?:only|todo|fails)\b/;
  const skips = /\b(?:it|test|describe|suite|bench)\.(?:skip|skipIf|runIf)\b/;
  /** They say why on the spot: what this machine lacks, or what is not written yet. */
  const mayskip = ['test/support/requires.ts', 'test/unit/io/store-disk.test.ts'];
  const all = ['src', 'test', 'bench', 'tools', 'dashboards']
    .flatMap((folder) => walk(join(root, folder)))
    .map((path) => relative(root, path));
  const textOf = (path: string): string => withoutComments(readFileSync(join(root, path), 'utf8'));
  it('by a switch in its file', () => {
    expect(all.filter((path) => switches.test(textOf(path)))).toEqual([]);
    expect(all.filter((path) => skips.test(textOf(path))).toSorted()).toEqual(mayskip.toSorted());
  });
  it('and .ci/run leaves none out: neither what a machine lacks nor what is no part of npm test', () => {
    const lines = readFileSync(join(root, '.ci/run'), 'utf8').split('\n');
    expect(textOf('test/support/requires.ts')).toContain(`process.env.MIRRORWATCH_REQUIRE_REAL === '1'`);
    for (const line of ['export MIRRORWATCH_REQUIRE_REAL=1', 'npm test </dev/null', 'npm run test:rest </dev/null'])
      expect(lines).toContain(line);
  });
});

describe('the files that npm test runs', () => {
  const isThere = (path: string): boolean => existsSync(join(root, path));
  it('are there, as are those that it leaves out', () => {
    expect(
      [...representatives, ...slow, ...longest, ...Object.keys(readTimes())].filter((path) => !isThere(path)),
    ).toEqual([]);
    expect(Object.keys(readTimes()).filter((path) => slow.includes(path))).toEqual([]);
  });
  it('take at most 10 s each', () => {
    const rows = Object.entries(readTimes()).filter(([, { cpu, took }]) => Math.max(cpu, took) > 10);
    expect(rows.map(([path]) => path)).toEqual([]);
  });
});

describe('imports and exports', () => {
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

  /** Of a folder: its files, and the folders in it with all that they hold. Each feature is a folder of its own. */
  const roomsOf = (folder: string): Map<string, Set<string>> => {
    const rooms = new Map<string, Set<string>>();
    const roomOf = (path: string): string | null => {
      const parts = relative(join(root, 'src', folder), path).split('/');
      if (parts[0] === '..') return null;
      return parts.slice(0, folder === '' && parts[0] === 'features' ? 2 : 1).join('/');
    };
    for (const path of files) {
      const room = roomOf(path);
      if (room === null) continue;
      const known = rooms.get(room) ?? new Set();
      rooms.set(room, known);
      for (const to of edges.get(path) ?? []) {
        const other = roomOf(to);
        if (other !== null && other !== room) known.add(other);
      }
    }
    return rooms;
  };
  const folders = [...new Set(files.map((path) => relative(join(root, 'src'), resolve(path, '..'))))];

  it('between the rooms of each folder go one way', () => {
    for (const folder of folders) {
      const rooms = roomsOf(folder);
      const order: string[] = [];
      for (let left = [...rooms.keys()]; left.length > 0; ) {
        const free = left.filter((one) => ![...(rooms.get(one) ?? [])].some((to) => left.includes(to)));
        expect(free, `circle among: ${left.join(', ')}`).not.toEqual([]);
        order.push(...free);
        left = left.filter((one) => !free.includes(one));
      }
      if (folder === 'detect') expect(order.at(-1)).toBe('detector.ts');
    }
  });

  it.each([
    ['src/main.ts', 'express'],
    ['src/io/log.ts', 'pino'],
    ['src/io/worker.ts', 'undici/lib/dispatcher/client.js'],
    ['src/ecosystems/go/conversation.ts', 'node:crypto'],
  ])('%s loads %s, not all of undici, and no library of one ecosystem until it is configured', (from, one) => {
    const loaded = allLoadedBy(from);
    expect([one, 'undici', ...kept].filter((wanted) => loaded.has(wanted))).toEqual([one]);
  });

  it('of a feature are taken when it is called', () => {
    // The overview of the commands loads all of them: how a feature is called and what it prints, not what it does.
    const commands = importsOf(code.get(join(root, 'src/cli/program.ts')) ?? '')
      .map((one) => join('src/cli', one))
      .filter((path) => path.startsWith('src/cli/') || path.endsWith('command.ts'));
    expect(commands).toContain('src/features/rank/command.ts');
    const partsOf = (from: string, isLater: boolean) =>
      [...allLoadedBy(from, isLater)]
        .filter((path) => folderOf(path) === 'features')
        .map((path) => relative(root, path));
    const loaded = [...new Set(commands.flatMap((from) => partsOf(from, false)))];
    // The daemon carries out actions itself.
    const own = loaded.filter((path) => !path.startsWith('src/features/actions/'));
    expect(own.filter((path) => !/\/([\w-]+-)?(command|text|table)\.ts$/.test(path))).toEqual([]);
    expect(partsOf('src/features/rank/command.ts', true)).toContain('src/features/rank/rank.ts');
  });

  it('of another feature are none', () => {
    const isForeign = (path: string) => (other: string) =>
      folderOf(other) === 'features' && featureOf(other) !== featureOf(path);
    expect(within('features').filter((path) => edges.get(path)?.some(isForeign(path)))).toEqual([]);
  });

  // Each costs every thread some megabytes (docs/decisions/0023-less-memory-by-flags-and-late-threads.md).
  it.each(['src/io/worker.ts', ...kinds.map((kind) => `src/ecosystems/${kind}/conversation.ts`)])(
    '%s loads no configuration library, and not the registry',
    (from) => {
      const loaded = allLoadedBy(from);
      expect(loaded.size).toBeGreaterThan(1);
      const dear = ['zod', 'yaml', 'undici', 'express', join(root, 'src/ecosystems/registry.ts')];
      expect(dear.filter((wanted) => loaded.has(wanted))).toEqual([]);
    },
  );

  function featureOf(path: string): string {
    return relative(join(root, 'src/features'), path).split('/')[0] ?? '';
  }

  /** @param isLater  with what is imported when it is called for */
  function allLoadedBy(from: string, isLater = true): ReadonlySet<string> {
    const loaded = new Set<string>();
    const visit = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const next of loadedBy(path, code.get(path) ?? '', isLater))
        visit(next.startsWith('.') ? resolve(path, '..', next) : next);
    };
    visit(join(root, from));
    return loaded;
  }

  it('of two files of src have two names', () => {
    // What an ecosystem's conversation is loaded by.
    const facets = new Set(['probe', 'prepare']);
    const places = new Map<string, Set<string>>();
    for (const [path, text] of code)
      for (const [, name = ''] of text.matchAll(
        /^export (?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm,
      ))
        places.set(name, (places.get(name) ?? new Set()).add(relative(root, path)));
    const shared = [...places].filter(([name, its]) => its.size > 1 && !facets.has(name));
    expect(shared.map(([name, its]) => `${name}: ${[...its].join(', ')}`)).toEqual([]);
  });

  const outside = ['bench', 'tools', 'dashboards'].flatMap((folder) => walk(join(root, folder)));
  it('take every value that is exported: what tests alone use is dead', () => {
    const all = [...code.values(), ...outside.map((path) => readFileSync(path, 'utf8'))];
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

  it('are what an export is for: what no other file takes is exported in vain', () => {
    const taken = new Set<string>();
    for (const path of [...files, ...outside, ...walk(join(root, 'test'))])
      for (const [from, name] of namesTaken(readFileSync(path, 'utf8')))
        taken.add(`${resolve(path, '..', from)} ${name}`);
    const vain = [...code].flatMap(([path, text]) =>
      [...text.matchAll(/^export (?:async )?(?:const|function\*?|class) (\w+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => !taken.has(`${path} ${name}`) && !taken.has(`${path} *`))
        .map((name) => `${relative(root, path)} ${name}`),
    );
    expect(vain).toEqual([]);
  });
});

describe('the configuration', () => {
  const [shapes = '', issues] = readFileSync(join(root, 'src/core/config.ts'), 'utf8').split(
    'export interface ConfigIssue',
  );
  it('stands before its mistakes', () => expect(issues).toContain('severity'));
  const keys = [...new Set([...withoutComments(shapes).matchAll(/readonly (\w+)\??:/g)].map(([, key = '']) => key))];
  const readers = files.filter((path) => folderOf(path) !== 'config' && !path.endsWith('core/config.ts'));
  it('has no key that no stage reads', () => {
    const words = new Set(readers.flatMap((path) => (code.get(path) ?? '').match(/\w+/g) ?? []));
    expect(keys.filter((key) => !words.has(key))).toEqual([]);
  });
});
