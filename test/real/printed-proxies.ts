import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../src/features/door/print/print.ts';
import { isListening } from '../support/listening.ts';
import { commandPath } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { mustRun, type RunningProcess, startProcess } from '../support/process.ts';

/**
 * Validates a printed door in `dir` and starts the real proxy with it.
 * @param port  the port that the printed door listens on
 */
export const startProxy: Readonly<
  Record<Engine, (dir: string, port: number) => Promise<{ running: RunningProcess; reload: () => unknown }>>
> = {
  async nginx(dir, port) {
    const config = join(dir, 'nginx.conf');
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${dir}/${one};`);
    writeFileSync(
      config,
      `daemon off;\npid ${dir}/pid;\nworker_processes 1;\nevents {}\nhttp {\naccess_log ${dir}/access.log;\n${temps.join('\n')}\ninclude ${dir}/door.conf;\n}\n`,
    );
    const args = ['-p', dir, '-c', config, '-e', 'stderr'];
    await mustRun(commandPath('nginx'), [...args, '-t']);
    const running = await startProcess({
      name: 'nginx',
      command: commandPath('nginx'),
      args,
      ready: ({ pid }) => isListening(pid, port),
    });
    return { running, reload: () => process.kill(running.pid, 'SIGHUP') };
  },
  async caddy(dir, port) {
    const config = join(dir, 'Caddyfile');
    const args = ['--config', config, '--adapter', 'caddyfile'];
    const env = { XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
    await mustRun(commandPath('caddy'), ['validate', ...args], { env: { ...process.env, ...env } });
    const admin = `127.0.0.1:${await freePort()}`;
    writeFileSync(config, readFileSync(config, 'utf8').replace('auto_https off', `auto_https off\n\tadmin ${admin}`));
    const running = await startProcess({
      name: 'caddy',
      command: commandPath('caddy'),
      args: ['run', ...args],
      env,
      ready: ({ pid }) => isListening(pid, port),
    });
    return { running, reload: () => mustRun(commandPath('caddy'), ['reload', ...args, '--address', admin]) };
  },
  async haproxy(dir, port) {
    const args = ['-f', join(dir, 'haproxy.cfg')];
    await mustRun(commandPath('haproxy'), ['-c', ...args]);
    const running = await startProcess({
      name: 'haproxy',
      command: commandPath('haproxy'),
      args: ['-W', ...args],
      ready: ({ pid }) => isListening(pid, port),
    });
    return { running, reload: () => process.kill(running.pid, 'SIGUSR2') };
  },
};
