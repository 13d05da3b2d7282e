import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedNpmEnv } from '../support/npm-client.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { commandPath, tempDir } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { run } from '../support/process.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { startVerdaccio, type Verdaccio } from '../support/verdaccio.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';

// docs/door.md, "Publish and audit with npm": the real npm behind the door, before the real Verdaccio.

const advisory = {
  id: 1,
  title: 'hello greets everybody',
  severity: 'high',
  url: 'https://advisories.example.com/1',
  vulnerable_versions: '<2.0.0',
};

/** Creates a user as `npm adduser` does. @returns the token */
async function tokenOf(registry: string): Promise<string> {
  const user = { name: 'ada', password: 'a-password-of-ada' };
  const response = await fetch(`${registry}/-/user/org.couchdb.user:ada`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(user),
  });
  return ((await response.json()) as { readonly token: string }).token;
}

real('npm publish and npm audit while the registry is the door', ['npm', 'verdaccio'], () => {
  let dir: string;
  let origin: RawServer;
  let verdaccio: Verdaccio;
  let advisories: Server;
  let advisoriesUrl: string;
  let door: DoorProcess;

  beforeAll(async () => {
    dir = tempDir('door-npm-writes');
    origin = await startNpmRegistry({ packages: [packPackage({ name: 'hello', version: '1.0.0' })] });
    verdaccio = await startVerdaccio(origin.url);
    const [port, advisoriesPort] = [await freePort(), await freePort()];
    advisoriesUrl = `http://127.0.0.1:${advisoriesPort}`;
    advisories = createServer((request, response) => {
      const isBulk = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
      response.writeHead(isBulk ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isBulk ? { hello: [advisory] } : {}));
    });
    await new Promise<void>((resolve) => advisories.listen(advisoriesPort, '127.0.0.1', resolve));
    const config = join(dir, 'mirrorwatch.yaml');
    writeFileSync(
      config,
      `
listen: 127.0.0.1:9
mirrors: [ { name: registry, ecosystem: npm, url: "${verdaccio.url}" } ]
controls: [ "tcp://127.0.0.1:9" ]
modules: { npm: [ hello@1.0.0 ] }
door: { listen: { address: "127.0.0.1:${port}" }, orderFile: door.json }
`,
    );
    door = await startDoor(config, port, []);
  });

  afterAll(async () => {
    await door?.close();
    await verdaccio?.close();
    await origin?.close();
    await new Promise((resolve) => advisories.close(resolve));
  });

  /** Runs npm in a folder of its own, with the door as the registry of the user's settings. */
  async function npm(folder: string, args: readonly string[], lines: readonly string[] = []) {
    const env = sealedNpmEnv({ dir, registry: `${door.url}/npm/` });
    writeFileSync(join(folder, '.npmrc'), `${lines.join('\n')}\n`);
    return run(commandPath('npm'), args, { cwd: folder, env });
  }

  function folderWith(name: string, manifest: object): string {
    const folder = join(dir, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    return folder;
  }

  test('publish is refused by the door, and done with publishConfig and the token of that host', async () => {
    const token = await tokenOf(verdaccio.url);
    const tokens = [verdaccio.url, `${door.url}/npm`].map((url) => `${url.replace('http:', '')}/:_authToken=${token}`);
    const manifest = { name: 'from-ada', version: '1.0.0' };
    const refused = await npm(folderWith('refused', manifest), ['publish'], tokens);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/code E40[45]/)]);
    const own = folderWith('own', { ...manifest, publishConfig: { registry: `${verdaccio.url}/` } });
    expect(await npm(own, ['publish'], tokens)).toMatchObject({ code: 0 });
    const user = folderWith('user', { name: 'user', version: '1.0.0' });
    expect(await npm(user, ['install', 'from-ada@1.0.0'])).toMatchObject({ code: 0 });
  });

  test('audit is refused by the door, and done with --registry', async () => {
    const app = folderWith('app', { name: 'app', version: '1.0.0' });
    expect(await npm(app, ['install', 'hello@1.0.0'])).toMatchObject({ code: 0 });
    const refused = await npm(app, ['audit']);
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      1,
      expect.stringMatching(/audit endpoint|40[45]/),
    ]);
    const found = await npm(app, ['audit', `--registry=${advisoriesUrl}/`]);
    expect([found.code, found.stdout]).toEqual([1, expect.stringContaining(advisory.title)]);
  });
});
