import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../../support/paths.ts';
import { table } from '../../support/table.ts';
import { type Ran, run } from './run-program.ts';

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

  test.each<[string, number | null, boolean, number, string]>(
    table('unit/cli/webhook-test', 'a receiver that is %s: said in words, its URL never'),
  )('a receiver that is %s: said in words, its URL never', async (_, status, allow, code, said) => {
    const ran = await told(status, allow);
    expect(ran.code).toBe(code);
    expect(`${ran.out}${ran.err}`).toContain(said);
    expect(`${ran.out}${ran.err}`).not.toMatch(/hunter2|[{}"]/);
  });
});
