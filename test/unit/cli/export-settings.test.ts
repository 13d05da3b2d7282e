import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import texts from '../../../locales/en.json' with { type: 'json' };
import type { Chain } from '../../../src/ecosystems/client.ts';
import { pip } from '../../../src/ecosystems/pypi/clients.ts';
import { tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { run } from './run-program.ts';

let text = '';
const server = createServer((_, response) => response.end(text));
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const good = "export GOPROXY='https://a.example.com,direct'";

test.each(table<string[]>('unit/cli/export-settings', 'whatever a daemon says, this is not printed for a shell: %s'))(
  'whatever a daemon says, this is not printed for a shell: %s',
  async (setting) => {
    text = `${good}\nexport ${setting}\n`;
    const ran = await run(['advice', '--export', '--url', url], { cwd: tempDir('export-settings') });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('is not safe to run in a shell');
  },
);

test.each([
  good,
  "export GOPROXY='http://10.0.0.1:8081/go|https://b.example.com,off'",
  `${good}\nexport GOPRIVATE='git.example.com/*,*.corp.example.com,*.internal,github.com/corp/*'`,
  "export npm_config_registry='http://127.0.0.1:4873/'",
  "export PIP_INDEX_URL='https://a.example.com/simple/'\nexport UV_DEFAULT_INDEX='https://a.example.com/simple/'",
])('this is printed: %s', async (lines) => {
  text = `${lines}\n`;
  const ran = await run(['advice', '--export', '--url', url], { cwd: tempDir('export-settings') });
  expect(ran).toMatchObject({ code: 0, out: lines });
});

test.each<[string, string, (file: string) => void]>([
  ['others can write', 'writable by other users', (file) => chmodSync(file, 0o602)],
  ['its group can write', 'writable by other users', (file) => chmodSync(file, 0o620)],
  [
    'is a link',
    'ELOOP',
    (file) => {
      renameSync(file, `${file}.real`);
      symlinkSync(`${file}.real`, file);
    },
  ],
  ...(process.geteuid?.() === 0
    ? [
        ['another user owns', 'owned by another user', (file: string) => chownSync(file, 65534, 65534)] as [
          string,
          string,
          (file: string) => void,
        ],
      ]
    : []),
])('a fallback file that %s is refused: 2, nothing printed', async (_, code, spoil) => {
  const folder = tempDir('fallback');
  const ask = () => run(['advice', '--export', '--fallback', 'kept', '--url', url], { cwd: folder });
  text = `${good}\n`;
  expect((await ask()).code).toBe(0);
  const file = join(folder, 'kept');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  spoil(file);
  const ran = await ask();
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).toContain(`kept cannot be read (${code})`);
});

const shownAdvice = async (more: object, rollback: object | null = null): Promise<string> => {
  const own = {
    id: 'x',
    ecosystem: 'go',
    upstream: 'go',
    state: 'proposed',
    reason: 'r',
    doesNotCover: [],
    expiresAt: '',
  };
  const sentences = { x: { doesNotCover: [], rollback } };
  text = JSON.stringify({ advice: [{ ...own, remedy: { env: good }, rollback: good, ...more }], sentences });
  return (await run(['advice', '--url', url], { cwd: tempDir('export-settings') })).out;
};

test.each([
  { remedy: { env: "export GOSUMDB='off'" } },
  { remedy: { env: 'rm -rf ~' } },
  { remedy: { npm: 'rm -rf ~' } },
  { rollback: 'rm -rf ~' },
  { remedy: {}, rollback: 'rm -rf ~' },
  { ecosystem: 'unknown', remedy: { x: 'rm -rf ~' } },
  { rollback: `${good}\n# $(rm -rf ~)` },
  { rollback: `${good}\n# x; rm -rf ~` },
])('nor is it shown to paste: %j', async (changed) => {
  const out = await shownAdvice(changed);
  expect(out).toContain('is not safe to run in a shell');
  expect(out).not.toMatch(/rm -rf|GOSUMDB/);
});

