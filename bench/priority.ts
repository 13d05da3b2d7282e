import { commandPath, findCommand } from '../test/support/paths.ts';
import { run } from '../test/support/process.ts';
import { childPids } from './process-cpu.ts';

/**
 * Puts everything that this process has started ahead of it: servers, resolver and link stand for other machines, and
 * must not wait for a core that the prober holds. Threads of ours are not touched.
 * @returns whether each could be moved; it takes root
 */
export async function putApparatusFirst(): Promise<boolean> {
  if (findCommand('chrt') === null) return false;
  const moved = await Promise.all(
    childPids().map((pid) => run(commandPath('chrt'), ['--all-tasks', '--fifo', '--pid', '1', `${pid}`])),
  );
  return moved.every(({ code }) => code === 0);
}
