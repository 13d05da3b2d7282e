import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { createProofs } from '../../../src/api/proofs.ts';
import { Secret } from '../../../src/core/secret.ts';
import { threeMirrors } from '../../daemon/three-mirrors.ts';
import { tempDir } from '../../support/paths.ts';
import { run } from './run-program.ts';

describe('a configuration file with a mistake, beside a healthy daemon', () => {
  const listening = async (of: (file: string) => Promise<void>, text: (port: number) => string): Promise<void> => {
    const proofs = createProofs(() => 0);
    const app = express();
    app.get('/-/healthy', (_request, response) => {
      proofs.offer(response);
      response.send('healthy');
    });
    app.use((request, response) => {
      const isProven = proofs.accept(request, response, new Secret('s3cret-of-the-operator'));
      response.status(isProven ? 200 : 401).send('{"advice":[]}');
    });
    const server = createServer(app);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const folder = tempDir('mistaken');
      const file = join(folder, 'broken.yaml');
      writeFileSync(join(folder, 'token'), 's3cret-of-the-operator\n');
      writeFileSync(file, text((server.address() as AddressInfo).port));
      await of(file);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };
  const rest = threeMirrors().replace(/^listen:.*\n/m, '');
  const listen = (port: number): string => `listen: { address: "127.0.0.1:${port}", tokenFile: token }\n`;

  test.each<[string, (text: string) => string]>([
    ['an unknown key', (text) => text.replace('vantage:', 'vantag:')],
    ['a wrong value', (text) => text.replace('timeout: 4s', 'timeout: soon')],
    ['a name twice', (text) => text.replace('name: b', 'name: a')],
    ['a variable that is not set here', (text) => text.replace('vantage: here', 'vantage: $' + '{SITE}')],
    ['text that is no YAML', (text) => `${text}bad: [\n`],
    ['no mirrors', (text) => text.replace(/^mirrors:[\s\S]*?^clients:/m, 'clients:')],
  ])('%s: the daemon is reached by `listen`, and one line says so', async (_, change) => {
    expect(change(rest)).not.toBe(rest);
    await listening(
      async (file) => {
        const err = `mirrorwatch: ${file} has mistakes outside the section listen; \`mirrorwatch check\` lists them`;
        expect(await run(['health'], { env: { MIRRORWATCH_CONFIG: file } })).toMatchObject({ code: 0, out: '', err });
        expect(await run(['advice', '--config', file])).toMatchObject({ code: 0, out: 'no advice', err });
      },
      (port) => `${listen(port)}${change(rest)}`,
    );
  });

  test.each<[string, (text: string) => string]>([
    ['in the address', (text) => text.replace('127.0.0.1:', '127.0.0.1;')],
    ['in the name of the section', (text) => text.replace('listen:', 'listn:')],
    ['in a key of the section', (text) => text.replace('tokenFile', 'tokenfile')],
    ['in the name of the token file', (text) => text.replace('tokenFile: token', 'tokenFile: none')],
    ['a variable in it that is not set here', (text) => text.replace('tokenFile: token', 'token: $' + '{TOKEN}')],
    ['text that is no YAML in it', (text) => text.replace('tokenFile: token }', 'tokenFile: token')],
  ])(
    '%s: 2, with the mistakes',
    async (_, change) =>
      await listening(
        async (file) => {
          const { code, out, err } = await run(['health', '--config', file]);
          expect([code, out]).toEqual([2, '']);
          expect(err).toContain('the address of the daemon is unknown');
          expect(err).toContain(`${file}:`);
        },
        (port) => change(`${listen(port)}${rest}`),
      ),
  );
});

test('a wrong configuration is no reason to ask some other daemon', async () => {
  const file = join(tempDir('wrong'), 'mirrorwatch.yaml');
  writeFileSync(file, 'listn: 127.0.0.1:10120\n');
  const { code, err } = await run(['advice', '--config', file]);
  expect(code).toBe(2);
  expect(err).toContain('listn');
  expect(err).toContain('name it with --url');
});
