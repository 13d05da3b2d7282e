import { writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { testCerts } from '../support/certs.ts';
import { tempDir } from '../support/paths.ts';
import { fakeTerminal } from '../unit/cli/fake-terminal.ts';

const folder = tempDir('by-hand-versions');

/** A Go mirror that answers over both versions. */
const certs = testCerts();
const server = createSecureServer({ cert: certs.server.certPem, key: certs.server.keyPem, allowHTTP1: true });
server.on('request', (_, response) => response.end('module example.com/hello\n'));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
writeFileSync(join(folder, 'ca.pem'), certs.ca.certPem);
const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
writeFileSync(
  join(folder, 'mirrorwatch.yaml'),
  `
vantage: here
mirrors:
  - { name: near, ecosystem: go, url: "${url}", tls: { ca: ca.pem } }
  - { name: plain, ecosystem: go, url: "http://127.0.0.1:1" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
state: { path: ":memory:" }
`,
);
afterAll(() => server.close());

async function run(...argv: string[]) {
  const terminal = fakeTerminal();
  const facts = { version: '1.2.3', node: 'v24.0.0', log: { level: 'silent', pretty: false } } as const;
  const named = [...argv, '--config', 'mirrorwatch.yaml'];
  const code = await program({ argv: named, env: {}, cwd: folder, terminal, facts, onSignal: () => undefined });
  return { code, out: terminal.text(), errs: terminal.errs.join('\n') };
}

test.each([
  { flags: [], version: '2' },
  { flags: ['--http1'], version: '1.1' },
  { flags: ['--http2'], version: '2' },
])('probe near $flags speaks HTTP/$version', async ({ flags, version }) => {
  const shown = await run('probe', 'near', ...flags);
  expect([shown.code, shown.errs]).toEqual([0, '']);
  expect(shown.out).toContain(`, HTTP/${version}`);
  expect((await run('probe', 'near', '--curl', ...flags)).out).toContain(`\nhttp_version=${version}\n`);
  const { sample, transcript } = JSON.parse((await run('probe', 'near', '--json', ...flags)).out);
  expect([sample.protocol, transcript.hops[0].protocol]).toEqual([version, version]);
});

test.each([
  [['near', '--http1', '--http2'], '--http1 or --http2, not both'],
  [['plain', '--http2'], '--http2 needs an https:// URL, not http://127.0.0.1:1'],
  [['near', '--client', 'go'], '--client has ended: run the client itself, or set clientRuns'],
])('probe %j is a mistake: 2', async (argv, text) => {
  const { code, errs } = await run('probe', ...argv);
  expect([code, errs]).toEqual([2, expect.stringContaining(text)]);
});
