import type { ProbeFailure } from '../../core/failure.ts';
import type { Finding } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Connection } from '../../core/mirror.ts';
import { refText, type Target } from '../../core/target.ts';
import type { Says } from './says.ts';

type Mismatch = Extract<ProbeFailure, { kind: 'mismatch' }>;

/** A wrong answer of one target that waits for a second look. */
export interface WrongOnce {
  readonly failure: Mismatch;
  readonly probeId: string;
  /** When it came, monotonic milliseconds, and how often it was looked at again. */
  readonly atMs: number;
  readonly looks: number;
}

/** Wrong bytes that were declared: which, and whether somebody took note. */
export interface DeclaredWrong {
  /** Algorithm and digest of what was served. */
  readonly digest: string;
  readonly isAcknowledged: boolean;
}

/** What tells one wrong answer from another. */
export function wrongDigest({ algorithm, got }: Mismatch): string {
  return `${algorithm} ${got}`;
}

export type MismatchVerdict = 'declare' | 'look_again' | 'wait' | null;

/**
 * What follows from one judged answer of a target: `look_again` over a fresh connection, `declare` when a fresh one is
 * wrong in the same way (same algorithm, same wrong digest), `wait` when a second look was wrong in another way (the
 * next due probe goes on from it: asking again at once would never end), `null` nothing to say.
 * @param connection  the second answer must come over a fresh one: `cold`
 * @see design.md section 5, Integrity
 */
export function judgeMismatch(
  before: WrongOnce | null,
  failure: Mismatch,
  answer: { readonly connection: Connection; readonly isRecheck: boolean },
): MismatchVerdict {
  const isSame =
    before !== null && before.failure.algorithm === failure.algorithm && before.failure.got === failure.got;
  if (isSame && answer.connection === 'cold') return 'declare';
  return answer.isRecheck ? 'wait' : 'look_again';
}

/**
 * What declared wrong bytes say of their mirror.
 * @param known     the open mismatch, which this one widens; `null` where none is open
 * @param probeIds  the answers that were wrong in the same way
 */
export function mismatchSays(
  name: string,
  { module, version, step, verifies }: Target,
  failure: Mismatch,
  known: Finding | null,
  probeIds: readonly string[],
): Says {
  return {
    tag: 'trouble',
    scope: [...(known?.scope ?? []), { module, version, step }].slice(0, limits.scopeItems),
    cause: 'mismatch',
    evidence: {
      samples: (known?.evidence.samples ?? 0) + 2,
      failures: (known?.evidence.failures ?? 0) + 2,
      probeIds: [...(known?.evidence.probeIds ?? []), ...probeIds].slice(-limits.findingProbes),
    },
    actionable: true,
    text: `${name} ${wrongPart(failure)} ${refText({ module: module ?? 'a file', version: module === null ? '' : version })} (${step}) than ${verifies ?? 'an authority'} names: twice the same ${failure.algorithm}.`,
  };
}

function wrongPart({ side }: Mismatch): string {
  return side === undefined ? 'serves other bytes for' : `has another ${side} of`;
}
