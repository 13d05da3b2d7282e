import type { ControlResponse, Purpose } from '../core/due.ts';
import type { Outcome } from '../core/failure.ts';
import type { OperatorCommand, Stretch } from '../core/history.ts';
import { limits } from '../core/limits.ts';
import type { Now, Row } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import type { HttpProtocol } from '../core/transcript.ts';

/**
 * Times in stored entries are whole tenths of a millisecond, except `loopDelayMs`. `tenths` is the number of these
 * units in a millisecond.
 */
export const tenths = 10;
/**
 * Stored rows refer to a purpose by its position in this list. So append new purposes at the end, at most
 * `purposesMost` in total.
 */
export const purposes: readonly Purpose[] = ['scheduled', 'confirm', 'recheck', 'once', 'peek', 'build'];
export const purposesMost = 8;
export const caches = [null, 'hit', 'miss'] as const;

/** The part that many responses of a row have in common. It is stored once. `outcome` is `null` for ok. */
type Around = readonly [
  outcome: Exclude<Outcome, { tag: 'ok' }> | null,
  status: number | null,
  cache: number,
  address: string | null,
  family: 4 | 6 | null,
  expiresAtMs: number | null,
  authorizationCode: string | null,
  hasTls: 0 | 1,
  resolvedVersion: string | null,
  notOffered: 0 | 1,
  retryAfterMs: number | null,
  askedOver?: 4 | 6 | null,
  protocol?: HttpProtocol | null,
  askedProtocol?: HttpProtocol,
];

/**
 * One response. `which` encodes the position of the target, the purpose, and whether the connection was warm; `around`
 * is a position too. The times are differences: `taken` since the previous entry, `lag` from the end of the probe until
 * it was processed, `took` from start to end, `delay` from planned to actual start.
 */
export type ProbedEntry = readonly [
  taken: number,
  which: number,
  around: number,
  lag: number,
  took: number,
  rtt: number | null,
  delay: number,
  bytes: number,
  loopDelayMs?: number,
];
export type ControlEntry = readonly [
  taken: number,
  which: -1,
  name: number,
  answered: 0 | 1,
  lag: number,
  latency: number,
  isRound: 0 | 1,
];
type GapEntry = readonly [taken: number, which: -2, from: number, to: number];
type CommandEntry = readonly [taken: number, which: -3, told: OperatorCommand];
export type StoredEntry = ProbedEntry | ControlEntry | GapEntry | CommandEntry;

/** A row of table `answer`. It covers one time range. Values that many entries share are stored once. */
export interface ResponseRow {
  readonly v: 1;
  readonly life: readonly [id: string, monotonicMs: number, wallMs: number];
  readonly settings: string;
  /** When the first entry was processed. */
  readonly at: readonly [monotonicMs: number, wallMs: number];
  /** Entries refer to items of `targets`, `around` and `controls` by position. */
  readonly targets: readonly string[];
  readonly around: readonly Around[];
  readonly controls: readonly string[];
  readonly entries: readonly StoredEntry[];
}

const whole = (ms: number): number => Math.round(ms * tenths);

function newResponseRow(life: Stretch['life'], settings: string, now: Now) {
  const { id, startedAt } = life;
  const targets = new Places<string>();
  const around = new Places<Around>();
  const controls = new Places<string>();
  const entries: StoredEntry[] = [];
  const row: ResponseRow = {
    v: 1,
    life: [id, startedAt.monotonicMs, startedAt.wallMs],
    settings,
    at: [now.monotonicMs, now.wallMs],
    targets: targets.all,
    around: around.all,
    controls: controls.all,
    entries,
  };
  let chars = JSON.stringify(row).length;
  let lastTaken = 0;
  const since = ({ monotonicMs }: Now): number => {
    const taken = whole(monotonicMs - now.monotonicMs);
    const step = taken - lastTaken;
    lastTaken = taken;
    return step;
  };
  const add = (entry: StoredEntry): void => {
    entries.push(entry);
    chars += JSON.stringify(entry).length + 1;
  };
  return {
    row,
    chars: () => chars + targets.chars + around.chars + controls.chars,
    probed(sample: Sample, at: Now): void {
      const { due, startedMonotonicMs, endedMonotonicMs, rttMs, loopDelayMsMax } = sample;
      const isWarm = due.connection === 'warm';
      const common = [
        since(at),
        2 * (purposesMost * targets.of(due.target.id) + purposes.indexOf(due.purpose)) + Number(isWarm),
        around.of(aroundOf(sample)),
        whole(at.monotonicMs - endedMonotonicMs),
        whole(endedMonotonicMs - startedMonotonicMs),
        rttMs === null ? null : whole(rttMs),
        whole(startedMonotonicMs - due.plannedAtMs),
        sample.bytes,
      ] as const;
      add(loopDelayMsMax < 1 ? common : [...common, Math.round(loopDelayMsMax)]);
    },
    control({ name, answered, latencyMs, at: respondedAt }: ControlResponse, isRound: boolean, at: Now): void {
      const lag = whole(at.monotonicMs - respondedAt.monotonicMs);
      const latency = latencyMs === null ? -1 : whole(latencyMs);
      add([since(at), -1, controls.of(name), answered ? 1 : 0, lag, latency, isRound ? 1 : 0]);
    },
    gap(fromMs: number, toMs: number, at: Now): void {
      add([since(at), -2, whole(fromMs - now.monotonicMs), whole(toMs - now.monotonicMs)]);
    },
    command: (command: OperatorCommand, at: Now) => add([since(at), -3, command]),
  };
}

