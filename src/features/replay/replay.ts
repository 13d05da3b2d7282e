import { declaredChainOf } from '../../config/chain.ts';
import type { Advice } from '../../core/advice.ts';
import type { Config } from '../../core/config.ts';
import type { Stretch } from '../../core/history.ts';
import { limits } from '../../core/limits.ts';
import { type Target, upstreamKeyOf, upstreamsOf } from '../../core/mirror.ts';
import type { Calendar } from '../../core/ports.ts';
import { settingsOf } from '../../daemon/assemble.ts';
import { type Client, showChain } from '../../ecosystems/client.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { createRandom } from '../../io/random.ts';
import type { StoreCopy } from '../../io/store-copy.ts';
import { expandTargets } from '../../schedule/targets.ts';
import { readResponseRow } from '../../state/answer-read.ts';
import { createMeter, type FollowedCost } from './cost.ts';
import { isOutOfTurn, type OutOfTurn } from './desk.ts';
import { Player } from './player.ts';
import { type AdviceStory, inForce, storiesOf } from './story.ts';

/** The time before the window from which baselines, failure rates and the current advice are learnt, milliseconds. */
const warmUpMs = 24 * 3_600_000;

/** The advice in the window and its totals: either the advice that the daemon gave, or what a replay gives. */
export interface Version {
  readonly stories: readonly AdviceStory[];
  readonly refusals: number;
  /** The number of changes of the advised chain. */
  readonly moves: number;
  /** The total time on chains whose first member is not the declared one, for all upstreams, milliseconds. */
  readonly awayMs: number;
  /**
   * The mean cost of a simulated fetch, over the same fetches for every version; `null`: no fetch could be computed.
   */
  readonly fetchCostSeconds: number | null;
  readonly failedFetches: number;
  /**
   * The numbers of probes that were requested because of verdicts. `received`: in the replay and originally;
   * `unrequested`: only in the replay; `unwanted`: only originally. `null`: this is the advice that the daemon gave.
   */
  readonly outOfTurn: (Readonly<OutOfTurn> & { readonly unwanted: number }) | null;
}

/** What a replay is based on: numbers of stored responses and their times. Times are wall milliseconds. */
export interface Ground {
  /** The time of the oldest stored response. The window may begin before or after it. */
  readonly oldestMs: number;
  readonly warmedFromMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly responses: number;
  /** The number of responses to probes that were requested because of verdicts, not by the schedule. */
  readonly outOfTurn: number;
  /** The number of responses of mirrors or modules that are no longer in the configuration. */
  readonly leftOut: number;
  /** The number of responses that were recorded under other settings. */
  readonly otherSettings: number;
  readonly lives: number;
  readonly gaps: number;
  readonly pauses: number;
  /** The number of simulated fetches in the mean costs. */
  readonly fetches: number;
}

export interface Replayed {
  readonly ground: Ground;
  readonly really: Version;
  readonly current: Version;
  /** The advice under the changed settings; `null`: no settings were changed. */
  readonly changed: Version | null;
}

/**
 * The input of a replay. `changed`: the configuration with changed settings; `null`: only the current settings are
 * replayed.
 */
export interface ReplayInput {
  readonly copy: StoreCopy;
  readonly config: Config;
  readonly changed: Config | null;
  readonly calendar: Calendar;
  /** The start of the window, wall milliseconds. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Called repeatedly. @returns true to stop the replay. @param share  the completed share, 0 to 1 */
  readonly progress: (share: number) => Promise<boolean>;
}

/**
 * Why a replay has no result. `no_answers`: no response is stored for the window. `oldestMs` is the time of the oldest
 * stored response; `null`: there is none.
 */
export type ReplayFailure =
  | { readonly kind: 'no_answers'; readonly oldestMs: number | null }
  | { readonly kind: 'stopped' };

const progressEvery = 20;

/**
 * Replays the stored responses of a time window through the daemon's own detector and advisor.
 * @throws SQLite's error on a corrupt page of the copy
 */
