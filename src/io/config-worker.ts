import { parentPort, workerData } from 'node:worker_threads';
import { loadConfigSlowly } from '../config/load-slowly.ts';
import { seal } from '../core/secret.ts';
import { expandTargets } from '../schedule/targets.ts';
import type { ConfigRead, ConfigText } from './config-thread.ts';
import { systemFiles } from './files.ts';

async function read({ text, path, env, cwd }: ConfigText): Promise<ConfigRead> {
  const loaded = await loadConfigSlowly({ text, path, env, cwd, files: systemFiles, expand: expandTargets });
  if (loaded.tag === 'error') return { tag: 'error', issues: loaded.error };
  const { config, warnings } = loaded.value;
  return { tag: 'ok', config: seal(config), warnings };
}

parentPort?.postMessage(await read(workerData));
