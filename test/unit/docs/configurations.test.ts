import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { testCerts } from '../../support/certs.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir, tempDir } from '../../support/paths.ts';
import { run } from '../cli/run-program.ts';
import { type Block, blocks } from './pages.ts';

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
