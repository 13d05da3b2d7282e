import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { routes } from '../../../src/api/problem.ts';
import { loadCommands } from '../../../src/cli/program.ts';
import { judgeAlert } from '../../../src/state/evidence.ts';
import { testCerts } from '../../support/certs.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir, tempDir } from '../../support/paths.ts';
import { run } from '../cli/run-program.ts';
import { anchorsOf, type Block, blocks, pages } from './pages.ts';

// Every configuration that a page shows: ours passes `mirrorwatch check` without a warning, those of others are what they
// should be as far as it can be seen here.

const yaml = blocks.filter(({ language }) => language === 'yaml');
const isOurs = ({ file }: Block): boolean => file?.endsWith('mirrorwatch.yaml') === true;
/** Keys that stand alone in a block, as a part of a file of somebody else's. */
const foreign = ['scrape_configs', 'rule_files', 'groups', 'metric_relabel_configs'];
const where = ({ page, line }: Block): string => `${page}:${line}`;

const folder = tempDir('docs');
const files = {
  'archive-keyring.gpg': readFileSync(join(repoDir, 'examples/archive-keyring.gpg')),
  'secrets/robot': 'x'.repeat(32),
  'corp-root.pem': readFileSync(testCerts().ca.certFile, 'utf8'),
};
for (const [name, text] of Object.entries(files)) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
const env = {
  OPS_URL: 'https://hooks.example.com/x',
  OPS_SECRET: 'whsec_Y2hhbmdlLW1lLWNoYW5nZS1tZS1jaGFuZ2UtbWU=',
  SLACK_URL: 'https://hooks.example.com/x',
  DISCORD_URL: 'https://hooks.example.com/x',
  FEISHU_URL: 'https://hooks.example.com/x',
  FEISHU_SECRET: 'x',
  DINGTALK_URL: 'https://hooks.example.com/x',
  DINGTALK_SECRET: 'SECx',
  WECOM_URL: 'https://hooks.example.com/x',
};

async function expectRight(text: string): Promise<void> {
  const path = join(folder, 'mirrorwatch.yaml');
  // Where a container has its token: the file is not on this machine.
  writeFileSync(path, text.replaceAll('/run/mirrorwatch/token', 'secrets/robot').replaceAll('/data/', './data/'));
  const { code, out, err } = await run(['check', '--json', '--config', path], { env });
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({ ok: true, warnings: [] });
}

