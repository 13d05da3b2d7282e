import type { Move, Player } from '../world.ts';
import { Desk, playedOf } from './desk.ts';
import { type Round, watch } from './rounds.ts';
import type { Scene } from './scene.ts';
import { isFailure } from './verdict.ts';

/** A canary answer as a baseline sees it; a failure has the time until it was seen. */
export interface Beat {
  readonly isGood: boolean;
  readonly tookMs: number;
}
/** What a baseline knows when it decides. */
export interface Stand {
  readonly atMs: number;
  readonly head: number;
  readonly home: number;
  readonly candidates: readonly number[];
  readonly round: Round;
}
/** Beats by place (`null`: none) in, the place of the new head out; `null`: stay. */
export type Rule = (beats: readonly (Beat | null)[], stand: Stand) => number | null;

/** A player that looks at scheduled rounds (the canary's alone, unless `seesAll`) and moves by one rule, made anew per configuration. */
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

/** The candidate behind `head` in the file, the first behind the last one; `head` where there is no other. */
export function nextInFile({ candidates, head }: Stand): number {
  return candidates.find((place) => place > head) ?? candidates[0] ?? head;
}
