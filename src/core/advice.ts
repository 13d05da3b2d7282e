import { formatCommand } from './command-line.ts';
import type { Reason } from './failure.ts';
import { type CausingKind, type Confidence, findingKinds, kindTraits } from './finding.ts';
import type { Variables } from './kind.ts';
import type { Upstream } from './mirror.ts';
import type { Message, Sentence } from './result.ts';

export type AdviceState = 'proposed' | 'accepted' | 'superseded' | 'withdrawn' | 'expired' | 'refused' | 'dismissed';
/** Why clients should switch: a kind of finding, or a cause that only advice has. */
export type AdviceCause = CausingKind | 'slower' | 'slo' | 'failback';
/** The kinds of findings that cause advice. */
export const causingKinds = findingKinds.filter((kind): kind is CausingKind => kindTraits[kind].advice !== undefined);
export const adviceCauses = [...causingKinds, 'slower', 'slo', 'failback'] as unknown as readonly [
  AdviceCause,
  ...AdviceCause[],
];

/** True for a cause that costs clients time, not failures. */
export function isSlowness(cause: AdviceCause): boolean {
  return cause === 'slower' || causingKinds.some((kind) => kind === cause && kindTraits[kind].advice?.costs === 'time');
}

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
  'capability',
  'certificate',
  'unmeasured',
  'paused',
  'maintenance',
  'in_doubt',
  'origin',
] as const;
export type Gate = (typeof gates)[number];

export interface Candidate {
  readonly registry: string;
  /**
   * The cost of one client fetch, seconds: its time plus `advise.failureCost` × the fraction of fetches that fail;
   * `null`: not measured.
   */
  readonly scoreSeconds: number | null;
  readonly gate: Gate;
  /**
   * The current value of the statistical test that is nearest to its bound (docs/detection.md); `null`: no test is
   * running.
   */
  readonly sum: number | null;
  /**
   * The bound of the test that `sum` belongs to. The test triggers when `sum` reaches it; `null`: no test is running.
   */
  readonly bound: number | null;
}

/**
 * `active`: the cause of the advice lasts, or the advice was accepted. `over`: the cause has ended, and the proposal
 * stays for some time, so that clients that have switched do not switch twice. `ended`: the advice is no longer in
 * force.
 */
export type AdvicePhase = 'active' | 'over' | 'ended';

/** What the measurements say about the cause of an advice (`CauseNow` in advise/cause-now.ts). */
export type CauseKind =
  | 'given'
  | 'objective'
  | 'all'
  | 'downloads'
  | 'targets'
  | 'share'
  | 'slow'
  | 'faster'
  | 'throughput'
  | 'as_fast'
  | 'recovered';

export type Refusal = 'vantage_suspect' | 'shared_fate' | 'nothing_measured' | 'no_candidate';

/** A recommendation (docs/api.md#advice). Times are wall milliseconds; credentials are masked. */
export interface Advice extends Upstream {
  readonly id: string;
  readonly vantage: string;
  readonly state: AdviceState;
  readonly phase: AdvicePhase;
  /** When the cause of the advice ended; `null`: it lasts, or is not known to have ended. */
  readonly overAtMs: number | null;
  /**
   * The line for clients that have not followed this advice, such as new CI jobs: `advised`: that of the advice;
   * `usual`: the line of the chain that it leaves.
   */
  readonly newClients: 'advised' | 'usual';
  /** What the measurements last said about the cause; `null` or absent: too little is measured. */
  readonly causeNow?: CauseKind | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** When the state last changed; `null`: it is `proposed`. */
  readonly settledAtMs: number | null;
  readonly from: string;
  readonly to: string;
  readonly chain: { readonly before: string; readonly after: string };
  /** Why clients should switch, in English. */
  readonly reason: string;
  /** `reason` as a key and values, to render it in any language; `null` or absent: only English exists. */
  readonly sentence?: Sentence | null;
  readonly cause: AdviceCause;
  readonly refusal: Refusal | null;
  readonly evidence: {
    readonly windowSeconds: number;
    readonly samples: number;
    readonly observedSeconds: number | null;
    readonly baselineSeconds: number | null;
    readonly failures: Readonly<Partial<Record<Reason, number>>>;
    readonly findings: readonly string[];
  };
  /** The best candidate is the first one. Mirrors that may not be advised come last. */
  readonly candidates: readonly Candidate[];
  readonly expected: {
    readonly availability: { readonly before: number | null; readonly after: number | null };
    readonly p95Seconds: { readonly before: number | null; readonly after: number | null };
    /**
     * Fetch costs, as in `Candidate.scoreSeconds`. If a test of response times caused the advice, they are computed
     * from the times that this test compared.
     */
    readonly fetchCostSeconds: { readonly before: number | null; readonly after: number | null };
  };
  readonly confidence: Confidence;
  /** The client setting (`GODEBUG=http2client=0`) to add, or on a failback to remove; `null` or absent: none. */
  readonly bypass?: string | null;
  /** The lines to paste, by snippet format: `{ env: "export GOPROXY='…'" }`. */
  readonly remedy: Readonly<Record<string, string>>;
  readonly doesNotCover: readonly string[];
  /** How to roll the switch back: lines to paste, or a sentence in English. */
  readonly rollback: string;
  /**
   * `doesNotCover` and `rollback` as keys and values, to render them in any language. `rollback` is `null` if it is
   * lines to paste. Absent: only English exists.
   */
  readonly sentences?: { readonly doesNotCover: readonly (Sentence | string)[]; readonly rollback: Sentence | null };
  readonly trigger: 'detector' | 'alertmanager';
}

