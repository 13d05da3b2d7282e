import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AptRoot, type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';
import type { Mirrors } from './views.ts';

real('a door that redirects, and the real apt, which it keeps at one mirror', ['nginx', 'apt', 'gpgv'], () => {
  let tree: DebianTree;
  let apt: AptRoot;
  let a: Nginx;
  let b: Nginx;
  let daemon: DaemonProcess;
  let door: DoorProcess;

  beforeAll(async () => {
    tree = await makeDebianTree();
    a = await startNginx({ root: tree.dir, prefix: '/debian/' });
    b = await startNginx({ root: tree.dir, prefix: '/debian/' });
    const port = await freePort();
    daemon = await startDaemon({ yaml: configuration(port) });
    door = await startDoor(daemon.configFile, port);
    apt = makeAptRoot([`deb [signed-by=${tree.keyFile}] ${door.url}/http/debian stable main`]);
  });

  afterAll(async () => {
    await door?.close();
    await daemon?.close();
    for (const server of [a, b]) await server?.close();
  });

  const configuration = (port: number): string => `
vantage: real
schedule: { every: 1s, timeout: 10s, perHost: 4 }
mirrors:
  - { name: a, ecosystem: http, upstream: debian, profile: debian, url: "${a.httpUrl}/", weight: 100 }
  - { name: b, ecosystem: http, upstream: debian, profile: debian, url: "${b.httpUrl}/", weight: 50 }
controls: [ "${b.httpsUrl.replace(/^https:(.*)\/debian$/, 'tcp:$1')}" ]
modules:
  http: [ { upstream: debian, path: dists/stable/InRelease } ]
door: { listen: "127.0.0.1:${port}" }
`;
  const standingOf = async (name: string) =>
    (await daemon.api<Mirrors>('mirrors')).mirrors.find(({ registry }) => registry === name);

  test('a client that was silent while its mirror died is sent to the next one', async () => {
    await until(
      'both are measured',
      async () => (await daemon.api<Mirrors>('mirrors')).mirrors.map(({ state, rank }) => [state, rank]),
      (seen) => seen.every(([state, rank]) => state === 'up' && rank !== null),
      { help: daemon.log },
    );
    const first = await apt.get('update', '--error-on=any');
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(a.accessLog()).toContain('InRelease');
    await a.kill();
    await until(
      'it is down, and confirmed so',
      () => standingOf('a'),
      (seen) => seen?.state === 'down' && seen.inDoubt === false,
      { help: daemon.log },
    );
    const codes: (number | null)[] = [];
    for (let run = 0; run < 4; run += 1) codes.push((await apt.get('update', '--error-on=any')).code);
    expect(codes, door.log()).toEqual([0, 0, 0, 0]);
    expect((await apt.get('download', tree.package.name)).code).toBe(0);
  });
});
