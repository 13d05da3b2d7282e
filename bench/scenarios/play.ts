import { parentPort } from 'node:worker_threads';
import { playerOf } from './players/registry.ts';
import { judgedMoves, type Score, scoreOf } from './report/score.ts';
import type { World } from './world.ts';
import { families, familiesWithCalm } from './worlds/families.ts';
import { recordedNames } from './worlds/recorded/families.ts';
import { familiesFrom } from './worlds/recorded/file.ts';

/** The input of a worker thread: one world and its players. */
export interface Task {
  readonly family: string;
  readonly seed: number;
  readonly players: readonly string[];
  /**
   * Length of each calm world (a world without faults), days; `null`: such that the calm worlds of ten seeds make a
   * year.
   */
  readonly calmDays: number | null;
  /** A file of recorded outages; `null`: the file in worlds/recorded. */
  readonly recorded: string | null;
}

/** The output of a worker thread. */
export interface Result {
  readonly task: Task;
  readonly scores: readonly Score[];
}

/**
 * Simulates one world once with each player, and scores the results.
 * @throws Error on a family or player that does not exist
 */
export async function playTask(task: Task): Promise<Result> {
  const world = worldOf(task);
  const scores: Score[] = [];
  for (const name of task.players) {
    const player = await playerOf(name);
    if (!player) throw new Error(`no player ${name}`);
    scores.push(scoreOf(world, name, player.play(world)));
  }
  return { task, scores };
}

/** Lines for a person to read: the true incidents of one world, and each player's moves with their true costs. */
export async function traceTask(task: Task): Promise<readonly string[]> {
  const world = worldOf(task);
  const seconds = (ms: number) => (ms / 1000).toFixed(0).padStart(7);
  const chains = Object.entries(world.setup.chains).map(([upstream, chain]) => `${upstream}: ${chain}`);
  const lines = [`${world.family} ${world.seed}, ${seconds(world.durationMs).trim()} s, ${chains.join('; ')}`];
  for (const { upstream, fromMs, toMs, whose, what } of world.incidents)
    lines.push(`${seconds(fromMs)} to ${seconds(toMs)} s  ${whose}: ${what} (${upstream})`);
  for (const name of task.players) {
    const player = await playerOf(name);
    if (!player) throw new Error(`no player ${name}`);
    const played = player.play(world);
    const score = scoreOf(world, name, played);
    lines.push(`${name}: ${score.cost.toFixed(2)} s a build, the best ${score.bestCost.toFixed(2)}`);
    for (const move of played.againstTable ?? []) lines.push(`against its table: ${move}`);
    for (const move of judgedMoves(world, played.moves)) {
      const marks = [move.isHome && 'home', move.isHarmful && 'HARMFUL', move.isNeedless && 'needless'].filter(Boolean);
      const truth = `${move.staying.toFixed(2)} -> ${move.moving.toFixed(2)} s`;
      lines.push(`${seconds(move.atMs)} s  ${move.chain.members.join(' ')} (${move.why}) ${truth} ${marks.join(' ')}`);
    }
  }
  return lines;
}

function worldOf({ family, seed, calmDays, recorded }: Task): World {
  const made = calmDays === null ? families : familiesWithCalm(calmDays);
  const isRecorded = recordedNames.some((name) => name === family);
  const found = (isRecorded ? familiesFrom(recorded) : made).find(({ name }) => name === family);
  if (!found) throw new Error(`no family ${family}`);
  return found.make(seed);
}

parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await playTask(task)));