/**
 * True if the advised mirror served wrong bytes when the advice was made. It was advised because no mirror with right
 * bytes was usable: the others were down, paused, in maintenance or an origin.
 */
export function isLastChoice({ candidates, to }: Pick<Advice, 'candidates' | 'to'>): boolean {
  return candidates.some(({ registry, gate }) => registry === to && gate === 'mismatch');
}

/** The audit of an accepted advice. `isRegret`: the old mirror was better than the advised one. */
export interface Audited extends Upstream {
  /** When the audit was made, wall milliseconds. */
  readonly atMs: number;
  readonly isRegret: boolean;
}

/** A mirror with a fault, the first of its chain, and the reason for which no switch is advised. */
export interface NoAdvice extends Upstream, Message {
  readonly registry: string;
}

/** Heads (first mirrors of chains) with a fault that clients are not advised to leave, by the kind of reason. */
export interface NoAdviceLists {
  /** Heads that are down, but clients skip them and use the next member of the chain. */
  readonly passedOver: readonly NoAdvice[];
  /** Slow heads that clients will leave only if the slowness lasts, because leaving them was a loss before. */
  readonly waiting: readonly NoAdvice[];
  /** Heads that clients would be advised to leave, if an operator had not dismissed this switch. */
  readonly dismissed: readonly NoAdvice[];
}

/** Why clients that follow accepted advice are not advised to switch back to home yet. */
export interface Failback extends Message {
  /** Home: the first mirror of the declared chain. */
  readonly registry: string;
}

export interface AdviceChange {
  /** `regretted`: an audit found that the old mirror was better. */
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

/** The chain that clients should have now. */
export type RemedyNow =
  | {
      readonly kind: 'set';
      /** The chain, with credentials masked. */
      readonly chain: string;
      readonly advice: Advice;
      readonly remedy: Readonly<Record<string, string>>;
    }
  /**
   * `right`: clients keep the declared chain; `refused`: advice was refused, so there is no target; `suspect`: our own
   * network is suspect.
   */
  | { readonly kind: 'nothing'; readonly state: 'right' | 'refused' | 'suspect' };

const credentials = /:\/\/[^/,|'\s]*@/;
const quoted = /^export ([A-Za-z_]+)='([\x20-\x26\x28-\x7e]*)'$/;
/**
 * Matches `export NAME="${NAME:+${NAME%ENDING},}WORD"`: a shell line that appends a word to a comma-separated list.
 * `${NAME%ENDING}` first removes the old ending of the list.
 */
const appended = /^export ([A-Za-z_]+)="\$\{\1:\+\$\{\1%(,|[\w.=-]+)\},?\}([\w.=-]*)"$/;

/** Matches a line that adds a quoted or plain word to a list of the go command: to the user's own one, if there is any. */
const listed = /^export (\w+)="\$\{\1:-\$\(cd \/ && go env \1\)\}",(?:'([^']*)'|([\w@+:,./=%-]+))$/;

/** Returns a line that adds a word to a list of the go command as one that sets the word alone; others unchanged. */
export function withoutOwnList(line: string): string {
  return line.replace(listed, (_, name, quote, plain) => formatCommand`export ${name}=${quote ?? plain}`);
}

/**
 * True if each line only sets one of `variables` to a value that this variable may have, without credentials. It is
 * checked because a shell evaluates the text.
 */
export function isSafeEnv(text: string, variables: Variables): boolean {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map(withoutOwnList)
    .every((line) => {
      const [, name = '', value = ''] = quoted.exec(line) ?? [];
      if (name !== '') return isSafeSetting(name, value, variables);
      const [, list = '', removed = '', added = ''] = appended.exec(line) ?? [];
      const words = [removed, added].filter((word) => word !== ',' && word !== '');
      // Only lists of settings have such entries. From a list of names, such as GOPRIVATE, no entry may be removed.
      const isSafe = (word: string): boolean => word.includes('=') && isSafeSetting(list, word, variables);
      return Object.hasOwn(variables, list) && words.every(isSafe);
    });
}

/** True if a remedy may set this variable to this value, whatever a daemon says. */
export function isSafeSetting(name: string, value: unknown, variables: Variables): boolean {
  const isValid = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return typeof value === 'string' && isValid?.(value) === true && !credentials.test(value);
}
