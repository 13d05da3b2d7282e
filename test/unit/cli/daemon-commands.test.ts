import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { refuses } from '../../daemon/scripted-wire.ts';
import { but, threeMirrors, well } from '../../daemon/three-mirrors.ts';
import { adviceOf } from '../../daemon/told.ts';
import { startWorld, stopWorlds } from '../../daemon/world.ts';
import { makeCerts } from '../../support/certs.ts';
import { tempDir } from '../../support/paths.ts';
import { ask } from './ask-daemon.ts';
import { type Ran, run } from './run-program.ts';

afterEach(stopWorlds);

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
        codes.push((await run(['health', '--config', 'mirrorwatch.yaml'], { cwd: folder })).code);
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
    expect(lines).toContain('  confidence: medium');
    const logged = world.log.findLast(({ message }) => message === 'advice proposed');
    expect(logged?.fields).toMatchObject({ advice: id, from: 'a', to: 'b', confidence: 'medium' });
    const json = await ask(world, 'advice', '--json');
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, [{ id, state: 'proposed' }]]);
    expect(await ask(world, 'advice', 'accept', id)).toMatchObject({ code: 0, out: `advice ${id} accepted` });
    expect(await ask(world, 'advice', 'accept', id)).toMatchObject({ code: 1, out: '' });
    expect((await ask(world, 'advice', 'accept', 'nothing')).code).toBe(1);
    expect((await ask(world, 'advice')).code).toBe(0);
  });

  test('dismissed: 0, and nothing is pending; what is over cannot be dismissed again: 1; too long: 2', async () => {
    const world = await startWorld({ yaml: threeMirrors(), script: but(refuses, 'a', 60) });
    await world.seconds(80);
    const id = (await adviceOf(world))[0]?.id ?? '';
    const dismiss = (...rest: string[]): Promise<Ran> =>
      ask(world, 'advice', 'dismiss', ...rest, '--reason', 'we know');
    expect(await dismiss(id, '--for', '31d')).toMatchObject({ code: 2, out: '' });
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

test('advice --now: without a daemon at that address: exit 1; --json prints JSON; a suspect network is mentioned', async () => {
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

describe('health', () => {
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