test('lines for files are shown only as this program renders them', async () => {
  const chain = { before: 'https://a.example|direct', after: 'https://b.example|direct' };
  const lines = (url: string) =>
    `# /etc/containerd/certs.d/docker.io/hosts.toml\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n  dial_timeout = "3s"`;
  const own = { ecosystem: 'oci', upstream: 'docker.io', chain, rollback: lines('https://a.example') };
  const good = await shownAdvice({ ...own, remedy: { 'hosts.toml': lines('https://b.example') } });
  expect(good).toContain('  [host."https://b.example"]');
  const more = `${lines('https://b.example')}\n  skip_verify = true`;
  for (const changed of [{ remedy: { 'hosts.toml': more } }, { remedy: {}, rollback: more }]) {
    const out = await shownAdvice({ ...own, ...changed });
    expect(out).toContain('sent other lines than this program writes');
    expect(out).not.toContain('skip_verify');
  }
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['a variable', { GOPRIVATE: 'git.own.example,github.com/*' }, ''],
  ['the file of go env -w', {}, 'GOPRIVATE=git.own.example,github.com/*\n'],
])("the user's own GOPRIVATE in %s stays, in each form of output", async (_, env, file) => {
  const home = tempDir('export-settings');
  mkdirSync(join(home, '.config/go'), { recursive: true });
  writeFileSync(join(home, '.config/go/env'), file);
  const remedy = `${good}\nexport GOPRIVATE='git.example.com/*,git.own.example'`;
  const merged = `${good}\nexport GOPRIVATE='git.own.example,github.com/*,git.example.com/*'`;
  const at = { cwd: home, env: { HOME: home, ...env } };
  text = remedy;
  expect((await run(['advice', '--export', '--fallback', 'kept', '--url', url], at)).out).toBe(merged);
  expect(readFileSync(join(home, 'kept'), 'utf8')).not.toContain('github.com');
  const one = { id: 'x', ecosystem: 'go', upstream: 'go', state: 'proposed', reason: 'r', doesNotCover: [] };
  text = JSON.stringify({ advice: [{ ...one, expiresAt: '', remedy: { env: remedy }, rollback: good }] });
  expect((await run(['advice', '--url', url], at)).out).toContain("'git.own.example,github.com/*,git.example.com/*'");
});

test('nor as a value in a sentence of the catalogue', async () => {
  const out = await shownAdvice({}, { key: 'daemon.problem', values: { text: 'rm -rf ~' } });
  expect(out).not.toContain('rm -rf');
  expect(await shownAdvice({ rollback: 'rm -rf ~' }, { key: 'back.none', values: {} })).not.toContain('rm -rf');
});

test('good lines are shown, and so are a sentence and comments of a rollback', async () => {
  expect(await shownAdvice({})).toContain(`rollback: ${good}`);
  expect(await shownAdvice({}, { key: 'back.chain', values: {} })).toContain('restore it by hand');
  const chain = parsePip('https://a.example.com/simple/');
  const { remedy, rollback } = pip.remedy(chain, chain, []);
  const out = await shownAdvice({ ecosystem: 'pypi', remedy, rollback });
  expect(out).toContain("export PIP_INDEX_URL='https://a.example.com/simple/'");
  expect(out).toContain('# index-url = https://a.example.com/simple/');
});

function parsePip(text: string): Chain {
  const parsed = pip.parse(text);
  if (parsed.tag === 'error') throw new Error('no chain');
  return parsed.value;
}

test('a sentence of a rollback has no values, which could be text of the daemon', () => {
  const backs = Object.entries(texts).filter(([key]) => key.startsWith('back.'));
  expect(backs.length).toBeGreaterThan(3);
  expect(backs.filter(([, text]) => text.includes('{'))).toEqual([]);
});
