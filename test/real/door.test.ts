import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goDownload } from '../support/go-client.ts';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { type ModuleTree, moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { type DoorProcess, keptIn, startDoor } from './door-parts.ts';

const modules = ['rsc.io/quote@v1.5.2', 'github.com/BurntSushi/toml@v1.6.0', 'github.com/google/uuid@v1.6.0'];
const canary = '/go/rsc.io/quote/@v/v1.5.2.mod';

real('the front door, a daemon, two mirrors and the go command', ['nginx', 'tree', 'go', 'goproxy'], () => {
  let tree: ModuleTree;
  let dir: string;
  let head: Nginx;
  let backing: Nginx;
  let next: Goproxy;
  let daemon: DaemonProcess;
  let door: DoorProcess;
  let doorPort: number;

  beforeAll(async () => {
    tree = moduleTree();
    dir = tempDir('door-real');
    head = await startNginx({ root: tree.dir, prefix: '/goproxy/' });
    backing = await startNginx({ root: tree.dir });
    next = await startGoproxy({ upstream: backing.httpsUrl });
    doorPort = await freePort();
    daemon = await startDaemon({ dir, yaml: configuration() });
    door = await startDoor(daemon.configFile, doorPort);
  });

  afterAll(async () => {
    await door?.close();
    await daemon?.close();
    for (const server of [head, backing, next]) await server?.close();
  });

  const configuration = (): string => `
vantage: real
schedule: { every: 1s, timeout: 10s, perHost: 4 }
mirrors:
  - { name: head, ecosystem: go, url: "${head.httpUrl}", weight: 100 }
  - { name: next, ecosystem: go, url: "${next.url}", weight: 50 }
  - { name: backing, ecosystem: go, url: "${backing.httpUrl}", weight: 10 }
modules: { go: [ ${modules.join(', ')} ] }
private: { go: [ git.example.com/* ] }
go: { sumdb: "off" }
advise: { hold: 10m }
door: { listen: "127.0.0.1:${doorPort}" }
`;
  const goproxy = (): string => `${door.url}/go`;
  const isFirst = (name: string): Promise<unknown> =>
    until(
      `${name} comes first`,
      async () =>
        (await door.metrics()).get(`mirrorwatch_door_order_position{ecosystem="go",upstream="go",registry="${name}"}`),
      (position) => position === 1,
      { help: () => door.log() + daemon.log() },
    );

  test('a build follows the redirect to the head of the declared chain', async () => {
    await until(
      'the daemon is followed',
      async () => (await door.metrics()).get('mirrorwatch_door_daemon_up'),
      (up) => up === 1,
    );
    const got = await goDownload(modules, { goproxy: goproxy() });
    expect([got.code, got.errors, got.modules.length]).toEqual([0, [], modules.length]);
    expect(head.accessLog()).toContain('GET /goproxy/rsc.io/quote/@v/v1.5.2.zip');
    const to = await door.where(canary);
    expect(to).toEqual({ status: 302, location: `${head.httpUrl}/rsc.io/quote/@v/v1.5.2.mod` });
  });

  test('a private module is not found, and its name is sent to no mirror', async () => {
    const got = await goDownload(['git.example.com/team/secret@v1.0.0'], { goproxy: goproxy() });
    expect(got.code).not.toBe(0);
    for (const log of [head.accessLog(), backing.accessLog(), next.log()]) expect(log).not.toContain('git.example.com');
  });

  test('the head is killed: advice moves, and builds go through the next mirror', async () => {
    await head.kill();
    await until(
      'advice to leave it',
      async () => (await daemon.api<{ advice: readonly { state: string; to: string }[] }>('advice')).advice,
      (advice) => advice.some(({ state, to }) => state === 'proposed' && to !== 'head'),
      { help: daemon.log },
    );
    const { to } = (await daemon.api<{ advice: readonly { to: string }[] }>('advice')).advice[0] ?? { to: '' };
    await isFirst(to);
    const got = await goDownload(modules, { goproxy: goproxy() });
    expect([got.code, got.errors]).toEqual([0, []]);
    expect(door.log()).toMatch(/"why":"advice [0-9a-z]+"/);
    await until(
      'the order is kept',
      () => keptIn(join(dir, 'door.json'))['go/go']?.[0],
      (first) => first === to,
    );
  });

  test('the daemon is killed: the last order stays, over a restart of the door too', async () => {
    const before = keptIn(join(dir, 'door.json'))['go/go'];
    const { location } = await door.where(canary);
    await daemon.kill();
    await until(
      'the daemon is gone',
      async () => (await door.metrics()).get('mirrorwatch_door_daemon_up'),
      (up) => up === 0,
    );
    expect((await door.where(canary)).location).toBe(location);
    await door.kill();
    door = await startDoor(daemon.configFile, doorPort);
    expect((await door.where(canary)).location).toBe(location);
    expect(keptIn(join(dir, 'door.json'))['go/go']).toEqual(before);
    const got = await goDownload(modules, { goproxy: goproxy() });
    expect([got.code, got.errors]).toEqual([0, []]);
  });

  test('without a daemon and without a last order it is the declared chain', async () => {
    await door.kill();
    rmSync(join(dir, 'door.json'));
    door = await startDoor(daemon.configFile, doorPort);
    expect((await door.where(canary)).location).toBe(`${head.httpUrl}/rsc.io/quote/@v/v1.5.2.mod`);
  });

  test('a reload takes what is valid, and refuses what has no door', async () => {
    const text = readFileSync(daemon.configFile, 'utf8');
    const reloaded = async (becomes: string, line: RegExp): Promise<string | null> => {
      const before = door.log().length;
      writeFileSync(daemon.configFile, becomes);
      door.reload();
      await until(`the log has ${line}`, () => line.test(door.log().slice(before)), Boolean, { help: door.log });
      return (await door.where(canary)).location;
    };
    const stays = /stays in force/;
    expect(await reloaded(text.replace(/^door:.*$/m, ''), stays)).toContain(head.httpUrl);
    expect(await reloaded('mirrors: [', stays)).toContain(head.httpUrl);
    const backingFirst = text.replace('weight: 10 }', 'weight: 200 }');
    expect(await reloaded(backingFirst, /"msg":"configured"/)).toContain(`${backing.httpUrl}/rsc.io`);
  });
});

real('builds in a loop through a door that relays, without any tail behind it', ['nginx', 'tree', 'go'], () => {
  let dir: string;
  let mirrors: readonly Nginx[];
  let daemon: DaemonProcess;
  let door: DoorProcess;

  beforeAll(async () => {
    const tree = moduleTree();
    dir = tempDir('door-relay');
    mirrors = [
      await startNginx({ root: tree.dir }),
      await startNginx({ root: tree.dir }),
      await startNginx({ root: tree.dir }),
    ];
    const port = await freePort();
    const lines = mirrors.map(
      ({ httpUrl }, at) => `  - { name: m${at}, ecosystem: go, url: "${httpUrl}", weight: ${9 - at} }`,
    );
    daemon = await startDaemon({
      dir,
      yaml: `
vantage: real
schedule: { every: 1s, timeout: 10s, perHost: 4 }
mirrors:
${lines.join('\n')}
modules: { go: [ ${modules.join(', ')} ] }
go: { sumdb: "off" }
door: { listen: "127.0.0.1:${port}" }
`,
    });
    door = await startDoor(daemon.configFile, port, ['--relay']);
  });

  afterAll(async () => {
    await door?.close();
    await daemon?.close();
    for (const server of mirrors ?? []) await server.close();
  });

  test('none fails with the printed line while the door is killed in the middle of builds and started again', async () => {
    const { stdout } = await daemon.cli('door', '--lines');
    const [, line = ''] = /GOPROXY='([^']+)'/.exec(stdout) ?? [];
    expect(line).toMatch(/^http:[^|]+\/go\|http:/);
    const codes: (number | null)[] = [];
    const said: (readonly string[])[] = [];
    let isOver = false;
    const loops = [0, 1].map(async () => {
      while (!isOver) {
        const got = await goDownload(modules, { goproxy: line });
        codes.push(got.code);
        said.push(got.errors);
      }
    });
    const more = (count: number): Promise<unknown> => {
      const wanted = codes.length + count;
      return until(
        'more builds',
        () => codes.length,
        (ended) => ended >= wanted,
      );
    };
    for (let round = 0; round < 3; round += 1) {
      await more(2);
      await until('one is under way', () => /"outcome":"(?:passed|relayed)"/.test(door.log()), Boolean);
      await door.kill();
      await more(2);
      door = await startDoor(daemon.configFile, Number(new URL(door.url).port), ['--relay']);
    }
    await more(2);
    isOver = true;
    await Promise.all(loops);
    expect(codes, JSON.stringify(said)).toEqual(codes.map(() => 0));
    expect(door.log()).toMatch(/"outcome":"(?:passed|relayed)"/);
  });

  test('none fails while the head is killed, its connections and the ones under way with it', async () => {
    const [head] = mirrors;
    const failed: (readonly string[])[] = [];
    let builds = 0;
    let isOver = false;
    const loop = (async () => {
      while (!isOver) {
        const got = await goDownload(modules, { goproxy: `${door.url}/go` });
        builds += 1;
        if (got.code !== 0) failed.push(got.errors);
      }
    })();
    await until(
      'some builds',
      () => builds,
      (count) => count >= 3,
    );
    const before = builds;
    await head?.kill();
    await until(
      'advice to leave it',
      async () => (await daemon.api<{ advice: readonly { state: string }[] }>('advice')).advice,
      (advice) => advice.some(({ state }) => state === 'proposed'),
      { help: daemon.log },
    );
    await until(
      'some builds after it',
      () => builds,
      (count) => count >= before + 3,
    );
    // The door hears of the advice a moment later. Until then it may pass to m2, which is just as near.
    await until(
      'the door relays from the advised mirror',
      () => /"registry":"m1"[^\n]*"outcome":"relayed"/.test(door.log()),
      Boolean,
      { help: door.log },
    );
    isOver = true;
    await loop;
    expect(failed).toEqual([]);
    expect(door.log()).not.toContain('"outcome":"redirected"');
  });
});
