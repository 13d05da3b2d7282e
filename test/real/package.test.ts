import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installedPaths } from '../../tools/release/licences.ts';
import { ownVersion, packedTarball } from '../support/packed.ts';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { patienceMs } from '../support/patience.ts';
import { mustRun, type RunningProcess, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';

let packing: Promise<string> | null = null;

/** A folder in which the package is unpacked. */
function packed(): Promise<string> {
  packing ??= (async () => {
    const folder = tempDir('package');
    await mustRun('tar', ['-xzf', await packedTarball()], { cwd: folder });
    return folder;
  })();
  return packing;
}

const user = '1000:1000';
/** Unpacked: node is 119 MB of it. */
const imageBytesMax = 170_000_000;

/** What `RUN npm run build && npm prune` leaves in the image's first stage, then what its rootfs.sh makes of it. */
async function buildImage(folder: string): Promise<string> {
  const app = join(folder, 'app');
  mkdirSync(app);
  cpSync(join(repoDir, 'package.json'), join(app, 'package.json'));
  for (const data of ['locales', 'assets']) cpSync(join(repoDir, data), join(app, data), { recursive: true });
  cpSync(join(await packed(), 'package/dist'), join(app, 'dist'), { recursive: true });
  for (const path of installedPaths(repoDir)) cpSync(join(repoDir, path), join(app, path), { recursive: true });
  const rootfs = join(folder, 'rootfs');
  await mustRun(join(repoDir, 'deploy/rootfs.sh'), [process.execPath, app, rootfs]);
  return rootfs;
}

/** The container: namespaces of its own, a read-only root, tmpfs where docker-compose.yml has volumes, node as process 1. */
function containerScript(rootfs: string): string {
  const inside = `chroot --userspec=${user} ${rootfs} /usr/local/bin/node`;
  const lines = [
    'set -e',
    `mount --bind ${rootfs} ${rootfs}`,
    `mount -t tmpfs -o mode=1777 tmpfs ${rootfs}/tmp`,
    ...['data', 'run/mirrorwatch'].map(
      (name) => `mount -t tmpfs -o mode=755,uid=1000,gid=1000 tmpfs ${rootfs}/${name}`,
    ),
    `mount -o remount,bind,ro ${rootfs}`,
    // As a container engine does.
    `mount -t proc proc ${rootfs}/proc`,
    'ip link set lo up',
    'unset NODE_EXTRA_CA_CERTS',
    'export NODE_ENV=production MIRRORWATCH_CONFIG=/etc/mirrorwatch/mirrorwatch.yaml',
    `${inside} /etc/mirrorwatch/token.mjs && ${inside} /etc/mirrorwatch/token.mjs`,
    `${inside} /etc/mirrorwatch/demo-mirrors.mjs &`,
    `exec ${inside} /app/dist/main.js run`,
  ];
  return lines.join('\n');
}

it('the image of arm64 is made without running its node: only names and bytes are looked at', async () => {
  const folder = tempDir('arm64');
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46]);
  header.writeUInt16LE(0xb7, 18);
  const place = (path: string, bytes: string | Buffer): void => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  place('root/usr/local/bin/node', header);
  const libraries = ['libc.so.6', 'libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libstdc++.so.6'];
  for (const name of [...libraries, 'ld-linux-aarch64.so.1']) place(`root/lib/aarch64-linux-gnu/${name}`, name);
  for (const path of ['package.json', 'dist/x', 'locales/x', 'assets/x', 'node_modules/x']) place(`app/${path}`, '');
  const [node = '', ...args] = ['root/usr/local/bin/node', 'app', 'rootfs', 'root'].map((path) => join(folder, path));
  await mustRun(join(repoDir, 'deploy/rootfs.sh'), [node, ...args]);
  expect(readdirSync(join(folder, 'rootfs/lib/aarch64-linux-gnu')).sort()).toEqual(libraries);
  expect(readFileSync(join(folder, 'rootfs/lib/ld-linux-aarch64.so.1'), 'utf8')).toBe('ld-linux-aarch64.so.1');
});

