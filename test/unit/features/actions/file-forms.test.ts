import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../../src/core/advice.ts';
import { acting } from './acting.ts';
import { adviceTo } from './advice.ts';
import { eachFile } from './each-folder.ts';

const { folder, path, deed } = eachFile();

describe('file', () => {
  it.each<[string, Partial<Advice>]>([
    ['without lines of its form', { remedy: {} }],
    ['whose lines have masked credentials', { remedy: { json: '{"GOPROXY":"https://***@b.example.net"}' } }],
    ['with a line end in a value', { remedy: { json: '{"GOPROXY":"https://b.example.net\\nLD_PRELOAD=/x.so"}' } }],
    ['with another name', { remedy: { json: '{"A B":"x"}' } }],
  ])('writes nothing of an advice %s', async (_, advice) => {
    expect(await acting(folder(), deed(), adviceTo(advice)).step('act')).toMatchObject({ tag: 'failed', retry: false });
    expect(existsSync(path())).toBe(false);
  });
  describe('of apt', () => {
    const [a, b] = ['https://a.example.com/debian', 'https://b.example.net/debian'];
    const advice = adviceTo({
      ecosystem: 'http',
      chain: { before: a, after: b },
      remedy: { apt: "grep -rlF 'x' /etc/apt | xargs -r sed -Ei 's#x#y#g'", json: `{"apt":["${b}"]}` },
    });
    it.each([
      [
        'lines',
        `deb ${a} trixie main\ndeb-src ${a}/ trixie main\ndeb ${a}-security trixie-security main\n`,
        `deb ${b} trixie main\ndeb-src ${b} trixie main\ndeb ${a}-security trixie-security main\n`,
      ],
      ['deb822', `Types: deb\nURIs: ${a}\nSuites: trixie\n`, `Types: deb\nURIs: ${b}\nSuites: trixie\n`],
      [
        'options, tabs, two URLs and CRLF',
        `deb [arch=amd64]\t${a}/\ttrixie main\r\nURIs: ${b}/ ${a}\r\n`,
        `deb [arch=amd64]\t${b}\ttrixie main\r\nURIs: ${b} ${b}\r\n`,
      ],
    ])('has another URL in its entries (%s), and the old one again', async (_, before, after) => {
      writeFileSync(path(), before);
      const one = acting(folder(), deed('apt'), advice);
      expect(await one.step('act')).toMatchObject({ tag: 'ok' });
      expect(readFileSync(path(), 'utf8')).toBe(after);
      one.isKilled();
      expect(await one.step('act')).toMatchObject({ tag: 'ok' });
      expect(readFileSync(path(), 'utf8')).toBe(after);
      expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
      expect(readFileSync(path(), 'utf8')).toBe(before);
    });
    it.each([null, '# empty\n', `# ${a}-security <${a}> ${a}//\n`])(
      'without such an entry stays as it is',
      async (before) => {
        if (before !== null) writeFileSync(path(), before);
        const one = acting(folder(), deed('apt'), advice);
        expect(await one.step('prepare')).toMatchObject({
          tag: 'failed',
          because: { key: 'acted.noEntry', values: { from: a } },
        });
      },
    );
    it('with masked credentials in a chain has no such form', async () => {
      writeFileSync(path(), `deb ${a} trixie main\n`);
      const masked = { ...advice, chain: { before: 'https://***@a.example.com/debian', after: b } };
      expect(await acting(folder(), deed('apt'), masked).step('prepare')).toMatchObject({
        tag: 'failed',
        because: { key: 'acted.noForm', values: { form: 'apt' } },
      });
    });
  });
  it('sets the registry in an .npmrc by the writer of advice --apply', async () => {
    writeFileSync(path(), 'registry=https://a.example.com/\n//a.example.com/:_authToken=hunter2\n');
    const advice = adviceTo({ ecosystem: 'npm', remedy: { json: '{"npm_config_registry":"https://b.example.net/"}' } });
    const end = await acting(folder(), deed('npmrc'), advice).step('act');
    expect(readFileSync(path(), 'utf8')).toBe('registry=https://b.example.net/\n//a.example.com/:_authToken=hunter2\n');
    expect(JSON.stringify(end)).not.toContain('hunter2');
  });
  it("changes only the mirror in cargo's file", async () => {
    writeFileSync(path(), '[source.crates-io]\nreplace-with = "mirrorwatch"\n[net]\nretry = 5\n');
    const json = '{"registry":"sparse+https://b.example.net/","upstream":"crates"}';
    await acting(folder(), deed('cargo'), adviceTo({ ecosystem: 'cargo', remedy: { json } })).step('act');
    expect(readFileSync(path(), 'utf8')).toBe(
      '[source.crates-io]\nreplace-with = "mirrorwatch"\n[net]\nretry = 5\n[source.mirrorwatch]\nregistry = "sparse+https://b.example.net/"\n',
    );
  });
  it('shows no secret of the lines that it removes', async () => {
    const before = [
      '[host."https://a.example.com".header]',
      '  authorization = ["Basic hunter2"]',
      '  x = ["Bearer hunter2"]',
      '  X-Api-Key = "hunter2"',
      '  "cookie" : "hunter2"',
    ];
    writeFileSync(path(), before.join('\n'));
    const advice = adviceTo({ ecosystem: 'oci', remedy: { json: '{}', 'hosts.toml': 'server = "x"' } });
    const end = await acting(folder(), deed('hosts.toml'), advice).step('prepare');
    expect(end).toMatchObject({ tag: 'ok', output: expect.stringContaining('-[host.') });
    expect(end.output).not.toContain('hunter2');
  });
  it('shows of a daemon.json only the keys that change, however it was indented', async () => {
    writeFileSync(path(), '{"labels":["hunter2"],"registry-mirrors":["https://a.example.com"]}');
    const remedy = { json: '{}', 'daemon.json': '{"registry-mirrors":["https://b.example.net"]}' };
    const end = await acting(folder(), deed('daemon.json'), adviceTo({ ecosystem: 'oci', remedy })).step('prepare');
    expect(end.output.split('\n').slice(2)).toEqual(['-    "https://a.example.com"', '+    "https://b.example.net"']);
  });
  it('refuses a file that would take long to compare', async () => {
    writeFileSync(path(), Array.from({ length: 60_000 }, (_, at) => `A${at}=1`).join('\n'));
    const advice = adviceTo({ ecosystem: 'oci', remedy: { json: '{}', 'hosts.toml': 'server = "x"' } });
    expect(await acting(folder(), deed('hosts.toml'), advice).step('act')).toMatchObject({
      because: { key: 'acted.tooLong' },
    });
  });
  it('has one line for each variable of lines for a shell, however often it is written', async () => {
    const added = `export GOPRIVATE="\${GOPRIVATE:-$(cd / && go env GOPRIVATE)}",'git.example.com/*'`;
    const env = `export GOPROXY='https://b.example.net'\n${added}`;
    const advice = adviceTo({ remedy: { env, json: '{}' } });
    for (const before of ["export GOPRIVATE='git.old.example/*'\n", null]) {
      if (before !== null) writeFileSync(path(), before);
      expect(await acting(folder(), deed('shell'), advice).step('act')).toMatchObject({ tag: 'ok' });
      const lines = readFileSync(path(), 'utf8').trim().split('\n').toSorted();
      expect(lines).toEqual(["export GOPRIVATE='git.example.com/*'", "export GOPROXY='https://b.example.net'"]);
    }
  });
  it('keeps the other keys of a daemon.json', async () => {
    writeFileSync(path(), '{"debug":true,"registry-mirrors":["https://a.example.com"]}');
    const text = '{"registry-mirrors":["https://b.example.net"]}';
    await acting(
      folder(),
      deed('daemon.json'),
      adviceTo({ ecosystem: 'oci', remedy: { json: '{}', 'daemon.json': text } }),
    ).step('act');
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({
      debug: true,
      'registry-mirrors': ['https://b.example.net'],
    });
  });
});
