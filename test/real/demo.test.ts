import { afterAll, beforeAll, expect, test } from 'vitest';
import { addNamespace, removeNamespace } from '../support/namespace.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { mirrorwatch } from './daemon.ts';

/** Listens on the port that a daemon of the operator has. */
const holder = `require('node:net').createServer().listen(10120, '127.0.0.1', () => console.log('held'))`;

// In a namespace with nothing but its loopback: whatever the demo shows, it shows without a network.
real('mirrorwatch demo --once without a network', ['netns'], () => {
  let ns: string;
  let daemon: RunningProcess;
  beforeAll(async () => {
    ns = await addNamespace();
    daemon = await startProcess({
      name: 'holder of 10120',
      command: process.execPath,
      args: ['-e', holder],
      ns,
      ready: ({ log }) => log().includes('held'),
    });
  });
  afterAll(async () => {
    await daemon?.close();
    if (ns !== undefined) await removeNamespace(ns);
  });

  test('two at once beside a daemon, of all ecosystems and with a front door: each takes a free port, shows the whole story, and ends with 0', async () => {
    // No limit but the demo's own and that of the test.
    const demo = (...more: readonly string[]) => mirrorwatch(['demo', '--once', ...more], { ns, timeoutMs: 0 });
    const [all, door] = await Promise.all([demo('--ecosystem', 'all'), demo('--door')]);
    expect([door.code, door.stderr], door.stdout).toEqual([0, '']);
    expect(door.stdout).toMatch(/ failing +mirror near now responds with 503 to everything\n/);
    expect(door.stdout).toMatch(/ builds +\d+ builds: 0 failed through the front door, [1-9]\d* failed without it\n/);
    expect(door.stdout).not.toMatch(/: [1-9]\d* failed through/);
    expect([all.code, all.stderr], all.stdout).toEqual([0, '']);
    const ports = [all, door].map(({ stdout }) => Number(/http:\/\/127\.0\.0\.1:(\d+)\//.exec(stdout)?.[1]));
    expect(new Set([10_120, ...ports]).size).toBe(3);
    for (const port of ports) expect(port).toBeGreaterThan(10_120);
    expect(door.stdout).toMatch(/ webhook +mirror\.advice received, its signature verified\n/);

    const remedies = {
      go: /export GOPROXY='http:\/\/127\.0\.0\.1:\d+,http:\/\/127\.0\.0\.1:\d+,direct'/,
      npm: /export npm_config_registry='http:\/\/127\.0\.0\.1:\d+\/'/,
      pypi: /export PIP_INDEX_URL='http:\/\/127\.0\.0\.1:\d+\/simple\/'/,
      oci: /# \/etc\/containerd\/certs\.d\/registry\.example\.com\/hosts\.toml\n +\[host\."http:\/\/127\.0\.0\.1:\d+"\]/,
      http: /grep -rlF 'http:\/\/127\.0\.0\.1:\d+\/debian' \/etc\/apt\/sources\.list\* \|/,
    };
    for (const [id, remedy] of Object.entries(remedies)) {
      const said = (stage: string, text: string): RegExp => new RegExp(` ${stage} +${id} +${text}`);
      expect(all.stdout).toMatch(said('slowed', `mirror ${id}-near now responds 900 ms later\n`));
      expect(all.stdout).toMatch(said('advice', `${id}-near .*${id}-far `));
      expect(all.stdout).toMatch(new RegExp(`\\n +${remedy.source}`));
      expect(all.stdout).toMatch(said('webhook', 'mirror\\.advice received, its signature verified\n'));
    }
  });
});
