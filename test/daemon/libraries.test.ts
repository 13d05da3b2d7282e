import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeTempDir, repoDir, tempDir } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { compileCacheOf, startProcess } from '../support/process.ts';

/** Tells every file that is loaded, by the main thread or another, in a file: probing threads are started without flags. */
const spy = `data:text/javascript,${encodeURIComponent(`
import { appendFileSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
const { Worker, isMainThread } = threads;
const tell = (url) => appendFileSync(process.env.LOADED, (isMainThread ? 'main ' : 'thread ') + url + '\\n');
registerHooks({ load: (url, context, next) => (tell(url), next(url, context)) });
if (isMainThread) {
  threads.Worker = class extends Worker {
    constructor(file, options) {
      super(file, { ...options, execArgv: process.execArgv });
    }
  };
  syncBuiltinESMExports();
}
`)}`;

const folder = tempDir('libraries');
afterAll(() => removeTempDir(folder));

/** The packages and conversations that a daemon loads, as `main <name>` or `thread <name>`, until it has loaded `want`. */
async function loadedBy(name: string, yaml: string, want: readonly string[]): Promise<readonly string[]> {
  const [config, loaded] = [join(folder, `${name}.yaml`), join(folder, `${name}.txt`)];
  const port = await freePort();
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}\nstate: { path: ${name}.db }\ncontrols: [ tcp://127.0.0.1:9 ]\n${yaml}`,
  );
  writeFileSync(loaded, '');
  const read = (): readonly string[] => [
    ...new Set(
      readFileSync(loaded, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [, thread, , file] = /^(\w+) .*\/(node_modules|src\/ecosystems)\/(.*)$/.exec(line) ?? [];
          const what = file?.endsWith('/conversation.ts') ? file : /^(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file ?? '')?.[0];
          return what === undefined ? [] : [`${thread} ${what}`];
        }),
    ),
  ];
  const daemon = await startProcess({
    name: 'mirrorwatch',
    command: process.execPath,
    args: ['--import', spy, join(repoDir, 'src', 'main.ts'), 'run', '--config', config],
    cwd: folder,
    env: {
      ...compileCacheOf('run'),
      LOADED: loaded,
      NODE_OPTIONS: undefined,
      MIRRORWATCH_CONFIG: undefined,
      MIRRORWATCH_LOG_LEVEL: undefined,
    },
    ready: async () => {
      const { status } = await fetch(`http://127.0.0.1:${port}/-/ready`);
      return status === 200 && want.every((one) => read().includes(one));
    },
  });
  await daemon.close();
  return read();
}

/** Those of Sigstore are for a daemon with a trusted root alone. */
const sigstore = ['@sigstore/bundle', '@sigstore/core', '@sigstore/protobuf-specs', '@sigstore/verify'];
const libraries = ['htmlparser2', 'semver', 'smol-toml', 'ssri', ...sigstore];
const isOfLibrary = (one: string): boolean => libraries.includes(one.split(' ')[1] ?? '');

describe("the libraries that read one ecosystem's formats", () => {
  it('are loaded by no thread of a daemon that watches Go mirrors alone', async () => {
    const yaml =
      'mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:9/" } ]\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\n';
    const loaded = await loadedBy('go', yaml, ['thread go/conversation.ts']);
    expect(loaded.filter((one) => one.endsWith('/conversation.ts'))).toEqual(['thread go/conversation.ts']);
    expect(loaded).toContain('main yaml');
    expect(loaded.filter(isOfLibrary)).toEqual([]);
  });

  it('are loaded by the threads that probe, and by the main thread where a lock file wants them', async () => {
    writeFileSync(
      join(folder, 'uv.lock'),
      '[[package]]\nname = "six"\nversion = "1.17.0"\nsource = { registry = "http://127.0.0.1:9/p" }\n',
    );
    const yaml = `mirrors:
  - { name: n, ecosystem: npm, url: "http://127.0.0.1:9/n" }
  - { name: p, ecosystem: pypi, url: "http://127.0.0.1:9/p" }
modules: { npm: [ left-pad@1.3.0 ], pypi: [ { from: uv.lock } ] }
`;
    const want = ['main smol-toml', 'thread htmlparser2', 'thread semver', 'thread ssri'];
    const loaded = await loadedBy('two', yaml, want);
    expect(loaded.filter(isOfLibrary).toSorted()).toEqual(want);
  });
});
