import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDisk } from '../../../../bench/soak/disk.ts';
import type { ActionDeed } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import type { Post } from '../../../../src/core/notice.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { acting, actorIn } from './acting.ts';
import { adviceTo } from './advice.ts';

const httpDeed = (template: string): Extract<ActionDeed, { kind: 'http' }> => ({
  kind: 'http',
  url: new Secret('http://127.0.0.1:1/'),
  method: 'POST',
  headers: {},
  body: { template: new Secret(template) },
  key: null,
  as: null,
  allow: [],
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirrorwatch-actions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('file', () => {
  const path = () => join(folder, 'etc/goproxy.env');
  const deed = (as: 'env' | 'npmrc' | 'daemon.json' | 'hosts.toml' | 'apt' = 'env'): ActionDeed => ({
    kind: 'file',
    path: path(),
    as,
  });
  beforeEach(() => mkdirSync(join(folder, 'etc')));

  it('sets its lines among those that are there, with mode and owner, and puts all of it back', async () => {
    const before = '# ours\nGOPROXY=https://a.example.com,direct\nCGO_ENABLED=0\n';
    writeFileSync(path(), before, { mode: 0o640 });
    const one = acting(folder, deed());
    expect(await one.step('prepare')).toMatchObject({
      tag: 'ok',
      output: expect.stringContaining('+GOPROXY=https://b'),
    });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: expect.not.stringContaining('***') });
    expect(readFileSync(path(), 'utf8')).toBe('# ours\nGOPROXY=https://b.example.net|direct\nCGO_ENABLED=0\n');
    expect(statSync(path()).mode & 0o777).toBe(0o640);
    const lines = ['-GOPROXY=https://b.example.net|direct', '+GOPROXY=https://a.example.com,direct'];
    const diff = [`--- ${path()}`, `+++ ${path()}`, ...lines].join('\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: diff });
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(readdirSync(join(folder, 'etc'))).toEqual(['goproxy.env']);
  });
  it('makes a file that is not there, and its undo removes it', async () => {
    const one = acting(folder, deed());
    await one.step('act');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=https://b.example.net|direct\n');
    const diff = `--- ${path()}\n+++ /dev/null\n-GOPROXY=https://b.example.net|direct`;
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: diff });
    expect(existsSync(path())).toBe(false);
    expect(await one.step('undo')).toMatchObject({ tag: 'ok', output: '' });
  });
  it('carried out twice, as after a kill before it was recorded, changes once and can still be undone', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    one.isKilled();
    expect(await one.step('act')).toMatchObject({ tag: 'ok' });
    expect(readdirSync(join(folder, 'kept/files'))).toHaveLength(1);
    await one.step('undo');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
    // The undo as well.
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
  });
  it('killed just before the change, keeps one set of what was there', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    writeFileSync(path(), 'GOPROXY=off\n');
    one.isKilled();
    await one.step('act');
    expect(readdirSync(join(folder, 'kept/files'))).toHaveLength(1);
    await one.step('undo');
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
  });
  it('killed between the change and its record, with an advice that is over at the next start: put back', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    one.isKilled();
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
    expect(readdirSync(join(folder, 'kept/files'))).toEqual([]);
  });
  it('keeps what it needs for an undo, however many changes others have made since', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    const set = JSON.parse(readFileSync(join(folder, 'kept/files/1.json'), 'utf8'));
    for (let id = 2; id < 102; id += 1)
      writeFileSync(join(folder, `kept/files/${id}.json`), JSON.stringify({ ...set, id: String(id), owner: `${id}` }));
    const other: ActionDeed = { kind: 'file', path: join(folder, 'etc/other'), as: 'env' };
    await acting(folder, other, adviceTo(), {}, { id: 'other' }).step('act');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=off\n');
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
      const one = acting(folder, deed('apt'), advice);
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
        const one = acting(folder, deed('apt'), advice);
        expect(await one.step('prepare')).toMatchObject({
          tag: 'failed',
          because: { key: 'acted.noEntry', values: { from: a } },
        });
      },
    );
    it('with masked credentials in a chain has no such form', async () => {
      writeFileSync(path(), `deb ${a} trixie main\n`);
      const masked = { ...advice, chain: { before: 'https://***@a.example.com/debian', after: b } };
      expect(await acting(folder, deed('apt'), masked).step('prepare')).toMatchObject({
        tag: 'failed',
        because: { key: 'acted.noForm', values: { form: 'apt' } },
      });
    });
  });
  it('does not report a file as put back whose former text is lost', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    rmSync(join(folder, 'kept/files'), { recursive: true });
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.setGone' } });
    writeFileSync(path(), 'GOPROXY=off\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  });
  it('two files of one name are put back one by one, also where one lies below the folder of the other', async () => {
    mkdirSync(join(folder, 'etc/a'));
    const below = join(folder, 'etc/a/goproxy.env');
    for (const file of [path(), below]) writeFileSync(file, 'GOPROXY=off\n');
    const a = acting(folder, { kind: 'file', path: below, as: 'env' }, adviceTo(), {}, { id: 'x.a' });
    const b = acting(folder, deed());
    await a.step('act');
    await b.step('act');
    a.isKilled();
    await a.step('act');
    await b.step('undo');
    const texts = () => [below, path()].map((file) => readFileSync(file, 'utf8'));
    expect(texts()).toEqual(['GOPROXY=https://b.example.net|direct\n', 'GOPROXY=off\n']);
    expect(await a.step('undo')).toMatchObject({ tag: 'ok' });
    expect(texts()).toEqual(['GOPROXY=off\n', 'GOPROXY=off\n']);
  });
  it('puts nothing back over what was changed since', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    const one = acting(folder, deed());
    await one.step('act');
    writeFileSync(path(), 'GOPROXY=mine\n');
    expect(await one.step('undo')).toMatchObject({ tag: 'failed', because: { key: 'acted.refused' } });
    expect(readFileSync(path(), 'utf8')).toBe('GOPROXY=mine\n');
  });
  it.each([
    ['a link to a file', (to: string) => symlinkSync(join(folder, 'secret'), to)],
    ['a link within its folder', (to: string) => symlinkSync(`${to}.other`, to)],
    ['a dangling link', (to: string) => symlinkSync('/nowhere/x', to)],
    ['a folder', (to: string) => mkdirSync(to)],
  ])('refuses %s', async (_, make) => {
    writeFileSync(join(folder, 'secret'), 'GOPROXY=keep\n');
    writeFileSync(`${path()}.other`, 'GOPROXY=keep\n');
    make(path());
    expect(await acting(folder, deed()).step('act')).toMatchObject({ tag: 'failed' });
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('GOPROXY=keep\n');
    expect(readFileSync(`${path()}.other`, 'utf8')).toBe('GOPROXY=keep\n');
  });
  it.each([
    ['a link within its folder', 'link', 'change.link'],
    ['a folder that is missing', 'no/such/file', 'change.folder'],
  ])('says of %s what it is', async (_, name, key) => {
    writeFileSync(path(), 'GOPROXY=off\n');
    symlinkSync(path(), join(folder, 'etc', 'link'));
    const end = await acting(folder, { kind: 'file', path: join(folder, 'etc', name), as: 'env' }).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { values: { because: { key } } } });
  });
  it('fails where the folder takes nothing, and leaves nothing behind', async () => {
    writeFileSync(path(), 'GOPROXY=off\n');
    chmodSync(join(folder, 'etc'), 0o500);
    const end = await acting(folder, deed()).step('act');
    chmodSync(join(folder, 'etc'), 0o700);
    if (process.geteuid?.() !== 0) expect(end).toMatchObject({ tag: 'failed', retry: true });
    expect(readdirSync(join(folder, 'etc'))).toEqual(['goproxy.env']);
  });
  it.each<[string, Partial<Advice>]>([
    ['without lines of its form', { remedy: {} }],
    ['whose lines have masked credentials', { remedy: { json: '{"GOPROXY":"https://***@b.example.net"}' } }],
    ['with a line end in a value', { remedy: { json: '{"GOPROXY":"https://b.example.net\\nLD_PRELOAD=/x.so"}' } }],
    ['with another name', { remedy: { json: '{"A B":"x"}' } }],
  ])('writes nothing of an advice %s', async (_, advice) => {
    expect(await acting(folder, deed(), adviceTo(advice)).step('act')).toMatchObject({ tag: 'failed', retry: false });
    expect(existsSync(path())).toBe(false);
  });
  it('sets the registry in an .npmrc by the writer of advice --apply', async () => {
    writeFileSync(path(), 'registry=https://a.example.com/\n//a.example.com/:_authToken=hunter2\n');
    const advice = adviceTo({ ecosystem: 'npm', remedy: { json: '{"npm_config_registry":"https://b.example.net/"}' } });
    const end = await acting(folder, deed('npmrc'), advice).step('act');
    expect(readFileSync(path(), 'utf8')).toBe('registry=https://b.example.net/\n//a.example.com/:_authToken=hunter2\n');
    expect(JSON.stringify(end)).not.toContain('hunter2');
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
    const end = await acting(folder, deed('hosts.toml'), advice).step('prepare');
    expect(end).toMatchObject({ tag: 'ok', output: expect.stringContaining('-[host.') });
    expect(end.output).not.toContain('hunter2');
  });
  it('shows of a daemon.json only the keys that change, however it was indented', async () => {
    writeFileSync(path(), '{"labels":["hunter2"],"registry-mirrors":["https://a.example.com"]}');
    const remedy = { json: '{}', 'daemon.json': '{"registry-mirrors":["https://b.example.net"]}' };
    const end = await acting(folder, deed('daemon.json'), adviceTo({ ecosystem: 'oci', remedy })).step('prepare');
    expect(end.output.split('\n').slice(2)).toEqual(['-    "https://a.example.com"', '+    "https://b.example.net"']);
  });
  it('refuses a file that would take long to compare', async () => {
    writeFileSync(path(), Array.from({ length: 60_000 }, (_, at) => `A${at}=1`).join('\n'));
    const advice = adviceTo({ ecosystem: 'oci', remedy: { json: '{}', 'hosts.toml': 'server = "x"' } });
    expect(await acting(folder, deed('hosts.toml'), advice).step('act')).toMatchObject({
      because: { key: 'acted.tooLong' },
    });
  });
  it('keeps the other keys of a daemon.json', async () => {
    writeFileSync(path(), '{"debug":true,"registry-mirrors":["https://a.example.com"]}');
    const text = '{"registry-mirrors":["https://b.example.net"]}';
    await acting(
      folder,
      deed('daemon.json'),
      adviceTo({ ecosystem: 'oci', remedy: { json: '{}', 'daemon.json': text } }),
    ).step('act');
    expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual({
      debug: true,
      'registry-mirrors': ['https://b.example.net'],
    });
  });
});

