import type { Config } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import { limits } from '../../core/limits.ts';
import { questionOf, type Target } from '../../core/mirror.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Sample } from '../../core/sample.ts';
import { buildWorkerBook, nothingLearnt } from '../../daemon/book.ts';
import { type ProcessFacts, systemClock, systemRandom } from '../../daemon/machine.ts';
import { closeWithin, dueOf, type NoResult, patienceMsFor, probeWithin } from '../../daemon/once.ts';
import { processLog, workersFor } from '../../daemon/system.ts';
import { systemTimers } from '../../io/timers.ts';
import { probeAfterRounds, type RankedRow, type RankPorts } from './after.ts';
import { inOrder, type RankResponse, type RankRow, rankRow, selectFinalists } from './row.ts';

export { downloadsFor, type RankedRow } from './after.ts';

/**
 * Ranks mirrors by canary probes in several rounds. Then it probes each mirror for its versions and for one artifact.
 * @param downloads  the artifacts; each download stops after `limits.rankDownloadBytes`
 * @returns `NoResult` if the worker thread does not respond
 */
export async function rankNow(
  config: Config,
  {
    targets,
    downloads,
    rounds,
  }: { readonly targets: readonly Target[]; readonly downloads: readonly Target[]; readonly rounds: number },
  facts: ProcessFacts,
  watch: { progress(done: number, of: number, registry: string): void; stopped(): boolean },
): Promise<Result<readonly RankedRow[], NoResult>> {
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: facts.version });
  const peekBytes = limits.rankDownloadBytes;
  const context = Object.fromEntries(Object.entries(book.context).map(([name, own]) => [name, { ...own, peekBytes }]));
  const workers = workersFor({ ...book, context }, processLog(facts), 1);
  try {
    const ports: RankPorts = {
      config,
      targets,
      probe: (due: Due) => probeWithin(workers, due, systemTimers),
      clock: systemClock,
      random: systemRandom,
      stopped: watch.stopped,
    };
    const ranked = await rankOnce({ ...ports, rounds, finals: finalsMost, progress: watch.progress });
    if (ranked.tag === 'error') return ranked;
    const { rows, samples } = ranked.value;
    return ok(await probeAfterRounds({ ...ports, samples }, rows, downloads));
  } finally {
    await closeWithin(workers, systemTimers);
  }
}

const finalsMost = 2;

/**
 * Probes the targets one after the other in rounds. The order rotates, so that a short disturbance of our network
 * affects all mirrors alike. Rounds are repeated, at most `finals` times, for mirrors that cannot be distinguished from
 * the best one. If the worker thread does not respond, the ranking ends.
 * @param progress  called before each probe with the number of probes done and the total
 */
export async function rankOnce(
  input: RankRequest,
): Promise<Result<{ readonly rows: readonly RankRow[]; readonly samples: readonly Sample[] }, NoResult>> {
  const { config, targets, rounds } = input;
  const questions = [...new Set(targets.map(questionOf))];
  const responses = new Map(targets.map(({ registry }): [string, RankResponse[]] => [registry, []]));
  const samples: Sample[] = [];
  const urls = new Map(config.mirrors.map(({ name, url }) => [name, url]));
  let rows: readonly RankRow[] = [];
  let contenders = targets;
  let of = 0;

  /** Probes each contender once. @returns the mirror whose probe got no response from the worker thread, or `null` */
  async function probeRound(round: number): Promise<NoResult | null> {
    for (let turn = 0; turn < contenders.length && !input.stopped(); turn += 1) {
      const target = contenders[(turn + round) % contenders.length];
      if (!target) continue;
      input.progress(samples.length, of, target.registry);
      const due = dueOf(target, config.schedule.pace.timeoutMs, input);
      const probed = await input.probe(due);
      if (probed === null) return { registry: target.registry, limitMs: patienceMsFor(due) };
      const slot = round * questions.length + questions.indexOf(questionOf(target));
      responses.get(target.registry)?.push({ slot, sample: probed.sample });
      samples.push(probed.sample);
    }
    return null;
  }

  for (let bout = 0; bout <= input.finals && contenders.length > 0 && !input.stopped(); bout += 1) {
    of += rounds * contenders.length;
    for (let round = bout * rounds; round < (bout + 1) * rounds && !input.stopped(); round += 1) {
      const lost = await probeRound(round);
      if (lost !== null) return error(lost);
    }
    const slots = (bout + 1) * rounds * questions.length;
    rows = inOrder(
      config,
      [...responses].map(([registry, own]) => rankRow(registry, urls.get(registry) ?? '', own, slots)),
    );
    const again = selectFinalists(rows, config.advise.minGain);
    contenders = targets.filter(({ registry }) => again.has(registry));
  }
  input.progress(samples.length, of, '');
  return ok({ rows, samples });
}

interface RankRequest extends RankPorts {
  readonly rounds: number;
  readonly finals: number;
  readonly progress: (done: number, of: number, registry: string) => void;
}
