import type { Move, Player } from '../world.ts';
import { Desk, playedOf } from './desk.ts';
import { type Round, watch } from './rounds.ts';
import type { Scene } from './scene.ts';
import { isFailure } from './verdict.ts';

/** One canary response. `tookMs` of a failure is the time until the failure was seen. */
export interface Beat {
  readonly isGood: boolean;
  readonly tookMs: number;
}
/** What a rule knows when it decides. Mirrors are numbers: their places in `scene.mirrors`. */
export interface Stand {
  readonly atMs: number;
  readonly head: number;
  readonly home: number;
  readonly candidates: readonly number[];
  readonly round: Round;
}
/**
 * Decides after a round. `beats` has the response of each mirror, by place (`null`: no response). Returns the place of
 * the new head; `null`: no move.
 */
export type Rule = (beats: readonly (Beat | null)[], stand: Stand) => number | null;

/**
 * Makes a player that moves by one rule. The rule gets the rounds of the canary; with `seesAll`, it gets all scheduled
 * rounds. After a change of the configuration, the rule is made again.
 */
export function rulePlayer(name: string, ruleOf: (scene: Scene) => Rule, seesAll = false): Player {
  return {
    name,
    play(world) {
      const moves: Move[] = [];
      const probes = watch(world, (scene) => {
        const desk = new Desk(scene, moves);
        let rule = ruleOf(scene);
        return {
          take(round) {
            desk.note(round);
            if (!round.isCanary && !seesAll) return;
            const beats = round.answers.map(
              (answer) => answer && { isGood: !isFailure(round.question, answer), tookMs: answer.tookMs },
            );
            const { head, home, candidates } = desk;
            const next = rule(beats, { atMs: round.doneMs, head, home, candidates, round });
            if (next !== null && next !== head) desk.moveTo(next, round.doneMs, name);
          },
          reload(next) {
            desk.reload(next);
            rule = ruleOf(next);
          },
        };
      });
      return playedOf(moves, probes);
    },
  };
}

/**
 * The candidate after `head` in the configuration file; after the last candidate, the first one. Without another
 * candidate, it is `head`.
 */
export function nextInFile({ candidates, head }: Stand): number {
  return candidates.find((place) => place > head) ?? candidates[0] ?? head;
}