export async function replayHistory(input: ReplayInput): Promise<Replayed | ReplayFailure> {
  const { copy, config, sinceMs: fromMs, untilMs: toMs } = input;
  const oldestMs = copy.oldestMs('answer');
  if (oldestMs === null || oldestMs >= toMs) return { kind: 'no_answers', oldestMs };
  const warmedFromMs = Math.max(oldestMs, fromMs - warmUpMs);
  const targets = expandTargets(config);
  const playerOf = (of: Config): Player =>
    new Player({
      config: of,
      targets: expandTargets(of),
      calendar: input.calendar,
      random: createRandom(1),
      countedFromMs: fromMs,
    });
  const players = [playerOf(config), ...(input.changed === null ? [] : [playerOf(input.changed)])];
  const tally = Tally(config, targets, fromMs, toMs);

  const total = copy.count('answer', warmedFromMs);
  let done = 0;
  for (const stretch of stretchesOf(copy, warmedFromMs, toMs)) {
    done += 1;
    tally.receive(stretch);
    for (const player of players) player.take(stretch);
    if (done % progressEvery === 0 && (await input.progress((0.9 * done) / total))) return { kind: 'stopped' };
  }
  for (const player of players) player.end();
  const ground = tally.ground();
  if (ground.responses === 0) return { kind: 'no_answers', oldestMs };

  const given = [adviceIn(copy), ...players.map(({ advice }) => [...advice.values()])];
  const stories = given.map((advice) => storiesOf(advice, fromMs, toMs));
  const from = Math.max(fromMs, warmedFromMs);
  const followed = stories.map((story) => followedOf(config, story, from, toMs));
  const meter = createMeter(config, targets, followed, from, toMs);
  // Reading starts before the window, because a simulated fetch may use an earlier response.
  for (const { taken } of stretchesOf(copy, warmedFromMs, toMs)) for (const one of taken) meter.receive(one);
  await input.progress(1);

  const costs = meter.costs();
  const versions = stories.map((story, at): Version => {
    const requested = players[at - 1]?.outOfTurn;
    return {
      stories: story,
      refusals: (given[at] ?? []).filter(
        ({ refusal, issuedAtMs }) => refusal !== null && issuedAtMs >= from && issuedAtMs < toMs,
      ).length,
      ...movesOf(config, followed[at] ?? new Map()),
      fetchCostSeconds: costs[at]?.seconds ?? null,
      failedFetches: costs[at]?.failures ?? 0,
      outOfTurn:
        requested === undefined ? null : { ...requested, unwanted: Math.max(0, ground.outOfTurn - requested.received) },
    };
  });
  const [really, current, changed] = versions;
  if (really === undefined || current === undefined) throw new Error('a replay has a version of its own');
  return {
    ground: { ...ground, oldestMs, warmedFromMs, fetches: meter.fetches() },
    really,
    current,
    changed: changed ?? null,
  };
}

/** Yields the stored time ranges that overlap a window. Inputs outside the window are left out. */
function* stretchesOf(copy: StoreCopy, fromMs: number, toMs: number): Generator<Stretch> {
  for (const row of copy.rows('answer', fromMs - limits.responseRowMs)) {
    if (row.atMs >= toMs) return;
    const stretch = readResponseRow(row.value);
    const taken = stretch?.taken.filter(({ takenAt }) => takenAt.wallMs >= fromMs && takenAt.wallMs < toMs) ?? [];
    if (stretch !== null && taken.length > 0) yield { ...stretch, taken };
  }
}

function adviceIn(copy: StoreCopy): readonly Advice[] {
  return [...copy.rows('advice', Number.NEGATIVE_INFINITY)].map(({ value }) => value as Advice);
}

function Tally(config: Config, targets: readonly Target[], fromMs: number, toMs: number) {
  const known = new Set(targets.map(({ id }) => id));
  const settings = settingsOf(config);
  const lives = new Set<string>();
  const sums = { responses: 0, outOfTurn: 0, leftOut: 0, otherSettings: 0, gaps: 0, pauses: 0 };
  return {
    receive({ life, settings: by, taken }: Stretch): void {
      for (const one of taken) {
        if (one.takenAt.wallMs < fromMs) continue;
        lives.add(life.id);
        if (one.kind === 'gap') sums.gaps += 1;
        if (one.kind === 'told' && one.told.kind === 'paused' && one.told.untilMs !== null) sums.pauses += 1;
        if (one.kind !== 'probed') continue;
        sums.responses += 1;
        if (by !== settings) sums.otherSettings += 1;
        if (!known.has(one.targetId)) sums.leftOut += 1;
        else if (isOutOfTurn(one.sample.due)) sums.outOfTurn += 1;
      }
    },
    ground: (): Omit<Ground, 'oldestMs' | 'warmedFromMs' | 'fetches'> => ({ ...sums, fromMs, toMs, lives: lives.size }),
  };
}

function followedOf(config: Config, stories: readonly AdviceStory[], fromMs: number, toMs: number): FollowedCost {
  const storiesOf = Map.groupBy(stories, upstreamKeyOf);
  const keys = upstreamsOf(config.mirrors).map(upstreamKeyOf);
  return new Map(keys.map((key) => [key, inForce(storiesOf.get(key) ?? [], fromMs, toMs)]));
}

function movesOf(config: Config, followed: FollowedCost): { readonly moves: number; readonly awayMs: number } {
  let moves = 0;
  let awayMs = 0;
  for (const { ecosystem, upstream } of upstreamsOf(config.mirrors)) {
    const stretches = followed.get(upstreamKeyOf({ ecosystem, upstream })) ?? [];
    const kind = registry.of(ecosystem);
    const client = kind === null ? null : leadingClientOf(kind, config);
    const declared = declaredChainOf(config, ecosystem, upstream);
    const home = headBy(client, declared);
    const shown = stretches.map(({ chain }) => shownBy(client, chain ?? declared));
    moves += shown.filter((text, at) => at > 0 && text !== shown[at - 1]).length;
    for (const { chain, fromMs, toMs } of stretches)
      if (chain !== null && headBy(client, chain) !== home) awayMs += toMs - fromMs;
  }
  return { moves, awayMs };
}

function headBy(client: Client | null, chain: string): string | null {
  const parsed = client?.parse(chain);
  return parsed?.tag === 'ok' ? (parsed.value.members[0]?.key ?? null) : null;
}

function shownBy(client: Client | null, chain: string): string {
  const parsed = client?.parse(chain);
  return parsed?.tag === 'ok' ? showChain(parsed.value, 'key') : chain;
}
