import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionEnd, Actor } from '../../src/core/action.ts';
import type { Clock } from '../../src/core/ports.ts';
import { createActor } from '../../src/features/actions/actor.ts';
import { createVotes } from '../../src/features/fleet/votes.ts';
import { systemClock } from '../../src/io/clock.ts';
import { tempDir } from '../support/paths.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { well } from './three-mirrors.ts';
import { metric } from './told.ts';
import type { World } from './world.ts';

/** The folder of one test. */
let folder = '';

export function openFolder(): void {
  folder = tempDir('actions');
}

/** The path of the file that the action `ci` writes. */
export const goEnv = () => join(folder, 'go.env');

/** `a` refuses connections from 100 s to 200 s. */
export const aDown: Script = (asked) =>
  asked.registry === 'a' && asked.atMs >= 100_000 && asked.atMs < 200_000 ? refuses : well(asked);

export const rule = (more = '') => `
advise: { hold: 60s }
onAdvice:
  - { name: ci, file: { path: ${goEnv()}, as: env }, mode: auto, when: { confidence: low }${more} }`;

/** What real files are waited for. */
const pending = new Set<Promise<unknown>>();

/** The real actor, and the steps that it was asked for; one that `hangs` is carried out and never comes back. */
export function actorHere(clock: Clock = systemClock, readStore?: Parameters<typeof createVotes>[1]) {
  const post = { send: () => Promise.reject(new Error('nothing is posted')) };
  const more = readStore === undefined ? {} : { votes: createVotes(clock, readStore) };
  const actor = createActor({ folder: join(folder, 'kept'), path: '', post, clock, ...more });
  const watched = {
    ...actor,
    steps: [] as string[],
    hangs: '',
    run(...[step, row, rule]: Parameters<Actor['run']>): Promise<ActionEnd> {
      watched.steps.push(`${step} ${row.attempts}`);
      const end = actor.run(step, row, rule);
      pending.add(end);
      return watched.hangs === step ? new Promise(() => undefined) : end;
    },
  };
  return watched;
}

/** Seconds one by one: what a step of an action takes of the real world is no simulated time. */
export async function pass(world: World, seconds: number): Promise<void> {
  for (let at = 0; at < seconds; at += 1) {
    await world.seconds(1);
    await Promise.all(pending);
  }
}

export async function actionsOf(world: World) {
  const { actions } = (await world.get('/api/v1/actions')).json<{ actions: Readonly<Record<string, unknown>>[] }>();
  return actions.map(({ state, to, held, interrupted }) => ({ state, to, held, interrupted }));
}

/** What became of actions, as it went out. */
export const actedIn = (world: World) =>
  world.posts.flatMap(({ body: { type, data } }) =>
    type === 'mirror.action' ? (data as { result: string }).result : [],
  );

export const file = () => readFileSync(goEnv(), 'utf8');
export const counted = (world: World, result: string) =>
  metric(world, `mirrorwatch_actions_total{action="ci",result="${result}"}`);
