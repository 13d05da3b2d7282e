import type { Config } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import { isMismatch } from '../../core/failure.ts';
import { getOrMake } from '../../core/get-or-make.ts';
import { isHeavy, type Target, targetId } from '../../core/mirror.ts';
import type { Clock, Probed, Random } from '../../core/ports.ts';
import { type Sample, steadyRateOf } from '../../core/sample.ts';
import { dueOf } from '../../daemon/once.ts';
import { placeCounterOf } from '../../detect/confirm/vantage.ts';
import { lagOf, updateSubject } from '../../detect/contents/lag.ts';
import { ContentSubject, gapFilterFor, isQuorum, type LagReading } from '../../detect/memory/subject.ts';
import { artifactOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { expandTargets } from '../../schedule/targets.ts';
import { inOrder, type RankRow } from './row.ts';

interface RankDownload {
  readonly bytes: number;
  /**
   * The throughput without TCP slow start, bytes per second; `null`: the download failed, or is too small to measure.
   */
  readonly rate: number | null;
  /** The reason of the failure, or `unknown: ` and the cause; `null`: the download succeeded. */
  readonly reason: string | null;
}

/** A ranked mirror, and the results of the probes after the ranking rounds. `null`: not probed, or unknown. */
export interface RankedRow extends RankRow {
  readonly download: RankDownload | null;
  readonly lag: RankLag | null;
  /** What the responses have (`true`) and lack (`false`), by capability; what is not known is absent. */
  readonly capabilities: Readonly<Record<string, boolean>>;
}

export interface RankPorts {
  readonly config: Config;
  readonly targets: readonly Target[];
  /** Sends one probe; `null`: the worker thread did not respond. */
  readonly probe: (due: Due) => Promise<Probed | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly stopped: () => boolean;
}

/** Returns the targets of the downloads: the same artifact at each mirror; empty: there is none. */
export function downloadsFor(config: Config, targets: readonly Target[]): readonly Target[] {
  const mirrors = [...new Map(targets.map((target) => [target.registry, target])).values()];
  const [one] = mirrors;
  const kind = one === undefined ? null : registry.of(one.ecosystem);
  const artifact = kind === null ? null : artifactOf(kind);
  if (artifact === null) return [];
  const all = expandTargets(config).filter(({ step }) => step === artifact.step);
  const named = targets.find(({ version, canary }) => version !== null && !canary);
  const first = named ?? all.find((target) => mirrors.some((mirror) => mirror.registry === target.registry));
  if (first === undefined) return [];
  const { module, version } = first;
  return mirrors.map((mirror) => {
    const id = targetId(mirror.registry, module, version, artifact.step);
    return { ...mirror, ...artifact, id, module, version, canary: false };
  });
}

/**
 * The maximum number of downloads per mirror. If this many fail at one mirror and none fails at another one, the
 * difference is not chance (`hasMoreFailures`).
 */
const downloadsMax = 3;

/**
 * Returns targets whose responses may list versions: those of the first ranked module, else those of the whole mirror.
 * They transfer no artifacts. If the rounds already returned lists, no targets are needed.
 */
function targetsFor(config: Config, targets: readonly Target[], samples: readonly Sample[]): readonly Target[] {
  if (samples.some(({ facts }) => facts.contents !== undefined)) return [];
  const ranked = new Set(targets.map((target) => target.registry));
  const [module = null] = targets.map((target) => target.module);
  const light = expandTargets(config).filter(
    (target) => ranked.has(target.registry) && !isHeavy(target) && !target.canary && target.version === null,
  );
  const own = light.filter((target) => target.module !== null && target.module === module);
  return own.length > 0 ? own : light.filter((target) => target.module === null);
}

/**
 * Returns the targets whose responses show what configured protections need, if the canary does not: of the first
 * ranked module.
 */
function protectionTargets(config: Config, targets: readonly Target[]): readonly Target[] {
  const [first] = targets;
  const kind = first === undefined ? null : registry.of(first.ecosystem);
  if (first === undefined || kind === null) return [];
  const { module } = first;
  const names = config.advise.protections?.[kind.id] ?? [];
  const steps = new Set(names.flatMap((name) => kind.protections?.[name]?.step ?? []));
  const mirrors = [...new Map(targets.map((target) => [target.registry, target])).values()];
  return [...steps].flatMap((step) => {
    const { weight = 'heavy', verifies = null } = kind.steps[step] ?? {};
    const of = { step, weight, verifies, module, version: null, canary: false };
    return mirrors.map((mirror) => ({ ...mirror, ...of, id: targetId(mirror.registry, module, null, step) }));
  });
}

/**
 * Probes each mirror that had an ok response, for its versions and for one artifact. A failed download is repeated;
 * there are at most `downloadsMax` downloads for each mirror.
 * @param samples  the samples of the ranking rounds
 */
export async function probeAfterRounds(
  input: RankPorts & { readonly samples: readonly Sample[] },
  rows: readonly RankRow[],
  downloads: readonly Target[],
): Promise<readonly RankedRow[]> {
  const { config, targets, samples } = input;
  const isUp = ({ registry: name }: Target): boolean => rows.some((row) => row.registry === name && row.ok > 0);
  const found: Sample[] = [];
  const more = [...targetsFor(config, targets, samples), ...protectionTargets(config, targets)];
  for (const target of more.filter(isUp)) found.push(...(await probeOnce(input, target)));
  const got = new Map<string, readonly Sample[]>();
  for (const target of downloads.filter(isUp)) {
    const responses = [...(await probeOnce(input, target))];
    for (let more = 1; more < downloadsMax && responses.at(-1)?.outcome.tag === 'failed'; more += 1)
      responses.push(...(await probeOnce(input, target)));
    got.set(target.registry, responses);
  }
  const lags = rankLags(config, [...samples, ...found]);
  const capabilities = rankCapabilities(config, [...samples, ...found]);
  const whole = rows.map((row) => {
    const known = capabilities.get(row.registry) ?? {};
    const [target] = targets;
    const needs = config.advise.needs?.[target?.ecosystem ?? ''] ?? [];
    const lacks = needs.filter((name) => known[name] === false);
    const lag = lags.get(row.registry) ?? null;
    return { ...withDownload(row, got.get(row.registry) ?? [], lag), capabilities: known, lacks };
  });
  return inOrder(config, whole);
}

async function probeOnce(
  { config, probe, clock, random, stopped }: RankPorts,
  target: Target,
): Promise<readonly Sample[]> {
  if (stopped()) return [];
  const { timeoutMs } = config.steps[target.step] ?? config.schedule.pace;
  const probed = await probe(dueOf(target, timeoutMs, { clock, random }));
  return probed === null ? [] : [probed.sample];
}

/** Adds the downloads to a row. If the last one failed, all of them failed, so each counts as a failure. */
function withDownload(
  row: RankRow,
  responses: readonly Sample[],
  lag: RankLag | null,
): Omit<RankedRow, 'capabilities'> {
  const last = responses.at(-1);
  if (last === undefined) return { ...row, download: null, lag };
  const { outcome, bytes } = last;
  const download = { bytes, rate: outcome.tag === 'ok' ? steadyRateOf(last) : null, reason: reasonOf(last) };
  const verified = row.verified + (outcome.tag === 'ok' && last.facts.verified !== undefined ? 1 : 0);
  if (outcome.tag !== 'failed') return { ...row, verified, download, lag };
  const wrong = isMismatch(outcome) ? responses.length : 0;
  return {
    ...row,
    failed: row.failed + responses.length,
    mismatched: row.mismatched + wrong,
    reason: wrong > 0 ? 'mismatch' : (row.reason ?? outcome.failure.kind),
    download,
    lag,
  };
}

function reasonOf({ outcome }: Sample): string | null {
  if (outcome.tag === 'ok') return null;
  return outcome.tag === 'failed' ? outcome.failure.kind : `unknown: ${outcome.because}`;
}

/** How far a mirror is behind, from the responses of one ranking. They show how much is missing, but not since when. */
type RankLag = ReturnType<typeof summedUp>;

/** Returns the lag of each mirror, compared with the origin if it responded, else with the other mirrors. */
function rankLags(config: Config, samples: readonly Sample[]): ReadonlyMap<string, RankLag> {
  const mirrors = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const mirrorsOf = samples.flatMap(({ due }) => mirrors.get(due.target.registry) ?? []);
  const origin = mirrorsOf.find(({ role }) => role === 'origin')?.name ?? null;
  const nowMs = Math.max(0, ...samples.map(({ endedMonotonicMs }) => endedMonotonicMs));
  const count = counterOf(config, samples);
  const at = { origin, freshMs: Number.POSITIVE_INFINITY, nowMs, wallAheadMs: 0, count };
  const subjects = new Map<string, ContentSubject>();
  const inOrder = samples.toSorted((a, b) => Number(isOf(b, origin)) - Number(isOf(a, origin)));
  for (const { due, facts, outcome, startedMonotonicMs: fromMs, endedMonotonicMs: toMs } of inOrder) {
    const { module, version, step, registry } = due.target;
    if (outcome.tag !== 'ok' || facts.contents === undefined) continue;
    const key = JSON.stringify([step, module, version]);
    const subject = getOrMake(subjects, key, () => new ContentSubject(key, due.target));
    const who = { ...at, registry, leavesOut: gapFilterFor(mirrors.get(registry)?.gaps) };
    updateSubject(subject, { fromMs, toMs, contents: facts.contents }, who);
  }
  const lags = new Map<string, RankLag>();
  for (const { name, gaps } of new Set(mirrorsOf)) {
    const readings = [...subjects.values()].flatMap((subject) => lagOf(subject, name, at, gaps) ?? []);
    if (readings.length > 0) lags.set(name, summedUp(readings));
  }
  return lags;
}

/** Returns a function that counts the independent ones among named mirrors. */
function counterOf({ mirrors }: Config, samples: readonly Sample[]) {
  const addresses = new Map(samples.map(({ due, remoteAddress }) => [due.target.registry, remoteAddress]));
  return placeCounterOf(() =>
    mirrors.map(({ name, url, access }) => ({
      registry: name,
      url,
      address: access.proxy === null ? (addresses.get(name) ?? null) : null,
    })),
  );
}

/**
 * Returns the capabilities of each mirror. If a response has none although the item may have none anywhere, the origin
 * decides, or without one most mirrors (`isQuorum`).
 */
function rankCapabilities(config: Config, samples: readonly Sample[]) {
  const offers = new Map<string, Record<string, boolean | null>>();
  for (const { due, facts, outcome } of samples) {
    if (outcome.tag !== 'ok') continue;
    const own = getOrMake(offers, due.target.registry, (): Record<string, boolean | null> => ({}));
    for (const [name, has] of Object.entries(facts.offers ?? {}))
      own[name] = own[name] === false || has === false ? false : (own[name] ?? has);
  }
  const origin = config.mirrors.find(({ name, role }) => role === 'origin' && offers.has(name))?.name;
  const count = counterOf(config, samples);
  const isUsual = (name: string): boolean => {
    const having = [...offers].flatMap(([registry, own]) => (own[name] === true ? [registry] : []));
    return origin === undefined ? isQuorum(having, [...offers.keys()], { count }) : having.includes(origin);
  };
  const known = [...offers].map(([registry, own]) => {
    const judged = Object.entries(own).filter(([name, has]) => has !== null || isUsual(name));
    return [registry, Object.fromEntries(judged.map(([name, has]) => [name, has === true]))] as const;
  });
  return new Map<string, Readonly<Record<string, boolean>>>(known);
}

function isOf({ due }: Sample, registry: string | null): boolean {
  return due.target.registry === registry;
}

function summedUp(readings: readonly LagReading[]) {
  const most = (values: readonly (number | null | undefined)[]): number | null =>
    values.reduce<number | null>((max, value) => (value == null ? max : Math.max(max ?? 0, value)), null);
  const dates = readings.map(({ line }) => (line?.key === 'date' ? Number(line.wants) - Number(line.value) : null));
  return {
    /** The number of versions that the mirror lacks, in the list that lacks most; `null`: there are no version lists. */
    missing: most(readings.map(({ missing }) => missing?.count)),
    /** The serial number of the mirror is at least this much too low; `null`: there are no serial numbers. */
    records: most(readings.map(({ records }) => records)),
    /**
     * By how much the mirror's date is older than the date of the origin or of the other mirrors, milliseconds; `null`:
     * no date.
     */
    olderMs: most(dates),
    by: readings.every(({ by }) => by === 'origin') ? 'origin' : 'peers',
  } as const;
}
