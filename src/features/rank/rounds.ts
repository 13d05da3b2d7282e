import type { Config } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import type { Clock, Probed, Random } from '../../core/ports.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import { questionOf, type Target } from '../../core/target.ts';
import { dueOf } from '../../daemon/once.ts';
import { type NoAnswer, patienceMs } from '../../daemon/patience.ts';
import { finalists } from './compare.ts';
import { inOrder, type RankAnswer, type RankRow, rankRow } from './row.ts';

/** Who is not told apart from the best is measured again, as many rounds once more, so many times at most. */
export const finalsMost = 2;

/**
 * Probes the canary of all mirrors in interleaved rounds, one mirror at a time, in an order that turns by one each
 * round, so that a passing disturbance of our own line touches all alike. Then the best one and who is not told apart from
 * it once more, `finals` times at most.
 * @param ask       one probe; `null` where nothing came back, which ends the ranking
 * @param progress  called before each probe with how many are done of how many
 */
export async function rankOnce(input: RankRequest): Promise<Result<readonly RankRow[], NoAnswer>> {
  const { config, targets, rounds } = input;
  const questions = [...new Set(targets.map(questionOf))];
  const heard: Heard = { answers: new Map(targets.map(({ registry }) => [registry, []])), done: 0 };
  const urls = new Map(config.mirrors.map(({ name, url }) => [name, url]));
  let rows: readonly RankRow[] = [];
  let asked = targets;
  let of = 0;
  for (let bout = 0; bout <= input.finals && asked.length > 0 && !input.stopped(); bout += 1) {
    of += rounds * asked.length;
    for (let round = bout * rounds; round < (bout + 1) * rounds && !input.stopped(); round += 1) {
      const lost = await askRound(input, asked, heard, { round, of, questions });
      if (lost !== null) return error(lost);
    }
    const slots = (bout + 1) * rounds * questions.length;
    rows = inOrder(
      config,
      [...heard.answers].map(([registry, answers]) => rankRow(registry, urls.get(registry) ?? '', answers, slots)),
    );
    const again = finalists(rows, config.advise.minGain);
    asked = targets.filter(({ registry }) => again.has(registry));
  }
  input.progress(heard.done, of, '');
  return ok(rows);
}

/** What a rank is made of. */
export interface RankRequest {
  readonly config: Config;
  readonly targets: readonly Target[];
  readonly rounds: number;
  readonly finals: number;
  readonly ask: (due: Due) => Promise<Probed | null>;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each answer. */
  readonly heard?: (sample: Sample) => void;
  readonly progress: (done: number, of: number, registry: string) => void;
  readonly stopped: () => boolean;
}

interface Heard {
  readonly answers: ReadonlyMap<string, RankAnswer[]>;
  done: number;
}

/** One round over all that are asked. @returns who said nothing at all, or `null` */
async function askRound(
  input: RankRequest,
  asked: readonly Target[],
  heard: Heard,
  { round, of, questions }: { readonly round: number; readonly of: number; readonly questions: readonly string[] },
): Promise<NoAnswer | null> {
  for (let turn = 0; turn < asked.length && !input.stopped(); turn += 1) {
    const target = asked[(turn + round) % asked.length];
    if (!target) continue;
    input.progress(heard.done, of, target.registry);
    const due = dueOf(target, input.config.schedule.pace.timeoutMs, input);
    const probed = await input.ask(due);
    if (probed === null) return { registry: target.registry, limitMs: patienceMs(due) };
    const slot = round * questions.length + questions.indexOf(questionOf(target));
    heard.answers.get(target.registry)?.push({ slot, sample: probed.sample });
    input.heard?.(probed.sample);
    heard.done += 1;
  }
  return null;
}