test('there are some, and each is of a kind that is looked at', () => {
  expect(yaml.filter(isOurs).length).toBeGreaterThan(10);
  const rest = yaml.filter(({ file, text }) => {
    const keys = Object.keys((parse(text) as object | null) ?? {});
    return file === null && !keys.every((key) => foreign.includes(key)) && !keys.every((key) => key === 'webhooks');
  });
  expect(rest.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

test('each is YAML', () =>
  expectRows(yaml, where, ({ text }) => {
    for (const document of parseAllDocuments(text)) expect([...document.errors, ...document.warnings]).toEqual([]);
  }));

test('each of ours is a configuration without a warning', () =>
  expectRows(yaml.filter(isOurs), where, ({ text }) => expectRight(text)));

test('receivers are those that a configuration takes', () =>
  expectRows(
    yaml.filter(({ file, text }) => file === null && text.startsWith('webhooks:')),
    where,
    ({ text }) => expectRight(`${readFileSync(join(repoDir, 'examples/minimal.yaml'), 'utf8')}\n${text}`),
  ));

test('values of the chart are known to it', () =>
  expectRows(
    yaml.filter(({ file }) => file === 'my-values.yaml'),
    where,
    async ({ text }) => {
      const values = parse(text) as Readonly<Record<string, object>>;
      const chart = join(repoDir, 'deploy/kubernetes/mirrorwatch');
      const known = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as typeof values;
      const { properties } = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as {
        properties: Readonly<Record<string, { readonly items?: { readonly properties?: object } }>>;
      };
      for (const [key, value] of Object.entries(values)) {
        expect(Object.keys(known)).toContain(key);
        const keys = Object.keys((Array.isArray(value) ? properties[key]?.items?.properties : known[key]) ?? {});
        for (const one of key === 'config' ? [] : [value].flat())
          expect(keys).toEqual(expect.arrayContaining(Object.keys(one)));
      }
      await expectRight(JSON.stringify(values['config']));
    },
  ));

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

const all = [...pages, 'docs/cli.md', 'docs/api.md', 'docs/configuration.md', 'docs/adding-an-ecosystem.md'];

function brokenLinks(page: string): readonly string[] {
  const text = readFileSync(join(repoDir, page), 'utf8')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
  return links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const path = file === '' ? join(repoDir, page) : join(repoDir, dirname(page), decodeURI(file));
    if (!existsSync(path)) return true;
    return anchor !== undefined && statSync(path).isFile() && !anchorsOf(path).has(anchor);
  });
}

const decisions = readdirSync(join(repoDir, 'docs/decisions'));

test('links lead somewhere', () =>
  expectRows([...all, ...decisions.map((name) => `docs/decisions/${name}`)], String, (page) =>
    expect(brokenLinks(page)).toEqual([]),
  ));

test('the index of decisions has each one once', () => {
  const index = readFileSync(join(repoDir, 'docs/decisions/README.md'), 'utf8');
  const listed = [...index.matchAll(/^- \[(\d{4})\]\((\1-[a-z0-9-]+\.md)\): \S/gm)].map(([, , name = '']) => name);
  expect(listed.sort()).toEqual(decisions.filter((name) => name !== 'README.md'));
});

test('decisions that the code cites are there', () => {
  const files = ['src', 'test', 'tools', 'bench'].flatMap((folder) =>
    readdirSync(join(repoDir, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const cited = files.flatMap((file) =>
    [...readFileSync(join(repoDir, file), 'utf8').matchAll(/[Dd]ecisions?[/ ](\d{4}\b[\w.-]*)/g)].map(
      ([, name = '']) => `${file}: ${name.replace(/\.$/, '')}`,
    ),
  );
  expect(cited.length).toBeGreaterThan(50);
  const isThere = (name: string): boolean => decisions.some((one) => one === name || one.startsWith(`${name}-`));
  expect(cited.filter((one) => !isThere(one.split(': ')[1] ?? ''))).toEqual([]);
});

/** Words that stand for an ecosystem or a profile, a section of the file, a part of the bench. */
const examples = { '<id>': ['go', 'maven'], '<section>': ['mirrors'], PART: ['cpu'] };

test('paths of code and of the API are there', () =>
  expectRows(all, String, (page) => {
    const text = readFileSync(join(repoDir, page), 'utf8');
    const gone = [...text.matchAll(/`((?:src|test|tools|bench)\/[\w./<>-]+)`/g)].flatMap(([, path = '']) => {
      const [word, names] = Object.entries(examples).find(([one]) => path.includes(one)) ?? ['', ['']];
      return names.some((name) => existsSync(join(repoDir, path.replaceAll(word, name)))) ? [] : [path];
    });
    expect(gone).toEqual([]);
    const known = routes.map(([, route]) => new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`));
    const written = [...text.matchAll(/\/api\/v1\/(?:\{[\w,]+\}|[\w/:<>.-]*\w)/g)].flatMap(([found]) => {
      const [, start = '', list] = /^([^{]*)\{(.*)\}$/.exec(found) ?? [];
      return list === undefined ? [found] : list.split(',').map((one) => start + one);
    });
    // `mirrorwatch fleet` serves a route of its own; docs/api.md and docs/new-names.md are made of the routes.
    const strange = written.filter((path) => path !== '/api/v1/fleet' && !known.some((one) => one.test(path)));
    expect(['docs/api.md', 'docs/new-names.md'].includes(page) ? [] : strange).toEqual([]);
  }));

type Rule = { readonly alert: string; readonly labels: Readonly<Record<string, string>> };

const page = readFileSync(join(repoDir, 'docs/loop.md'), 'utf8');
const [, block = ''] = /^```yaml\n(groups:[\s\S]*?)^```$/m.exec(page) ?? [];
const [rule] = (parse(block) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }).groups.flatMap(
  ({ rules }) => rules,
);
const now = { wallMs: Date.parse('2026-03-01T12:00:00.000Z'), monotonicMs: 5_000 };

test.each([
  ['as the page has it', {}, 'evidence'],
  ['without mirror_action', { mirror_action: '' }, 'ignored'],
  ['without registry', { registry: '' }, 'ignored'],
])("an operator's own alert, %s: %s is %s", (_, labels, outcome) => {
  const alert = {
    fingerprint: 'f1',
    status: 'firing' as const,
    labels: { alertname: String(rule?.alert), instance: 'https://mirror-a.example/', ...rule?.labels, ...labels },
    startsAtMs: now.wallMs - 60_000,
    endsAtMs: null,
  };
  const place = { vantage: 'here', registries: new Set(['mirror-a']) };
  expect(judgeAlert(alert, null, false, place, now).outcome).toBe(outcome);
});
