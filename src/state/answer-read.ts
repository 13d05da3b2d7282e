import type { ControlResponse, Due } from '../core/due.ts';
import type { Stretch, Taken } from '../core/history.ts';
import type { Now } from '../core/ports.ts';
import type { Sample } from '../core/sample.ts';
import {
  type ControlEntry,
  caches,
  type ProbedEntry,
  purposes,
  purposesMost,
  type ResponseRow,
  type StoredEntry,
  tenths,
} from './answers.ts';

export function readResponseRow(value: unknown): Stretch | null {
  const row = value as Partial<ResponseRow> | null;
  if (row?.v !== 1 || !Array.isArray(row.entries) || !Array.isArray(row.at) || !Array.isArray(row.life)) return null;
  const { life, settings, at, targets, around, controls, entries } = row as ResponseRow;
  const taken: Taken[] = [];
  let sum = 0;
  for (const entry of entries) {
    sum += entry[0];
    const read = readEntry(entry, { at, sum, targets, around, controls });
    if (read !== null) taken.push(read);
  }
  return { life: { id: life[0], startedAt: { monotonicMs: life[1], wallMs: life[2] } }, settings, taken };
}

/**
 * Returns the target and the size in bytes of each complete response in a stored row, in order. Returns nothing for a
 * row of another kind.
 */
export function readResponseBytes(value: unknown): readonly (readonly [targetId: string, bytes: number])[] {
  const { v, entries, targets, around } = (value ?? {}) as Partial<ResponseRow>;
  if (v !== 1 || !Array.isArray(entries) || !Array.isArray(targets) || !Array.isArray(around)) return [];
  return (entries as readonly StoredEntry[]).flatMap((entry) => {
    if (!isProbed(entry)) return [];
    const [, which, place, , , , , bytes] = entry;
    const targetId = targets[Math.floor(which / (2 * purposesMost))] as string | undefined;
    const isWhole = purposes[Math.floor(which / 2) % purposesMost] !== 'peek' && around[place]?.[0] === null;
    return targetId === undefined || !isWhole ? [] : [[targetId, bytes] as const];
  });
}

/**
 * The lists of a stored row, to which its entries refer by position. `sum`: the time from `at` until the entry was
 * processed, in tenths of a millisecond.
 */
interface Words extends Pick<ResponseRow, 'at' | 'targets' | 'around' | 'controls'> {
  readonly sum: number;
}

/** Returns the time at which an entry was processed, minus `before` tenths of a millisecond. */
function instant({ at, sum }: Words, before: number): Now {
  return { monotonicMs: at[0] + (sum - before) / tenths, wallMs: at[1] + (sum - before) / tenths };
}

function readEntry(entry: StoredEntry, words: Words): Taken | null {
  if (isProbed(entry)) return readProbed(entry, words);
  const takenAt = instant(words, 0);
  switch (entry[1]) {
    case -1:
      return readControl(entry, words);
    case -2:
      return { takenAt, kind: 'gap', fromMs: words.at[0] + entry[2] / tenths, toMs: words.at[0] + entry[3] / tenths };
    case -3:
      return { takenAt, kind: 'told', told: entry[2] };
    default:
      return null;
  }
}

function isProbed(entry: StoredEntry): entry is ProbedEntry {
  return entry[1] >= 0;
}

function readControl([, , name, responded, lag, latency, isRound]: ControlEntry, words: Words): Taken {
  const response: ControlResponse = {
    name: words.controls[name] ?? '',
    answered: responded === 1,
    latencyMs: latency < 0 ? null : latency / tenths,
    code: null,
    at: instant(words, lag),
  };
  return { takenAt: instant(words, 0), kind: 'control', answer: response, isRound: isRound === 1 };
}

function readProbed(entry: ProbedEntry, words: Words): Taken | null {
  const [, which, place, lag, took, rtt, delay, bytes, loopDelayMs] = entry;
  const targetId = words.targets[Math.floor(which / (2 * purposesMost))];
  const around = words.around[place];
  const purpose = purposes[Math.floor(which / 2) % purposesMost];
  if (targetId === undefined || around === undefined || purpose === undefined) return null;
  const [
    outcome,
    status,
    cache,
    remoteAddress,
    family,
    expiresAtMs,
    authorizationCode,
    hasTls,
    version,
    notOffered,
    wish,
    requestedOver = null,
    protocol = null,
    requestedProtocol,
  ] = around;
  const started = instant(words, lag + took);
  const due: Due = {
    probeId: '',
    target: bareTarget(targetId),
    connection: which % 2 === 1 ? 'warm' : 'cold',
    purpose,
    timeoutMs: 0,
    plannedAtMs: instant(words, lag + took + delay).monotonicMs,
    round: null,
    ...(requestedOver === null ? {} : { family: requestedOver }),
    ...(requestedProtocol === undefined ? {} : { protocol: requestedProtocol }),
  };
  const sample: Sample = {
    due,
    startedAtMs: started.wallMs,
    startedMonotonicMs: started.monotonicMs,
    endedMonotonicMs: instant(words, lag).monotonicMs,
    outcome: outcome ?? { tag: 'ok' },
    rttMs: rtt === null ? null : rtt / tenths,
    phases: {},
    bytes,
    wireBytes: bytes,
    requests: 1,
    status,
    finalUrl: null,
    remoteAddress,
    family,
    ...(protocol === null ? {} : { protocol }),
    tls: hasTls === 1 ? { ...bareTls, expiresAtMs, authorizationCode } : null,
    cache: caches[cache] ?? null,
    retryAfterMs: wish,
    facts: {
      ...(version === null ? {} : { resolvedVersion: version }),
      ...(notOffered === 1 ? { notOffered: true } : {}),
    },
    loopDelayMsMax: loopDelayMs ?? 0,
    worker: 0,
  };
  return { takenAt: instant(words, 0), kind: 'probed', sample, targetId };
}

const bareTls = { version: '', cipher: '', issuer: '', spkiSha256: null, resumed: false } as const;

/** Returns a target of which only the id is known. The configured target replaces it later. */
function bareTarget(id: string): Due['target'] {
  const [registry = ''] = id.split('|');
  const nothing = { ecosystem: '', upstream: '', module: null, version: null, step: '', verifies: null } as const;
  return { id, registry, canary: false, weight: 'light', ...nothing };
}
