import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { loadCommands } from '../../../src/cli/program.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir, tempDir } from '../../support/paths.ts';
import { run } from '../cli/run-program.ts';
import { type Block, blocks, pages } from './pages.ts';

const commands = await loadCommands();

// Every command that a page shows in a shell block is either run here, or by the test that is named, or its reason stands
// here why not. What is `mirrorwatch …` is at least a call that its usage allows.

/** Run here, as they stand, in a folder with the configuration of the page. */
const ran = /^mirrorwatch (?:check|rules|completion|init)\b/;

/** What is not run here: where it is, or why it is not. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [
    /^docker (?:build|push|compose) |^MIRRORWATCH_CONFIG_DIR=\S+ docker compose /,
    'no container engine here; the compose file and what it starts: test/real/deploy',
  ],
  [
    /^helm install |^kubectl /,
    'no cluster here; the chart is rendered and checked in test/real/deploy/kubernetes.test.ts',
  ],
  [/^(?:apt|install|systemctl) /, 'changes this machine; the unit is checked in test/real/deploy/config.test.ts'],
  [/^npm ci && npm start/, 'asks the public mirrors; without a network in test/real/default-config.test.ts'],
  [/^npm ci && npm test/, 'this is it'],
  [
    /^npm install && npm run build && npm prune --omit=dev$/,
    'the packed package is built and run in test/real/package.test.ts',
  ],
  [/^npm run stack(?: -- --places 3)?$/, 'test/real/stack.test.ts'],
  [
    /^apt-get install |^cp \/usr\/share\/keyrings\//,
    'needs a keyring of the machine; signatures by one: test/real/openpgp.test.ts',
  ],
  [/^nginx -s reload$/, 'test/real/door-printed.test.ts'],
  [
    /^npm run bench\b|^node bench\/(prometheus-cost|freshness|histogram-storage|reaction-kinds)\.ts/,
    'minutes; its worlds, truth and score are tested in test/unit/bench',
  ],
  [/^npm run soak\b/, 'test/real/soak.test.ts runs a minute of it'],
  [/^line=\$\(/, 'test/real/script-line.test.ts'],
  [/^export GODEBUG=/, 'test/real/h2-switch.test.ts'],
  [/^curl -fsS .*\/api\/v1\/advice\/oci\/remedy/, 'the route with each form: test/unit/api'],
  [
    /^mirrorwatch (?:door|probe|rank|replay|advice|actions|doctor|undo)\b/,
    'asks mirrors, a daemon or this machine; test/real, test/daemon and test/unit/cli run each with servers of their own',
  ],
];

const shell = blocks.filter(({ language }) => language === 'sh');
const lines = shell.flatMap((block) =>
  block.text
    .split('\n')
    .map((text) => text.replace(/\s+#\s.*$/, '').trim())
    .filter((text) => text !== '' && !text.startsWith('#'))
    .map((text) => ({ text, block })),
);
/** Calls of the program in shell blocks, and in the sentences of pages. */
const calls = [
  ...lines.flatMap(({ text, block }) => callsIn(text).map((call) => [`${block.page}: ${call}`, call] as const)),
  ...pages.flatMap((page) =>
    spansOf(page).flatMap((span) => callsIn(span).map((call) => [`${page}: ${call}`, call] as const)),
  ),
];

/** What stands between single backticks. */
function spansOf(page: string): readonly string[] {
  const text = readFileSync(join(repoDir, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '));
}

function callsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|\$\(|&& )(mirrorwatch [^)&>|]*)/g)].map(([, call = '']) => call.trim());
}

test('every command is run, or listed with the reason why not; no listed one is gone', () => {
  const known = [ran, ...elsewhere.map(([pattern]) => pattern)];
  const texts = lines.map(({ text }) => text);
  expect(texts.filter((text) => !known.some((pattern) => pattern.test(text)))).toEqual([]);
  expect(known.filter((pattern) => !texts.some((text) => pattern.test(text))).map(String)).toEqual([]);
});

test('options of calls are those of the command', () =>
  expectRows(
    [...new Map(calls)].filter(([, call]) => !call.startsWith('mirrorwatch <')),
    ([where]) => where,
    ([, call]) => {
      const [, name, ...words] = call.split(/\s+/);
      const command = commands.find((one) => one.name === name);
      expect(command, call).toBeDefined();
      // A sentence may name an option without a value for it.
      const last = words.at(-1)?.replace(/^--/, '') ?? '';
      const args = command?.options[last]?.type === 'string' ? [...words, 'x'] : words;
      parseArgs({ args, options: command?.options ?? {}, allowPositionals: true, strict: true });
    },
  ));

test('scripts of npm and commands that pages name are there', () => {
  const { scripts } = JSON.parse(readFileSync(join(repoDir, 'package.json'), 'utf8')) as { scripts: object };
  return expectRows(pages, String, (page) => {
    const own = blocks.filter((block) => block.page === page);
    const named = (pattern: RegExp, texts: readonly string[]) =>
      texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name));
    const run = named(/npm run (?:-s )?([\w:-]+)/g, [...spansOf(page), ...own.map(({ text }) => text)]);
    expect(run.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    const shown = own.filter(({ language }) => language === '').map(({ text }) => text);
    const called = named(/^\$ mirrorwatch (\w+)/gm, shown);
    expect(called.filter((name) => !commands.some((command) => command.name === name))).toEqual([]);
  });
});

const runnable = lines.filter(({ text }) => ran.test(text));

test('commands that need nothing else end with 0', () =>
  expectRows(
    runnable,
    ({ text, block }) => `${block.page}: ${text}`,
    ({ text, block }) => expectGood(text.replace(/ > .*$/, ''), block),
  ));

async function expectGood(text: string, { page }: Block): Promise<void> {
  const folder = tempDir('docs-run');
  cpSync(join(repoDir, 'examples'), folder, { recursive: true });
  const own = blocks.find((block) => block.page === page && block.file?.endsWith('mirrorwatch.yaml') === true);
  const config = own?.text ?? readFileSync(join(folder, 'minimal.yaml'), 'utf8');
  const [, ...argv] = text.split(/\s+/);
  const file = /--config (\S+)/.exec(text)?.[1] ?? 'mirrorwatch.yaml';
  writeFileSync(
    join(folder, 'mirrorwatch.yaml'),
    config
      .replaceAll('/run/mirrorwatch/token', 'secrets/listen-token')
      .replaceAll('secrets/robot', 'secrets/listen-token'),
  );
  const words = argv.map((word) => (word === file ? 'mirrorwatch.yaml' : word));
  const { code, err } = await run(words, { cwd: folder });
  expect([code, err]).toEqual([0, '']);
}