real('the image, without a container engine', ['netns', 'npm'], () => {
  let folder = '';
  let rootfs = '';
  let modes: readonly number[] = [];
  let container: RunningProcess;

  /** Runs node inside the running container, as `docker exec` would. */
  const exec = (...args: string[]): Promise<string> =>
    mustRun(
      commandPath('nsenter'),
      [
        '--target',
        leader(),
        '--mount',
        '--net',
        '--pid',
        commandPath('chroot'),
        `--userspec=${user}`,
        rootfs,
        '/usr/local/bin/node',
        ...args,
      ],
      { env: { NODE_EXTRA_CA_CERTS: undefined, MIRRORWATCH_CONFIG: '/etc/mirrorwatch/mirrorwatch.yaml' } },
    );
  const leader = (): string => container.log().match(/^leader (\d+)$/m)?.[1] ?? '';

  beforeAll(async () => {
    folder = tempDir('image');
    rootfs = await buildImage(folder);
    modes = ['data', 'run/mirrorwatch'].map((path) => statSync(join(rootfs, path)).mode & 0o777);
    mkdirSync(join(rootfs, 'proc'));
    for (const folder of ['deploy/compose/config', 'deploy/compose'])
      cpSync(join(repoDir, folder), join(rootfs, 'etc/mirrorwatch'), { recursive: true });
    // What the name of a service is in docker-compose.yml.
    writeFileSync(join(rootfs, 'etc/hosts'), '127.0.0.1 localhost demo\n');
    const unshare = `${commandPath('unshare')} --pid --fork --kill-child --mount --net --ipc --uts sh -c "$SCRIPT" & wait_for=$!`;
    const report = `until child=$(cat /proc/$wait_for/task/$wait_for/children) && [ -n "$child" ]; do :; done; echo leader $child`;
    container = await startProcess({
      name: 'container',
      command: '/bin/sh',
      args: ['-c', `${unshare}; ${report}; wait $wait_for; echo ended $?`],
      env: { SCRIPT: containerScript(rootfs) },
      ready: ({ log }) => log().includes('"msg":"watching"') && log().includes('leader '),
    });
  });
  afterAll(async () => container?.close());

  it('has node, its libraries, the daemon, and no shell', () => {
    expect(readdirSync(join(rootfs, 'usr/local/bin'))).toEqual(['node']);
    expect(readdirSync(rootfs).filter((name) => ['bin', 'sbin'].includes(name))).toEqual([]);
    const packages = readdirSync(join(rootfs, 'app/node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['express', 'undici', 'zod']));
    expect(packages).not.toEqual(expect.arrayContaining(['typescript']));
    expect(packages).not.toEqual(expect.arrayContaining(['vitest']));
  });

  it('has every library that node is linked with', async () => {
    const linked = (await mustRun('ldd', [process.execPath])).match(/\/\S+/g) ?? [];
    expect(linked.length).toBeGreaterThan(5);
    for (const library of linked) expect([library, existsSync(join(rootfs, library))]).toEqual([library, true]);
  });

  it(`is at most ${imageBytesMax} bytes, and what it writes to is open to group 0, so to an arbitrary user id`, async () => {
    const sizes = await mustRun('find', [rootfs, '-xdev', '-type', 'f', '-printf', '%s\\n']);
    const bytes = sizes.split('\n').reduce((sum, size) => sum + Number(size), 0);
    expect(bytes).toBeGreaterThan(100_000_000);
    expect(bytes).toBeLessThanOrEqual(imageBytesMax);
    expect(modes).toEqual([0o775, 0o775]);
    const args = ['--userspec=54321:0', rootfs, '/usr/local/bin/node', '/app/dist/main.js', '--version'];
    expect(await mustRun(commandPath('chroot'), args)).toBe(`mirrorwatch ${ownVersion} (node ${process.version})\n`);
  });

  it('is healthy and ready by its own health check', async () => {
    await exec('/app/dist/main.js', 'health');
    await exec('/app/dist/main.js', 'health', '--ready');
  });

  it('is not root, and can write its state but not itself', async () => {
    const said = await exec(
      '-e',
      `const tried = (path) => { try { fs.writeFileSync(path, ''); return 'written'; } catch (cause) { return cause.code; } };
       console.log(JSON.stringify([process.getuid(), tried('/app/x'), tried('/x'), tried('/etc/x'), tried('/data/x'), tried('/tmp/x')]));`,
    );
    expect(JSON.parse(said)).toEqual([1000, 'EROFS', 'EROFS', 'EROFS', 'written', 'written']);
  });

  it('opens its metrics with the token that was made once', async () => {
    const said = await exec(
      '-e',
      `const token = fs.readFileSync('/run/mirrorwatch/token', 'utf8');
       const ask = (headers) => fetch('http://127.0.0.1:10120/metrics', { headers }).then(({ status }) => status);
       Promise.all([ask({}), ask({ authorization: 'Bearer ' + token })]).then((all) => console.log(JSON.stringify([token.length, ...all])));`,
    );
    expect(JSON.parse(said), container.log()).toEqual([32, 401, 200]);
  });

  it('measures the demo’s mirrors with the configuration of docker-compose.yml', async () => {
    const said = await exec(
      '-e',
      `const headers = { authorization: 'Bearer ' + fs.readFileSync('/run/mirrorwatch/token', 'utf8') };
       const wanted = /^mirror_probe_last_rtt_seconds\\{.*registry="(\\w+)".*step="mod"/gm;
       (async () => {
         for (let tries = 0; tries < ${patienceMs / 200}; tries += 1) {
           const text = await (await fetch('http://127.0.0.1:10120/metrics', { headers })).text();
           const found = new Set([...text.matchAll(wanted)].map(([, name]) => name));
           if (found.size === 2) return console.log([...found].sort().join());
           await new Promise((resolve) => setTimeout(resolve, 200));
         }
         console.log('no data');
       })();`,
    );
    expect(said, container.log()).toBe('far,near\n');
  });

  it('as process 1 drains on SIGTERM and ends with 0', async () => {
    const ended = new Promise((resolve) => container.child.once('close', resolve));
    process.kill(Number(leader()), 'SIGTERM');
    await ended;
    expect(container.log()).toMatch(/"msg":"draining"[\s\S]*"msg":"stopped"[\s\S]*\nended 0\n$/);
  });
});
