import { isCurrentReply, replyTo, type Walker, walkChain } from '../../advise/comparison/walk.ts';
import { rosterOf } from '../../advise/group.ts';
import { declaredChainOf } from '../../config/chain.ts';
import { type Config, everyMs, paceOf } from '../../core/config.ts';
import { isTimeout } from '../../core/failure.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import type { Taken } from '../../core/history.ts';
import { questionOf, type Step, type Target, upstreamKeyOf } from '../../core/mirror.ts';
import type { Sample } from '../../core/sample.ts';
import type { Chain, Reply } from '../../ecosystems/client.ts';
import { type Ecosystem, leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { InForce } from './story.ts';

const minuteMs = 60_000;

/** The chain of each upstream over time, for one of the compared versions of advice (the daemon's, or a replay's). */
export type FollowedCost = ReadonlyMap<string, readonly InForce[]>;

interface Latest {
  readonly reply: Reply;
  readonly atMs: number;
  readonly paceMs: number;
}

interface Group extends Walker {
  readonly steps: Ecosystem['steps'];
  readonly declared: Chain;
  /** The requests (questions) that one fetch of a module sends, by module. */
  readonly modules: ReadonlyMap<string, ReadonlySet<string>>;
  /** The latest response to each question, by question and mirror. */
  readonly latest: Map<string, Map<string, Latest>>;
  readonly chains: Map<string, Chain>;
  readonly followed: readonly (readonly InForce[])[];
  readonly at: number[];
}

/**
 * Creates the meter that estimates what each compared version of advice (the daemon's, or a replay's) costs clients in
 * one time window. It simulates fetches of each module through the chain of each version, with the latest stored
 * responses.
 * @param config  its `failureCost` and declared chains apply to every version
 */
export function createMeter(
  config: Config,
  targets: readonly Target[],
  versions: readonly FollowedCost[],
  fromMs: number,
  toMs: number,
) {
  const byId = new Map(targets.map((target) => [target.id, target]));
  const groups = groupsOf(config, targets, versions);
  const sums = versions.map(() => ({ ms: 0, failures: 0 }));
  let count = 0;
  // Fetches are simulated as often as canaries are probed, at least once a minute. More frequent fetches would use the
  // same responses.
  const stepMs = Math.min(minuteMs, everyMs(config.schedule.pace));
  let nextMs = Number.NEGATIVE_INFINITY;

  function measure(nowMs: number): void {
    for (const group of groups.values()) {
      const chains = group.followed.map((stretches, version) => chainAt(group, stretches, version, nowMs));
      for (const questions of group.modules.values()) {
        const walks = chains.map((chain) => fetch(config, group, questions, chain, nowMs));
        if (walks.some((one) => one === null)) continue;
        count += 1;
        walks.forEach((one, version) => {
          const sum = sums[version];
          if (sum === undefined || one === null) return;
          sum.ms += one.ms;
          sum.failures += one.failed ? 1 : 0;
        });
      }
    }
  }

  return {
    /** Reads the next stored input, and simulates fetches if they are due. */
    receive(one: Taken): void {
      const nowMs = one.takenAt.wallMs;
      if (nowMs >= nextMs && nowMs >= fromMs && nowMs < toMs) {
        measure(nowMs);
        nextMs = nowMs + stepMs;
      }
      if (one.kind !== 'probed') return;
      const target = byId.get(one.targetId);
      const { due, outcome } = one.sample;
      if (target === undefined || due.connection !== 'cold' || provesLittle(one.sample)) return;
      const group = groups.get(upstreamKeyOf(target));
      if (group === undefined || outcome.tag === 'unknown') return;
      const reply = replyTo(one.sample, group);
      const question = questionOf(target);
      const known = getOrMake(group.latest, question, () => new Map<string, Latest>());
      known.set(target.registry, { reply, atMs: nowMs, paceMs: everyMs(paceOf(target, config)) });
    },
    /**
     * Returns one entry for each compared version, in the order of the input. `seconds` is `null` if there is no fetch
     * that could be computed for all versions.
     */
    costs: () => sums.map(({ ms, failures }) => ({ seconds: count === 0 ? null : ms / count / 1000, failures })),
    fetches: () => count,
  };
}

/**
 * True for samples that do not show what a client would get. A probe of the first bytes is not a whole fetch. The
 * timeout of a probe outside the schedule may be shorter than a client's timeout.
 */
function provesLittle({ due, outcome }: Sample): boolean {
  if (due.purpose === 'peek') return true;
  return due.purpose !== 'scheduled' && outcome.tag === 'failed' && isTimeout(outcome.failure.kind);
}

/** Simulates a fetch, which sends these requests; `null`: one of them reaches a mirror without a recent response. */
function fetch(
  { advise: { failureCostMs } }: Config,
  group: Group,
  questions: ReadonlySet<string>,
  chain: Chain,
  nowMs: number,
) {
  let ms = 0;
  for (const question of questions) {
    const step = walk(group, question, chain, nowMs);
    if (step === null) return null;
    if (step === 'failed') return { ms: failureCostMs, failed: true };
    ms += step;
  }
  return { ms, failed: false };
}

/**
 * Returns how long a request takes through a chain, milliseconds; `failed`: no mirror of the chain succeeded; `null`: a
 * mirror that the request would reach has no recent response.
 */
function walk(group: Group, question: string, chain: Chain, nowMs: number): number | 'failed' | null {
  const latest = group.latest.get(question);
  const end = walkChain(group, chain, (name) => {
    const response = latest?.get(name);
    return response !== undefined && isCurrentReply(response.atMs, nowMs, response.paceMs) ? response.reply : null;
  });
  if (end.tag === 'unknown') return null;
  return end.tag === 'ok' ? end.tookMs : 'failed';
}

function chainAt(group: Group, stretches: readonly InForce[], version: number, nowMs: number): Chain {
  let at = group.at[version] ?? 0;
  while (at < stretches.length - 1 && (stretches[at]?.toMs ?? nowMs) <= nowMs) at += 1;
  group.at[version] = at;
  const text = stretches[at]?.chain ?? null;
  if (text === null) return group.declared;
  return getOrMake(group.chains, text, () => {
    const parsed = group.client.parse(text);
    return parsed.tag === 'ok' ? parsed.value : group.declared;
  });
}

function groupsOf(config: Config, targets: readonly Target[], versions: readonly FollowedCost[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClientOf(kind, config);
    for (const upstream of new Set(targets.filter((one) => one.ecosystem === ecosystem).map((one) => one.upstream))) {
      const declared = client.parse(declaredChainOf(config, ecosystem, upstream));
      if (declared.tag === 'error') continue;
      const key = upstreamKeyOf({ ecosystem, upstream });
      const { byKey } = rosterOf(config, ecosystem, upstream, client);
      groups.set(key, {
        steps: kind.steps,
        client,
        declared: declared.value,
        nameOf: (member) => (member.kind === 'url' ? (byKey.get(member.key)?.name ?? null) : null),
        modules: modulesOf(targets, key, kind.fetch),
        latest: new Map(),
        chains: new Map(),
        followed: versions.map((followed) => followed.get(key) ?? []),
        at: versions.map(() => 0),
      });
    }
  }
  return groups;
}

function modulesOf(targets: readonly Target[], key: string, fetch: readonly Step[]): Map<string, Set<string>> {
  const modules = new Map<string, Set<string>>();
  for (const target of targets) {
    const { module, version, step } = target;
    if (upstreamKeyOf(target) !== key || module === null || !fetch.includes(step)) continue;
    getOrMake(modules, `${module}@${version ?? ''}`, () => new Set()).add(questionOf(target));
  }
  return modules;
}
