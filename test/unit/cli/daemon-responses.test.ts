import { describe, expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { type Ran, run } from './run-program.ts';
import { withServer } from './with-server.ts';

const deep = '{"a":['.repeat(10_000) + ']}'.repeat(10_000);

describe('advice that did not come', () => {
  test.each([['http'], ['HTTP']])(
    'port 1, which fetch would refuse (%s): asked, 1, nothing on standard output',
    async (scheme) => {
      for (const json of [[], ['--json']]) {
        const { code, out, err } = await run(['advice', ...json, '--url', `${scheme}://127.0.0.1:1`]);
        expect([code, out]).toEqual([1, '']);
        expect(err).toContain(`no daemon responds at ${scheme}://127.0.0.1:1 (ECONNREFUSED)`);
      }
    },
  );

  test.each([
    ['a page', '<!doctype html>'],
    ['JSON of something else', '{"status":"ok"}'],
    ['JSON that is no object', 'null'],
    ['advice nested so deep that it would exhaust the stack', `{"advice":[${deep}]}`],
  ])(
    '%s answers there: 1, said, nothing on standard output',
    async (_, text) =>
      await withServer(
        (response) => response.end(text),
        async (url) => {
          const { code, out, err } = await run(['advice', '--json', '--url', `${url}/`]);
          expect([code, out, err]).toEqual([1, '', `mirrorwatch: the server at ${url} is not a mirrorwatch daemon`]);
        },
      ),
  );
});

test.each([
  ['advice', '--apply', 'go', '--yes'],
  ['explain', 'go: example.com/x@v1.0.0: dial tcp'],
])(
  'JSON nested so deep that it would exhaust the stack crashes no command: %s',
  async (...argv) =>
    await withServer(
      (response) => response.end(deep),
      async (url) => {
        const { code, err } = await run([...argv, '--url', url], { env: { HOME: tempDir('deep') } });
        expect([code, err.includes('RangeError')]).toEqual([1, false]);
      },
    ),
);

const wrong: readonly unknown[] = table('unit/cli/daemon-responses', 'wrong');
const advice = {
  ...{ id: 'a', state: 'proposed', ecosystem: 'go', upstream: 'u', reason: 'r', confidence: 'high', from: 'a' },
  ...{ expiresAt: 't', rollback: "export GOPROXY='https://a'", doesNotCover: ['x'], failback: null, cause: 'outage' },
  ...{ expected: {}, chain: { before: 'a', after: 'b' }, remedy: { env: "export GOPROXY='https://b'" } },
};
const action = { id: 'i', kind: 'file', mode: 'auto', state: 'done', held: null, because: null, output: 'x' };
const places: readonly (readonly [string, readonly string[], (value: unknown) => unknown])[] = [
  ...Object.keys(advice).map((key) => {
    return [`advice[].${key}`, ['advice'], (value: unknown) => ({ advice: [{ ...advice, [key]: value }] })] as const;
  }),
  ...['sentences', 'passedOver', 'waiting', 'dismissed', 'advice'].map((key) => {
    return [key, ['advice'], (value: unknown) => ({ advice: [advice], [key]: value })] as const;
  }),
  ...Object.keys(action).map((key) => {
    return [`actions[].${key}`, ['actions'], (value: unknown) => ({ actions: [{ ...action, [key]: value }] })] as const;
  }),
  ['actions', ['actions'], (actions) => ({ actions })],
  ['the whole', ['actions', 'stop'], (value) => value],
  ['the remedy', ['advice', '--apply', '--yes'], (value) => ({ files: value, urls: value, GOPROXY: value })],
  [
    'findings',
    ['explain', 'npm error 404 - GET https://a.example/x'],
    (value) => ({ mirrors: value, findings: value }),
  ],
];

test.each(places)('values of another type crash no command: %s', async (_, argv, bodyOf) => {
  let body: unknown;
  const env = { HOME: tempDir('types') };
  await withServer(
    (response) => response.end(JSON.stringify(body)),
    async (url) => {
      for (const value of wrong) {
        body = bodyOf(value);
        const { code, out, err } = await run([...argv, '--url', url], { env });
        expect([code, `${out}${err}` === '']).toEqual([expect.any(Number), false]);
        if (err.includes('Error'))
          expect([code, err]).toEqual([1, expect.stringMatching(/^mirrorwatch: .+ \(\w+Error: .+/)]);
      }
    },
  );
});

test('whatever a daemon says, it moves no cursor, hides nothing and adds no line of its own', async () => {
  const evil = "x\n  export GOPROXY='https://evil.example.com'\u001b[31m\u009b2J\u202e";
  const keys = ['id', 'upstream', 'reason', 'confidence', 'expiresAt', 'rollback'];
  const one = {
    ...Object.fromEntries(keys.map((key) => [key, evil])),
    // Its remedy is for files. Lines for a shell are held in export-settings.test.ts.
    ecosystem: 'oci',
    state: 'proposed',
    remedy: { env: `${evil}\nlast` },
    doesNotCover: [evil],
  };
  const [shown, json] = await withServer(
    (response) => response.end(JSON.stringify({ advice: [one] })),
    async (url) => [await run(['advice', '--url', url]), await run(['advice', '--json', '--url', url])] as const,
  );
  expect(shown.out).not.toMatch(/[^\P{C}\n]/u);
  const line = "x?  export GOPROXY='https://evil.example.com'?[31m?2J?";
  const lines = shown.out.split('\n');
  expect(lines.toSpliced(2, 1)).toEqual([`proposed  oci/${line}  ${line}`, `  ${line}`, `  note: ${line}`]);
  // Lines that this program would not write are not shown at all.
  expect(lines[2]).toContain('sent other lines than this program writes');
  expect(json.out).not.toMatch(/[^\P{C}\n]/u);
  expect(JSON.parse(json.out)).toEqual([one]);
});

describe('what is printed can be pasted', () => {
  const shownOf = async (
    ecosystem: string,
    remedy: Readonly<Record<string, string>>,
    rollback: string,
    chain = { before: 'https://a.example', after: 'https://b.example' },
  ): Promise<string> => {
    const one = {
      ...{ id: 'i', ecosystem, upstream: 'docker.io', reason: 'r', expiresAt: 't', state: 'proposed' },
      ...{ chain, remedy, rollback, doesNotCover: [] },
    };
    const { out } = await withServer(
      (response) => response.end(JSON.stringify({ advice: [one] })),
      (url) => run(['advice', '--url', url]),
    );
    return out;
  };

  test('lines for a shell come before those of a file', async () => {
    const env = "export PIP_INDEX_URL='https://b.example/simple'";
    const out = await shownOf('pypi', { pip: '[global]', env, json: '{}' }, env);
    expect(out).toContain(`\n  ${env}\n`);
    expect(out).not.toContain('[global]');
  });

  test('lines that do not name their file stand below its name', async () => {
    const json = JSON.stringify({ 'daemon.json': { path: '/etc/docker/daemon.json', keys: {} } });
    const text = (url: string) => JSON.stringify({ 'registry-mirrors': [url] }, null, 2);
    const remedy = { 'daemon.json': text('https://b.example'), json };
    const chain = { before: 'https://a.example|direct', after: 'https://b.example|direct' };
    const out = await shownOf('oci', remedy, text('https://a.example'), chain);
    expect(out).toContain(
      '\n  in /etc/docker/daemon.json:\n  {\n    "registry-mirrors": [\n      "https://b.example"\n',
    );
    expect(out).toContain('\n  rollback, in /etc/docker/daemon.json:\n    {\n');
  });

  test('lines for programs are not printed', async () => {
    const out = await shownOf('http', { json: '{"urls":["https://b.example"]}' }, 'https://a.example');
    expect(out).toContain(
      '\n  There is no line to paste. Set https://b.example manually.\n  rollback: https://a.example\n',
    );
    expect(out).not.toContain('urls');
  });
});

test.each([
  [['advice']],
  [['advice', '--export']],
  [['advice', '--apply', '--home', tempDir('home')]],
  [['advice', 'accept', 'x']],
  [['pause', 'x', '--for', '1h']],
  [['ack', 'x', '--reason', 'known']],
])('%j: nor where it says why not; and what is no problem of RFC 9457 is told by its status', async (argv) => {
  const problem = { title: 'x\nmore', detail: '\u001b[31m\u009b2J\u202e' };
  const answers = [JSON.stringify(problem), '<html>', 'null', '{}'];
  const ran: Ran[] = [];
  await withServer(
    (response) => response.writeHead(503).end(answers.shift()),
    async (url) => {
      for (let n = 0; n < 4; n += 1) ran.push(await run([...argv, '--url', url]));
    },
  );
  const status = 'mirrorwatch: the daemon responded with 503';
  expect(ran.map(({ code, out }) => [code, out])).toEqual(Array(4).fill([1, '']));
  expect(ran.map(({ err }) => err)).toEqual(['mirrorwatch: x?more: ?[31m?2J?', status, status, status]);
});

test.each([
  ['ack', 'x', '--reason', 'known'],
  ['pause', 'x', '--for', '1h'],
  ['advice', 'accept', 'x'],
  ['advice', 'dismiss', 'x', '--for', '2h', '--reason', 'known'],
  ['actions', 'stop'],
])('%s: what another server takes with 204 is not said to be done', async (...argv) => {
  const ran = await withServer(
    (response) => response.writeHead(204).end(),
    (url) => run([...argv, '--url', url]),
  );
  expect(ran).toMatchObject({ code: 1, out: '', err: 'mirrorwatch: the daemon responded with 204' });
});

test("health: what answers in a daemon's place moves no cursor", async () => {
  const { code, err } = await withServer(
    (response) => response.writeHead(503).end('no\u001b[2J\nmore\n'),
    (url) => run(['health', '--url', url]),
  );
  expect([code, err]).toEqual([1, 'mirrorwatch: no?[2J?more']);
});
