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

// Calls of the program in a page are calls that its usage allows, and those that need nothing else are run.

/** Run here, as they stand, in a folder with the configuration of the page. */
const ran = /^mirrorwatch (?:check|rules|completion|init)\b/;

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
