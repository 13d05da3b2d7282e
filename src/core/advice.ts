import type { Reason } from './failure.ts';
import type { Confidence } from './finding.ts';
import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';

export type AdviceState = 'proposed' | 'accepted' | 'superseded' | 'withdrawn' | 'expired' | 'refused' | 'dismissed';
export const adviceCauses = [
  'outage',
  'unreliable',
  'spike',
  'level_shift',
  'throughput',
  'slower',
  'refusal',
  'mismatch',
  'lag',
  'certificate',
  'slo',
  'failback',
] as const;
export type AdviceCause = (typeof adviceCauses)[number];

export const gates = [
  'ok',
  'current',
  'outage',
  'unreliable',
  'spike',
  'throughput',
  'refusal',
  'stale',
  'mismatch',
  'no_relay',
  'certificate',
  'unmeasured',
  'paused',
  'maintenance',
  'in_doubt',
  'origin',
] as const;
export type Gate = (typeof gates)[number];

/** One weighed mirror: the expected cost of a client fetch there, and whether it may be proposed. */
export interface Candidate {
  readonly registry: string;
  /**
   * The cost of one client fetch, seconds: its cold time over the steps of a fetch, plus `advise.failureCost` times the
   * share that fails; `null`: not measured.
   */
  readonly scoreSeconds: number | null;
  readonly gate: Gate;
  /**
   * The sum of one running test for a move to this mirror (design.md section 5.4): the test that is nearest to its bound.
   * >= 0; `null`: no test is running.
   */
  readonly sum: number | null;
  /** The bound that `sum` must exceed before a move is proposed, > 0; `null`: no test is running. */
  readonly bound: number | null;
}

/** Why advice was refused; a closed list. */
export type Refusal = 'vantage_suspect' | 'shared_fate' | 'nothing_measured' | 'no_candidate';

/**
 * A recommendation (design.md section 4.4). Stamps are wall milliseconds here; API and webhooks show them as RFC 3339.
 * Chains are texts with credentials masked.
 */
export interface Advice {
  readonly id: string;
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly vantage: string;
  readonly state: AdviceState;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Set when it left `proposed`; `null` before. */
  readonly settledAtMs: number | null;
  readonly from: string;
  readonly to: string;
  readonly chain: { readonly before: string; readonly after: string };
  /** One sentence for people, in English. */
  readonly reason: string;
  /** `reason` for any language; `null` or absent (stored by a release without languages): in English only. */
  readonly sentence?: Sentence | null;
  readonly cause: AdviceCause;
  /** Why the advice is refused; `null`: it is not refused. */
  readonly refusal: Refusal | null;
  readonly evidence: {
    readonly windowSeconds: number;
    readonly samples: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly failures: Readonly<Partial<Record<Reason, number>>>;
    /** Ids of the findings that the advice is based on. */
    readonly findings: readonly string[];
  };
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly expected: {
    readonly availability: { readonly before: number | null; readonly after: number | null };
    readonly p95Seconds: { readonly before: number | null; readonly after: number | null };
    /** The cost of one fetch: its time, plus `advise.failureCost` times the share that fails. */
    readonly fetchCostSeconds: { readonly before: number | null; readonly after: number | null };
  };
  readonly confidence: Confidence;
  /**
   * A client setting that avoids the broken part (`GODEBUG=http2client=0`). The remedy sets it, or removes it where the
   * cause is `failback`; `null` or absent: the remedy changes only the chain.
   */
  readonly bypass?: string | null;
  /** The lines to paste, by client: `{ env: "export GOPROXY='…'" }`. */
  readonly remedy: Readonly<Record<string, string>>;
  readonly doesNotCover: readonly string[];
  /** The rollback command. */
  readonly rollback: string;
  /**
   * `doesNotCover` and `rollback` for any language; `rollback` is `null` if it consists of lines to paste. Absent: stored by
   * an older release, in English only.
   */
  readonly sentences?: { readonly doesNotCover: readonly (Sentence | string)[]; readonly rollback: Sentence | null };
  readonly trigger: 'detector' | 'alertmanager';
}

/** The audit of one accepted advice: would the mirror that was left have been the better one? */
export interface LookedBack {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  /** Time of the audit, wall milliseconds. */
  readonly atMs: number;
  readonly isRegret: boolean;
}

export interface AdviceChange {
  /** `regretted`: by the audit, the mirror that was left was better than the advised one; the advice keeps its state. */
  readonly change:
    | 'proposed'
    | 'accepted'
    | 'superseded'
    | 'withdrawn'
    | 'expired'
    | 'refused'
    | 'reminded'
    | 'dismissed'
    | 'regretted';
  readonly advice: Advice;
}

/** The chain that clients should have now (design.md section 4.3). */
export type RemedyNow =
  | {
      readonly kind: 'set';
      /** Credentials masked. */
      readonly chain: string;
      readonly advice: Advice;
      readonly remedy: Readonly<Record<string, string>>;
    }
  /**
   * `right`: the declared chain is the right one; `refused` and `suspect`: no better chain is known, and none was
   * accepted.
   */
  | { readonly kind: 'nothing'; readonly state: 'right' | 'refused' | 'suspect' };

const credentials = /[a-z][a-z0-9+.-]*:\/\/[^/,|'\s]*@/i;
const quoted = /^export ([A-Za-z_]+)='([\x20-\x26\x28-\x7e]*)'$/;
/**
 * A line that removes an ending (a comma or an entry) from the list in NAME, or then appends an entry:
 * `export NAME="${NAME:+${NAME%ENDING}}"`, `export NAME="${NAME:+${NAME%,},}ENTRY"`.
 */
const appended = /^export ([A-Za-z_]+)="\$\{\1:\+\$\{\1%(?:,|[\w.=-]+)\},?\}[\w.=-]*"$/;

/**
 * True if each line sets an allowed variable: by `export NAME='…'`, or by a line that removes the last entry of a list or
 * appends one. No text can end the quotes, and no URL has credentials. The last check before a shell evaluates the text.
 * @param variables  the names that a line may set
 */
export function isSafeEnv(text: string, variables: readonly string[]): boolean {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .every((line) => {
      const [, name = '', value = ''] = quoted.exec(line) ?? appended.exec(line) ?? [];
      return variables.includes(name) && !credentials.test(value);
    });
}
