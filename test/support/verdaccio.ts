import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from './listening.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { sealedEnv, startProcess } from './process.ts';

/** A running Verdaccio that fetches what it is asked for from another registry, and keeps it. */
export type Verdaccio = { readonly url: string; readonly log: () => string; readonly close: () => Promise<void> };

/**
 * Starts the real Verdaccio with an empty storage and nobody else to ask than `uplink`, which has to be on this machine:
 * packuments are asked there each time, artifacts once.
 * @throws Error with its log when it does not start
 */
export async function startVerdaccio(uplink: string): Promise<Verdaccio> {
  const dir = tempDir('verdaccio');
  const port = await freePort();
  const config = {
    storage: join(dir, 'storage'),
    uplinks: { origin: { url: `${uplink}/`, maxage: 0 } },
    packages: { '**': { access: '$all', publish: '$authenticated', proxy: 'origin' } },
    auth: { htpasswd: { file: join(dir, 'htpasswd') } },
    middlewares: {},
    web: { enable: false },
    log: { type: 'stdout', format: 'json', level: 'http' },
  };
  const configFile = join(dir, 'config.yaml');
  writeFileSync(configFile, JSON.stringify(config));
  const server = await startProcess({
    name: 'verdaccio',
    command: commandPath('verdaccio'),
    args: ['--config', configFile, '--listen', `127.0.0.1:${port}`],
    cwd: dir,
    env: { HOME: dir, ...sealedEnv() },
    ready: ({ pid }) => isListening(pid, port),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    log: server.log,
    close: () => server.close(),
  };
}