describe('command', () => {
  const deed = (script: string): ActionDeed => ({
    kind: 'command',
    argv: [process.execPath, '-e', script],
    cwd: folder,
  });

  it('has the advice on its standard input and in its environment, and nothing else of ours', async () => {
    const script = `
      const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      const names = Object.keys(process.env).filter((name) => !name.startsWith('MIRRORWATCH_')).sort();
      console.log(input.event, input.advice.id, process.env.MIRRORWATCH_TO, process.env.MIRRORWATCH_CHAIN, names.join());`;
    const one = acting(folder, deed(script));
    expect(await one.step('act')).toMatchObject({
      output: 'act advice00000000000001 b https://b.example.net|direct HOME,LANG,PATH',
    });
    expect(await one.step('undo')).toMatchObject({
      output: 'undo advice00000000000001 a https://a.example.com,direct HOME,LANG,PATH',
    });
  });
  it('goes through no shell', async () => {
    const one = acting(folder, { kind: 'command', argv: ['printf', '%s', '$(touch x); `touch x`'], cwd: folder });
    expect(await one.step('act')).toMatchObject({ tag: 'ok', output: '$(touch x); `touch x`' });
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
  it('shows what it printed: bounded, printable, without user-info', async () => {
    const script = `console.log('\\u001b[2J' + 'https://u:hunter2@h/'); console.error('x'.repeat(100000)); process.exit(3)`;
    const end = await acting(folder, deed(script)).step('act');
    expect(end).toMatchObject({ tag: 'failed', retry: false, because: { key: 'acted.exit', values: { code: '3' } } });
    expect(end.output.length).toBeLessThan(5_000);
    expect(end.output).not.toContain('hunter2');
    expect(end.output).not.toContain('\u001b');
  });
  it('is killed with all that it started at its deadline', async () => {
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync('pid', String(child.pid));
      setInterval(() => {}, 1000);`;
    const end = await acting(folder, deed(script), adviceTo(), { timeoutMs: 2_000 }).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.time' } });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    const state = () =>
      existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] : 'gone';
    await expect.poll(state).toMatch(/Z|gone/);
  });
  it('that prints without end is ended', async () => {
    const end = await acting(folder, deed(`for (;;) require('fs').writeSync(1, 'x'.repeat(65536));`)).step('act');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.output' } });
  });
  it('that is not there fails, and may be tried again', async () => {
    const end = await acting(folder, { kind: 'command', argv: ['/nowhere/x'], cwd: folder }).step('act');
    expect(end).toMatchObject({
      tag: 'failed',
      retry: true,
      because: { key: 'acted.notRun', values: { code: 'ENOENT' } },
    });
  });
  it('left running by a daemon that was killed is ended before anything runs', async () => {
    const hanging = acting(folder, deed(`require('fs').writeFileSync('pid', ''); setInterval(() => {}, 1000)`)).step(
      'act',
    );
    await expect.poll(() => existsSync(join(folder, 'pid'))).toBe(true);
    expect(readdirSync(join(folder, 'kept/running'))).toHaveLength(1);
    expect(await acting(folder, deed('')).step('act')).toMatchObject({ tag: 'ok' });
    expect(await hanging).toMatchObject({ because: { values: { code: 'SIGKILL' } } });
    expect(readdirSync(join(folder, 'kept/running'))).toEqual([]);
  });
  it('ends with the daemon', async () => {
    const one = acting(folder, deed('setInterval(() => {}, 1000)'));
    const end = one.step('act');
    await one.actor.close();
    expect((await end).tag).toBe('failed');
  });
});

describe('a chain with credentials, which advice shows as ***', () => {
  const chain = { before: 'https://a.example.com,direct', after: 'https://***@b.example.net|direct' };
  it.each<[string, ActionDeed]>([
    ['a program', { kind: 'command', argv: ['true'], cwd: '/' }],
    ['a body', httpDeed('{"chain":"{{chain}}"}')],
    ['a store', { ...httpDeed(''), body: { store: 'consul' } }],
  ])('is given to no build by %s', async (_, of) => {
    const post = { send: () => Promise.resolve({ tag: 'delivered' as const, status: 200, receipt: '[]' }) };
    const end = await acting(folder, of, adviceTo({ chain }), { post }).step('prepare');
    expect(end).toMatchObject({ tag: 'failed', because: { key: 'acted.noForm' } });
  });
});

it('a body of the operator shows what its places are filled in with, and nothing else of it', async () => {
  const one = acting(folder, httpDeed('{"token":"hunter2","to":"{{to}}","chain":"{{chain}}"}'));
  expect(await one.step('prepare')).toEqual({ tag: 'ok', output: 'to: b\nchain: https://b.example.net|direct' });
});

it('a value in Consul that was set although its response was lost goes back to what was there then', async () => {
  let value = 'https://before.example.com';
  let isLost = false;
  const post: Post = {
    send: async ({ method, body }) => {
      if (method === 'PUT') value = body;
      if (method === 'PUT' && isLost) return { tag: 'failed', failure: { kind: 'timeout', retry: 'later' } as never };
      const pair = { Value: Buffer.from(value).toString('base64'), ModifyIndex: 7 };
      return { tag: 'delivered', status: 200, receipt: method === 'PUT' ? 'true' : JSON.stringify([pair]) };
    },
  };
  const one = acting(folder, { ...httpDeed(''), body: { store: 'consul' } }, adviceTo(), { post });
  await one.step('prepare');
  value = 'https://by-hand.example.com';
  isLost = true;
  expect(await one.step('act')).toMatchObject({ tag: 'failed', retry: true });
  isLost = false;
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(await one.step('undo')).toMatchObject({
    tag: 'ok',
    output: expect.stringContaining('\n-https://b.example.net|direct\n+https://by-hand.example.com'),
  });
  expect(value).toBe('https://by-hand.example.com');
});

it('an undo in Consul whose response was lost is done: a missing value became an empty one', async () => {
  let value: string | null = null;
  const post: Post = {
    send: async ({ method, body }) => {
      if (method === 'PUT') value = body;
      else if (value === null) return { tag: 'failed', failure: { kind: 'status', status: 404, retry: 'never' } };
      const pair = { Value: Buffer.from(value ?? '').toString('base64'), ModifyIndex: 7 };
      return { tag: 'delivered', status: 200, receipt: method === 'PUT' ? 'true' : JSON.stringify([pair]) };
    },
  };
  const one = acting(folder, { ...httpDeed(''), body: { store: 'consul' } }, adviceTo(), { post });
  expect(await one.step('act')).toMatchObject({ tag: 'ok' });
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
  expect(value).toBe('');
  expect(await one.step('undo')).toMatchObject({ tag: 'ok' });
});

describe('the brake', () => {
  it('holds over a restart, in a file of no bytes', () => {
    const actor = actorIn(folder);
    expect(actor.isStopped()).toBe(false);
    expect(actor.keepStopped(true)).toBe(true);
    expect(statSync(join(folder, 'kept/stopped')).size).toBe(0);
    expect(actorIn(folder).isStopped()).toBe(true);
    actor.keepStopped(false);
    expect(actorIn(folder).isStopped()).toBe(false);
  });
  it('is set and released on a full disk', () => {
    const disk = openDisk();
    try {
      if (disk.canFail) disk.fill();
      const actor = actorIn(disk.dir);
      expect(actor.keepStopped(true)).toBe(true);
      expect(actorIn(disk.dir).isStopped()).toBe(true);
      expect(actor.keepStopped(false)).toBe(true);
      expect(actorIn(disk.dir).isStopped()).toBe(false);
    } finally {
      disk.close();
    }
  });
  it('is held if it is unknown whether the value is set', () => {
    symlinkSync('kept', join(folder, 'kept'));
    expect(actorIn(folder).isStopped()).toBe(true);
  });
  it('says so where the disk does not take it', () => {
    writeFileSync(join(folder, 'kept'), 'no folder');
    expect(actorIn(folder).keepStopped(true)).toBe(false);
    expect(actorIn(folder).isStopped()).toBe(false);
  });
});
