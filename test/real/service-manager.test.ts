import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandPath, repoDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { mustRun, type RunningProcess, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon, yamlOfDeadMirror as yaml } from './daemon.ts';

/** Receives as systemd does: prints each message of a datagram socket, and whether it is there. */
const receiver = `
import socket, sys
at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
at.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(at.recv(4096).decode().strip(), flush=True)
`;

real('a service of systemd', ['systemd-notify'], () => {
  let manager: RunningProcess;
  let daemon: DaemonProcess;
  const messages = () => manager.log().split('\n');
  const fed = () => messages().filter((line) => line === 'WATCHDOG=1').length;

  const socket = join(tempDir('notify'), 'notify');
  beforeAll(async () => {
    manager = await startProcess({
      name: 'receiver of notifications',
      command: commandPath('python3'),
      args: ['-c', receiver, socket],
      ready: ({ log }) => log().includes('bound'),
    });
    daemon = await startDaemon({ yaml, env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' } });
  });
  afterAll(async () => {
    await daemon?.close();
    await manager?.kill();
  });

  it('says that it is ready, once, and then feeds the watchdog', async () => {
    await until('the watchdog is fed', fed, (count) => count >= 3);
    expect(messages().filter((line) => line === 'READY=1')).toHaveLength(1);
    expect(messages().indexOf('READY=1')).toBeLessThan(messages().indexOf('WATCHDOG=1'));
  });

  it('feeds nothing while the main loop makes no turn', async () => {
    await daemon.stop();
    const module = join(repoDir, 'src/io/service-manager.ts');
    const messagesOf = async (nextTurn: string): Promise<readonly string[]> => {
      const before = manager.log().length;
      const script = `import { notifySystemd } from '${module}';
        notifySystemd(process.env, ${nextTurn});
        setTimeout(() => process.exit(0), 2_000);`;
      const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' };
      await mustRun(process.execPath, ['--input-type=module', '-e', script], { env });
      return manager.log().slice(before).split('\n');
    };
    const hung = await messagesOf('() => new Promise(() => undefined)');
    expect([hung.includes('READY=1'), hung.includes('WATCHDOG=1')]).toEqual([true, false]);
    expect(await messagesOf('() => Promise.reject(new Error("the commit failed"))')).toContain('WATCHDOG=1');
  });
});

it('with --reload-on-change another target of the link that leads to the configuration is a reload, as in Kubernetes', async () => {
  const daemon = await startDaemon({ yaml, args: ['--reload-on-change'], isLinked: true });
  try {
    const { configFile, dir } = daemon;
    const next = join(dir, 'next.yaml');
    writeFileSync(next, readFileSync(configFile, 'utf8').replace('every: 5m', 'every: 4m'));
    symlinkSync(basename(next), join(dir, 'link'));
    renameSync(join(dir, 'link'), configFile);
    await until('the reload', daemon.log, (log) => log.includes('configuration reloaded'));
  } finally {
    await daemon.close();
  }
});
