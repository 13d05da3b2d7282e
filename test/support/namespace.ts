import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { commandPath, findCommand } from './paths.ts';
import { mustRun, run } from './process.ts';

/** Names of ours are mw-<pid of the test process>-<number>, so that what a killed run left behind is known as such. */
const namePattern = /^mw-(\d+)-\d+$/;
const made = new Set<string>();
let count = 0;

process.once('exit', () => {
  for (const name of made) {
    const ip = findCommand('ip');
    if (ip === null) return;
    for (const pid of pidsOf(spawnSync(ip, ['netns', 'pids', name], { encoding: 'utf8' }).stdout)) kill(pid);
    spawnSync(ip, ['netns', 'del', name]);
  }
});

function pidsOf(text: string | null): readonly number[] {
  return (text ?? '')
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 1);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Removes the namespaces of test processes that no longer live. */
async function sweep(): Promise<void> {
  const list = await run(commandPath('ip'), ['netns', 'list']);
  for (const line of list.stdout.split('\n')) {
    const name = line.split(' ')[0] ?? '';
    const owner = namePattern.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) await run(commandPath('ip'), ['netns', 'del', name]);
  }
}

/** Makes a network namespace with its loopback up and nothing else: no route leads out of it. Needs root. */
export async function addNamespace(): Promise<string> {
  if (count === 0) await sweep();
  count += 1;
  const name = `mw-${process.pid}-${count}`;
  await mustRun(commandPath('ip'), ['netns', 'add', name]);
  made.add(name);
  await mustRun(commandPath('ip'), ['-n', name, 'link', 'set', 'lo', 'up']);
  return name;
}

/** Ends every process in a namespace that `addNamespace` made, and removes it. May be called again. */
export async function removeNamespace(name: string): Promise<void> {
  if (!made.delete(name)) return;
  const inside = await run(commandPath('ip'), ['netns', 'pids', name]);
  for (const pid of pidsOf(inside.stdout)) kill(pid);
  await run(commandPath('ip'), ['netns', 'del', name]);
}