/** Stores each value once, and returns its position in the list. */
class Places<T> {
  readonly all: T[] = [];
  chars = 0;
  readonly #at = new Map<string, number>();

  of(value: T): number {
    const text = JSON.stringify(value);
    const known = this.#at.get(text);
    if (known !== undefined) return known;
    this.#at.set(text, this.all.length);
    this.chars += text.length + 1;
    return this.all.push(value) - 1;
  }
}

function aroundOf(sample: Sample): Around {
  const { due, outcome, status, cache, remoteAddress, family, tls, facts, retryAfterMs } = sample;
  const around = [
    outcome.tag === 'ok' ? null : outcome,
    status,
    caches.indexOf(cache),
    remoteAddress,
    family,
    tls?.expiresAtMs ?? null,
    tls?.authorizationCode ?? null,
    tls === null ? 0 : 1,
    facts.resolvedVersion ?? null,
    facts.notOffered === true ? 1 : 0,
    retryAfterMs,
  ] as const;
  if (due.protocol !== undefined) return [...around, due.family ?? null, sample.protocol ?? null, due.protocol];
  if (sample.protocol !== undefined) return [...around, due.family ?? null, sample.protocol];
  return due.family === undefined ? around : [...around, due.family];
}

/**
 * Stores the inputs of detection and advice in table `answer`, for `mirrorwatch replay`. Responses of a few minutes
 * share one row, which is rewritten while it grows.
 * @param settings  a fingerprint of the settings that affect judging
 */
export function createResponses(life: Stretch['life'], settings: string) {
  let by = settings;
  let open: {
    readonly key: string;
    readonly startedAt: Now;
    readonly coder: ReturnType<typeof newResponseRow>;
  } | null = null;
  let count = 0;
  const dirty = new Map<string, Row>();

  function write(now: Now, act: (to: ReturnType<typeof newResponseRow>) => void): void {
    const isOld = open !== null && now.monotonicMs - open.startedAt.monotonicMs >= limits.responseRowMs;
    if (open === null || isOld || open.coder.chars() >= limits.responseRowChars) {
      count += 1;
      const key = `${life.id}-${count.toString(36).padStart(6, '0')}`;
      open = { key, startedAt: now, coder: newResponseRow(life, by, now) };
    }
    act(open.coder);
    const { key, startedAt, coder } = open;
    dirty.set(key, { table: 'answer', key, atMs: startedAt.wallMs, value: coder.row });
  }

  return {
    probed: (sample: Sample, now: Now) => write(now, (to) => to.probed(sample, now)),
    control: (response: ControlResponse, isRound: boolean, now: Now) =>
      write(now, (to) => to.control(response, isRound, now)),
    /** Records that the process was suspended or a clock jumped, from `fromMs` to `toMs` (monotonic). */
    gap(fromMs: number, toMs: number, now: Now): void {
      write(now, (to) => to.gap(fromMs, toMs, now));
      // The next entry starts a new row, because the times in a row are relative to its start.
      open = null;
    },
    command: (command: OperatorCommand, now: Now) => write(now, (to) => to.command(command, now)),
    /** Sets the fingerprint of the settings by which later entries are judged. Called after a reload. */
    judgedBy(next: string): void {
      if (next !== by) open = null;
      by = next;
    },
    /**
     * Returns the rows that changed since the last call. Until they are written, further responses are added to them.
     */
    rows(): readonly Row[] {
      const rows = [...dirty.values()];
      dirty.clear();
      return rows;
    },
  };
}
