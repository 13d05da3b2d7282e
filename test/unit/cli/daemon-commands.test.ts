import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/action.ts';
import { refuses, type Script } from '../../daemon/scripted-wire.ts';
import { but, threeMirrors, well } from '../../daemon/three-mirrors.ts';
import { adviceOf, mirrorOf } from '../../daemon/told.ts';
import { settled, startWorld, stopWorlds, type World } from '../../daemon/world.ts';
import { makeCerts } from '../../support/certs.ts';
import { tempDir } from '../../support/paths.ts';
import { type Ran, run } from './run-program.ts';

afterEach(stopWorlds);

interface Found {
  readonly id: string;
  readonly kind: string;
}

const ask = (world: World, ...argv: string[]): Promise<Ran> =>
  settled(world.time, run([...argv, '--url', world.daemon.url]), 1);

test.each(['wrongName', 'selfSigned'] as const)(
  'a daemon with a certificate of its own is reached: %s',
  async (kind) => {
    const { [kind]: own, server: foreign } = makeCerts();
    const servers = [own, foreign].map(({ certPem, keyPem }) =>
      createTlsServer({ cert: certPem, key: keyPem }, (_, response) => response.end('ok')).listen(0, '127.0.0.1'),
    );
    await Promise.all(servers.map((server) => once(server, 'listening')));
    try {
      const codes: number[] = [];
      for (const server of servers) {
        const { port } = server.address() as AddressInfo;
        const folder = tempDir('own-certificate');
        const tls = `tls: { cert: ${own.certFile}, key: ${own.keyFile} }`;
        const listen = `listen: { address: "127.0.0.1:${port}", ${tls} }\n`;
        writeFileSync(join(folder, 'mirrorwatch.yaml'), `${listen}${threeMirrors().replace(/^listen:.*\n/m, '')}`);
        codes.push((await run(['health'], { cwd: folder })).code);
      }
      expect(codes).toEqual([0, 1]);
    } finally {
      for (const server of servers) server.close();
    }
  },
);

describe('advice', () => {
  test('no advice: 0', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(20);
    expect(await ask(world, 'advice')).toMatchObject({ code: 0, out: 'no advice', err: '' });
    expect(await ask(world, 'advice', '--json')).toMatchObject({ code: 0, out: '[]' });
  });

  test('a mirror that is down and that clients pass over: no advice, and why', async () => {
    const yaml = threeMirrors({ clients: 'https://a.example.com|https://b.example.net/goproxy,direct' });
    const world = await startWorld({ yaml, script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const { code, out } = await ask(world, 'advice');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^no advice\na is down\. In the clients' chain the separator after it is "\|", so clients try the next mirror and lose about \d+ ms a request\. No switch is advised\.$/,
      ),
    ]);
    expect((await world.get('/')).text).toContain('so clients try the next mirror');
  });

  test('pending: 1, with the line to paste; accepted: 0', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const [advice] = await adviceOf(world);
    const id = advice?.id ?? '';
    const shown = await ask(world, 'advice');
    expect([shown.code, shown.err]).toEqual([1, 'mirrorwatch: advice pending: 1']);
    const lines = shown.out.split('\n');
    expect(lines[0]).toBe(`proposed  go/go  ${id}`);
    expect(lines).toContain("  export GOPROXY='https://b.example.net/goproxy,direct'");
    expect(lines).toContain("  rollback: export GOPROXY='https://a.example.com,https://b.example.net/goproxy,direct'");
    const json = await ask(world, 'advice', '--json');
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, [{ id, state: 'proposed' }]]);
    expect(await ask(world, 'advice', 'accept', id)).toMatchObject({ code: 0, out: `advice ${id} accepted` });
    expect(await ask(world, 'advice', 'accept', id)).toMatchObject({ code: 1, out: '' });
    expect((await ask(world, 'advice', 'accept', 'nothing')).code).toBe(1);
    expect((await ask(world, 'advice')).code).toBe(0);
  });

  test('dismissed: 0, and nothing is pending; what is over cannot be dismissed again: 1', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const id = (await adviceOf(world))[0]?.id ?? '';
    const dismiss = (...rest: string[]): Promise<Ran> =>
      ask(world, 'advice', 'dismiss', ...rest, '--reason', 'we know');
    expect(await dismiss(id, '--for', '31d')).toMatchObject({ code: 1, out: '' });
    expect(await dismiss(id, '--for', '2h')).toMatchObject({ code: 0, out: `advice ${id} dismissed for 2h`, err: '' });
    expect(await dismiss(id, '--for', '2h')).toMatchObject({ code: 1, out: '' });
    expect((await dismiss('nothing', '--for', '2h')).code).toBe(1);
    const { code, out } = await ask(world, 'advice');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^no advice\nThe switch from a to b is dismissed until [\d-]+ [\d:]+ UTC, so it is not advised\. Its cause is present now: requests to a fail\.$/,
      ),
    ]);
    expect((await world.get('/')).text).toContain('The switch from a to b is dismissed until');
  });

  test('refused: said, with its reason, without a line to paste', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'all', 60) });
    await world.seconds(90);
    const { code, out } = await ask(world, 'advice');
    expect(code).toBe(0);
    expect(out).toContain('no switch advised  go/go');
    expect(out).toContain('this host or its network');
    expect(out).not.toContain('export GOPROXY');
  });
});

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
  ])('%s answers there: 1, said, nothing on standard output', async (_, text) => {
    const server = createServer((_request, response) => void response.end(text));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, out, err } = await run(['advice', '--json', '--url', `http://127.0.0.1:${port}/`]);
    server.close();
    expect([code, out, err]).toEqual([
      1,
      '',
      `mirrorwatch: the server at http://127.0.0.1:${port} is not a mirrorwatch daemon`,
    ]);
  });
});

