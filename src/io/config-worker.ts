import { parentPort, workerData } from 'node:worker_threads';
import { loadConfigSlowly } from '../config/load-slowly.ts';
import { seal } from '../core/secret.ts';
import { expandTargets } from '../schedule/targets.ts';
import { type ConfigRead, type ConfigSeed, configRole } from './config-thread.ts';
import { systemFiles } from './files.ts';

async function read({ text, path, env, cwd }: ConfigSeed): Promise<ConfigRead> {
  const loaded = await loadConfigSlowly({ text, path, env, cwd, files: systemFiles, expand: expandTargets });
  if (loaded.tag === 'error') return { tag: 'error', issues: loaded.error };
  const { config, warnings } = loaded.value;
  return { tag: 'ok', config: seal(config), warnings };
}

function isSeed(data: unknown): data is ConfigSeed {
  return typeof data === 'object' && data !== null && 'role' in data && data.role === configRole;
}

if (parentPort !== null && isSeed(workerData)) parentPort.postMessage(await read(workerData));
