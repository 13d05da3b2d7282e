import type { Config } from '../../core/config.ts';
import type { Due } from '../../core/due.ts';
import { isHeavy, type Target, targetId } from '../../core/mirror.ts';
import type { Clock, Probed, Random } from '../../core/ports.ts';
import { type Sample, steadyRateOf } from '../../core/sample.ts';
import { dueOf } from '../../daemon/once.ts';
import { lagOf, updateSubject } from '../../detect/contents/lag.ts';
import { ContentSubject, gapFilterFor, type LagReading } from '../../detect/memory/subject.ts';
import { artifactOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { expandTargets } from '../../schedule/targets.ts';
import { inOrder, type RankRow } from './row.ts';

interface RankDownload {
  readonly bytes: number;
  /** Bytes per second without slow start; `null`: too small to measure, or not ok. */
  readonly rate: number | null;
  /** The reason of failure, or `unknown: ` with its cause; `null`: it succeeded. */
  readonly reason: string | null;
}

/** A ranked mirror with the results of the probes after the rounds. `null`: the value was not probed, or is unknown. */
export interface RankedRow extends RankRow {
  readonly download: RankDownload | null;
  readonly lag: RankLag | null;
}

export interface RankPorts {
  readonly config: Config;
  readonly targets: readonly Target[];
  /** `null`: the worker thread did not respond. */
  readonly probe: (due: Due) => Promise<Probed | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly stopped: () => boolean;
}

/** The artifact to download from each mirror, the same for all; empty: there is none. */
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
 * The maximum number of downloads per mirror. This many failures, against none of another mirror, are not chance
 * (`hasMoreFailures`).
 */
const downloadsMax = 3;

/** Light targets of the first ranked module, else of the whole mirror, whose responses may list versions. */
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
 * Probes each mirror that had an ok response: for its versions and for one artifact. A download that fails is repeated
 * until it succeeds, at most `downloadsMax` times in all.
 * @param samples  those of the rounds
 */
export async function probeAfterRounds(
  input: RankPorts & { readonly samples: readonly Sample[] },
  rows: readonly RankRow[],
  downloads: readonly Target[],
): Promise<readonly RankedRow[]> {
  const { config, targets, samples } = input;
  const isUp = ({ registry: name }: Target): boolean => rows.some((row) => row.registry === name && row.ok > 0);
  const found: Sample[] = [];
  for (const target of targetsFor(config, targets, samples).filter(isUp))
    found.push(...(await probeOnce(input, target)));
  const got = new Map<string, readonly Sample[]>();
  for (const target of downloads.filter(isUp)) {
    const responses = [...(await probeOnce(input, target))];
    for (let more = 1; more < downloadsMax && responses.at(-1)?.outcome.tag === 'failed'; more += 1)
      responses.push(...(await probeOnce(input, target)));
    got.set(target.registry, responses);
  }
  const lags = rankLags(config, [...samples, ...found]);
  const whole = rows.map((row) => withDownload(row, got.get(row.registry) ?? [], lags.get(row.registry) ?? null));
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

function isWrong({ outcome }: Sample): boolean {
  return outcome.tag === 'failed' && outcome.failure.kind === 'mismatch';
}

/** If the last download failed, each one counts as a failure of its mirror. */
function withDownload(row: RankRow, responses: readonly Sample[], lag: RankLag | null): RankedRow {
  const last = responses.at(-1);
  if (last === undefined) return { ...row, download: null, lag };
  const { outcome, bytes } = last;
  const download = { bytes, rate: outcome.tag === 'ok' ? steadyRateOf(last) : null, reason: reasonOf(last) };
  const verified = row.verified + (outcome.tag === 'ok' && last.facts.verified !== undefined ? 1 : 0);
  if (outcome.tag !== 'failed') return { ...row, verified, download, lag };
  const wrong = isWrong(last) ? responses.length : 0;
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

/** The lag of a mirror in one ranking. A ranking shows how much is missing, but not since when. */
interface RankLag {
  /** How many versions the mirror lacks in the worst list; `null`: no version lists. */
  readonly missing: number | null;
  /** The least number of records that the mirror is behind; `null`: no serials. */
  readonly records: number | null;
  /** How much older the mirror's date is than that of the origin or the others, milliseconds; `null`: no date. */
  readonly olderMs: number | null;
  readonly by: 'origin' | 'peers';
}

/** The lag of each mirror against the origin if it responded, else against the others. */
function rankLags(config: Config, samples: readonly Sample[]): ReadonlyMap<string, RankLag> {
  const mirrors = new Map(config.mirrors.map((mirror) => [mirror.name, mirror]));
  const mirrorsOf = samples.flatMap(({ due }) => mirrors.get(due.target.registry) ?? []);
  const origin = mirrorsOf.find(({ role }) => role === 'origin')?.name ?? null;
  const nowMs = Math.max(0, ...samples.map(({ endedMonotonicMs }) => endedMonotonicMs));
  const at = { origin, freshMs: Number.POSITIVE_INFINITY, nowMs };
  const subjects = new Map<string, ContentSubject>();
  const inOrder = samples.toSorted((a, b) => Number(isOf(b, origin)) - Number(isOf(a, origin)));
  for (const { due, facts, outcome, startedMonotonicMs: fromMs, endedMonotonicMs: toMs } of inOrder) {
    const { module, version, step, registry } = due.target;
    if (outcome.tag !== 'ok' || facts.contents === undefined) continue;
    const key = JSON.stringify([step, module, version]);
    const subject = subjects.get(key) ?? new ContentSubject(key, due.target);
    subjects.set(key, subject);
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

function isOf({ due }: Sample, registry: string | null): boolean {
  return due.target.registry === registry;
}

function summedUp(readings: readonly LagReading[]): RankLag {
  const most = (values: readonly (number | null | undefined)[]): number | null =>
    values.reduce<number | null>((max, value) => (value == null ? max : Math.max(max ?? 0, value)), null);
  const dates = readings.map(({ line }) => (line?.key === 'date' ? Number(line.wants) - Number(line.value) : null));
  return {
    missing: most(readings.map(({ missing }) => missing?.count)),
    records: most(readings.map(({ records }) => records)),
    olderMs: most(dates),
    by: readings.every(({ by }) => by === 'origin') ? 'origin' : 'peers',
  };
}