test('whatever a daemon says, it moves no cursor, hides nothing and adds no line of its own', async () => {
  const evil = "x\n  export GOPROXY='https://evil.example.com'\u001b[31m\u009b2J\u202e";
  const fields = ['id', 'ecosystem', 'upstream', 'reason', 'expiresAt', 'rollback'].map((key) => [key, evil]);
  const one = {
    ...Object.fromEntries(fields),
    state: 'proposed',
    remedy: { env: `${evil}\nlast` },
    doesNotCover: [evil],
  };
  const server = createServer((_request, response) => void response.end(JSON.stringify({ advice: [one] })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const shown = await run(['advice', '--url', `http://127.0.0.1:${port}`]);
  const json = await run(['advice', '--json', '--url', `http://127.0.0.1:${port}`]);
  server.close();
  expect(shown.out).not.toMatch(/[^\P{C}\n]/u);
  const line = "x?  export GOPROXY='https://evil.example.com'?[31m?2J?";
  expect(shown.out.split('\n')).toEqual([
    `proposed  ${line}/${line}  ${line}`,
    `  ${line}`,
    // A remedy has lines of its own.
    '  x',
    "    export GOPROXY='https://evil.example.com'?[31m?2J?",
    '  last',
    // So has a way back: several variables, or a file.
    '  rollback:',
    '    x',
    "      export GOPROXY='https://evil.example.com'?[31m?2J?",
    `  valid until ${line}`,
    `  note: ${line}`,
  ]);
  expect(json.out).not.toMatch(/[^\P{C}\n]/u);
  expect(JSON.parse(json.out)).toEqual([one]);
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
  const server = createServer((_request, response) => void response.writeHead(503).end(answers.shift()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ran: Ran[] = [];
  for (let n = 0; n < 4; n += 1) ran.push(await run([...argv, '--url', `http://127.0.0.1:${port}`]));
  server.close();
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
  const server = createServer((_request, response) => void response.writeHead(204).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ran = await run([...argv, '--url', `http://127.0.0.1:${port}`]);
  server.close();
  expect(ran).toMatchObject({ code: 1, out: '', err: 'mirrorwatch: the daemon responded with 204' });
});

test("health: what answers in a daemon's place moves no cursor", async () => {
  const server = createServer((_request, response) => void response.writeHead(503).end('no\u001b[2J\nmore\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { code, err } = await run(['health', '--url', `http://127.0.0.1:${port}`]);
  server.close();
  expect([code, err]).toEqual([1, 'mirrorwatch: no?[2J?more']);
});

describe('advice --now', () => {
  test('without a daemon at that address: exit 1; --json prints JSON; a suspect network is mentioned', async () => {
    const folder = tempDir('nobody');
    const file = join(folder, 'mirrorwatch.yaml');
    writeFileSync(
      file,
      `
vantage: here
schedule: { every: 1s, timeout: 500ms }
mirrors: [ { name: nobody, ecosystem: go, url: "http://127.0.0.1:1" } ]
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
state: { path: ./state.db }
`,
    );
    const json = await run(['advice', '--now', '--json', '--config', file]);
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      1,
      { ecosystem: 'go', remedy: null, rows: [{ registry: 'nobody', ok: 0, answered: 0, reason: 'refused' }] },
    ]);
    expect(json.err).toContain('no mirror responded');
    expect(json.err).toContain('mirrorwatch demo');
  });
});

describe('pause', () => {
  test('leaves a mirror alone and resumes it; what cannot be is said in the words of the daemon', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(20);
    const why = ['--reason', 'moving'];
    expect(await ask(world, 'pause', 'a', '--for', '1h', ...why)).toMatchObject({
      code: 0,
      out: 'mirror a paused for 1h',
    });
    await world.seconds(1);
    expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'unknown' });
    expect(await ask(world, 'pause', 'a', '--for', '0s')).toMatchObject({ code: 0, out: 'mirror a resumed' });
    await world.seconds(20);
    expect(await mirrorOf(world, 'a')).toMatchObject({ state: 'up' });
    for (const [argv, said] of [
      [['nobody', '--for', '1h'], 'Not found'],
      [['a', '--for', 'soon'], 'the value of `for` must be a duration of at most 30d'],
    ] as const) {
      const { code, out, err } = await ask(world, 'pause', ...argv);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(said);
    }
  });
});

describe('what the daemon does but cannot store', () => {
  const lost =
    'mirrorwatch: this change is in force, but not stored: the disk is full. ' +
    'If the daemon restarts before it can store the change, the change is lost.';

  test('a pause, an acknowledgement and a dismissed advice: each says so, and no more once it can be stored', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const found = (await world.get('/api/v1/findings')).json<{ findings: { id: string }[] }>().findings[0]?.id ?? '';
    const advice = (await adviceOf(world))[0]?.id ?? '';
    world.store.trouble = { kind: 'full', code: 'SQLITE_FULL' };
    for (const argv of [
      ['pause', 'c', '--for', '1h'],
      ['ack', found, '--reason', 'known'],
      ['advice', 'dismiss', advice, '--for', '2h', '--reason', 'known'],
    ])
      expect([argv[0], await ask(world, ...argv)]).toMatchObject([argv[0], { code: 0, err: lost }]);
    expect((await world.get('/-/ready')).text).toContain('the state cannot be stored: the disk is full');
    const text = 'configuration, workers and listener are up, but the state cannot be stored: the disk is full';
    expect(await ask(world, 'health', '--ready')).toMatchObject({ code: 0, out: text, err: '' });
    expect((await world.get('/')).text).toContain('such as pauses and acknowledgements, do not survive a restart');
    world.store.trouble = null;
    expect(await ask(world, 'pause', 'c', '--for', '2h')).toMatchObject({ code: 0, err: '' });
    const restarted = await world.restart();
    expect((await mirrorOf(restarted, 'c')).paused).not.toBeNull();
  });

  test('a reason that only another release knows is shown as it is', async () => {
    const headers = { 'x-state-trouble': 'quota' };
    const server = createServer((_request, response) => void response.writeHead(200, headers).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ran = await run(['ack', 'x', '--reason', 'known', '--url', `http://127.0.0.1:${port}`]);
    server.close();
    expect(ran).toMatchObject({
      code: 0,
      out: 'finding x acknowledged',
      err: lost.replace('the disk is full', 'quota'),
    });
  });
});

describe('webhook test', () => {
  const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`;
  const told = async (status: number | null, allow = true): Promise<Ran> => {
    const server = createServer((_request, response) => response.writeHead(status ?? 500, { location: '/' }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (status === null) await new Promise((resolve) => server.close(resolve));
    const file = join(tempDir('webhook'), 'mirrorwatch.yaml');
    const networks = allow ? '127.0.0.0/8' : '10.0.0.0/8';
    writeFileSync(
      file,
      `
mirrors: [ { name: a, ecosystem: go, url: "https://a.example.com" } ]
modules: { go: [ "example.com/hello@v1.0.0" ] }
webhooks: [ { name: ops, url: "http://127.0.0.1:${port}/hunter2", secrets: [ "${secret}" ], allow: [ ${networks} ] } ]
`,
    );
    const ran = await run(['webhook', 'test', 'ops', '--config', file]);
    server.close();
    return ran;
  };

  test.each<[string, number | null, boolean, number, string]>([
    ['taken', 204, true, 0, 'ops: delivered, HTTP status 204'],
    ['refused for good', 400, true, 1, 'ops: not delivered: HTTP status 400'],
    ['in trouble', 503, true, 1, 'ops: not delivered: HTTP status 503; a running daemon would retry'],
    ['gone', 410, true, 1, 'ops: not delivered: HTTP 410: the receiver accepts no more messages'],
    ['elsewhere', 302, true, 1, 'ops: not delivered: the receiver redirects, and redirects are not followed'],
    ['nobody there', null, true, 1, 'ops: not delivered: the request failed (ECONNREFUSED)'],
    ['at a private address', 204, false, 1, 'ops: not delivered: the address of the receiver is not public'],
  ])('a receiver that is %s: said in words, its URL never', async (_, status, allow, code, said) => {
    const ran = await told(status, allow);
    expect(ran.code).toBe(code);
    expect(`${ran.out}${ran.err}`).toContain(said);
    expect(`${ran.out}${ran.err}`).not.toMatch(/hunter2|[{}"]/);
  });
});

describe('ack, health', () => {
  test('the reason of an acknowledged outage is in the API and on the page, also once the outage has ended', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60, 200) });
    await world.seconds(100);
    const outage = async () => {
      const { findings } = (await world.get('/api/v1/findings?state=all')).json<{ findings: Found[] }>();
      return findings.find(({ kind }) => kind === 'outage');
    };
    const before = await outage();
    expect(before).toMatchObject({ state: 'open', acknowledgedReason: null });
    expect((await ask(world, 'ack', before?.id ?? '', '--reason', 'the provider works on it')).code).toBe(0);
    expect(await outage()).toMatchObject({ state: 'open', acknowledgedReason: 'the provider works on it' });
    expect((await world.get('/')).text).toContain('acknowledged: <bdi>the provider works on it</bdi>');
    await world.seconds(400);
    expect(await outage()).toMatchObject({ state: 'closed', acknowledgedReason: 'the provider works on it' });
  });

  test('an outage cannot be acknowledged away, and nothing that is not there', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(10);
    const { code, err } = await ask(world, 'ack', 'nothing', '--reason', 'seen');
    expect([code, err.startsWith('mirrorwatch: ')]).toEqual([1, true]);
  });

  test('of a running daemon: 0; of none: 1, and how to find it', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: well });
    await world.seconds(1);
    expect(await ask(world, 'health')).toMatchObject({ code: 0, out: '', err: '' });
    const ready = { code: 0, out: 'configuration, state, workers and listener are up', err: '' };
    expect(await ask(world, 'health', '--ready')).toMatchObject(ready);
    const url = world.daemon.url;
    await world.stop();
    const gone = await run(['health', '--url', url]);
    expect(gone.code).toBe(1);
    expect(gone.err).toContain('no daemon responds at');
    expect(gone.err).toContain('ECONNREFUSED');
  });

  test('a token is needed where one is set: taken from --token-file, never shown', async () => {
    const yaml = threeMirrors().replace(
      'listen: 127.0.0.1:10120',
      'listen: { address: "127.0.0.1:10120", token: t0ken-of-the-daemon }',
    );
    const world = await startWorld({ yaml, script: well });
    await world.seconds(10);
    const without = await ask(world, 'advice');
    expect([without.code, without.out]).toEqual([1, '']);
    const file = join(tempDir('token'), 'token');
    writeFileSync(file, 't0ken-of-the-daemon\n');
    const given = await ask(world, 'advice', '--token-file', file);
    expect(given).toMatchObject({ code: 0, out: 'no advice' });
    expect(without.terminal.text() + given.terminal.text()).not.toContain('t0ken');
  });
});

describe('actions', () => {
  const yaml = threeMirrors({
    more: 'onAdvice: [ { name: ci, command: [ "true" ], mode: auto, when: { confidence: low } } ]',
  });
  const actor: Actor = {
    run: async (step) => ({ tag: 'ok', output: `${step}\u001b[2J` }),
    votes: () => null,
    lead: () => 'alone',
    share: () => undefined,
    takeShared: () => null,
    isStopped: () => false,
    keepStopped: () => false,
    close: async () => undefined,
  };

  test('held past the limit of the hour, until its end', async () => {
    const downFromMs: Readonly<Record<string, number>> = { a: 60_000, b: 120_000 };
    const script: Script = (asked) => (asked.atMs >= (downFromMs[asked.registry] ?? Infinity) ? refuses : well(asked));
    const world = await startWorld({
      yaml: yaml.replace('confidence: low', 'confidence: low, perHour: 1'),
      script,
      ports: (all) => ({ ...all, actor }),
    });
    await world.seconds(200);
    expect((await ask(world, 'actions')).out).toMatch(
      /held back {2}go: b → c\n {2}the limit of changes per hour is reached; held until 20\d\d-[\d-]+T[\d:.]+Z\n/,
    );
  });

  test('listed, stopped, resumed and undone; what is not done is refused: 1', async () => {
    const world = await startWorld({ yaml, script: but(refuses, 'a', 60), ports: (all) => ({ ...all, actor }) });
    expect(await ask(world, 'actions')).toMatchObject({ code: 0, out: 'no action has been carried out yet' });
    expect(await ask(world, 'actions', 'stop')).toMatchObject({
      code: 0,
      out: 'actions are stopped',
      err: expect.stringContaining('this change cannot be stored on disk'),
    });
    await world.seconds(80);
    expect((await ask(world, 'actions')).out).toMatch(
      /^actions are stopped\n.* {2}held back {2}go: a → b\n {2}actions are stopped$/,
    );
    expect(await ask(world, 'actions', 'resume')).toMatchObject({ code: 0, out: 'actions are enabled' });
    await world.seconds(5);
    const { actions } = JSON.parse((await ask(world, 'actions', '--json')).out) as {
      actions: { id: string; state: string }[];
    };
    expect(actions.map(({ state }) => state)).toEqual(['done']);
    expect((await ask(world, 'actions')).out).toMatch(/ {2}done {2}go: a → b\n {2}act\?\[2J$/);
    const id = actions[0]?.id ?? '';
    expect(await ask(world, 'actions', 'undo', id)).toMatchObject({ code: 0 });
    await world.seconds(2);
    expect(await ask(world, 'actions', 'undo', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('this action has nothing to undo now'),
    });
    expect((await ask(world, 'actions', 'undo', 'nothing')).code).toBe(1);
    expect((await ask(world, 'actions', 'undo')).code).toBe(2);
    expect((await ask(world, 'actions', 'halt')).code).toBe(2);
  });
});
