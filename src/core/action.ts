import type { Advice, AdviceCause } from './advice.ts';
import type { Confidence } from './finding.ts';
import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

export const actionKinds = ['file', 'command', 'git', 'http'] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Forms that an action writes: those of a remedy, and `env` as plain `NAME=value` lines. */
export const actionForms = [
  'env',
  'shell',
  'npmrc',
  'pip',
  'uv',
  'hosts.toml',
  'registries.conf',
  'daemon.json',
  'apt',
] as const;
export type ActionForm = (typeof actionForms)[number];

/** Configuration stores whose compare-and-set an action uses; `template`: the body is written by the operator. */
export const actionStores = ['etcd', 'consul', 'nacos'] as const;
export type ActionStore = (typeof actionStores)[number];

/** Forges whose merge requests an action opens. */
export const forgeKinds = ['github', 'gitlab', 'gitea'] as const;

/** Where an action opens merge requests. */
export interface ForgeRule {
  readonly kind: (typeof forgeKinds)[number];
  /** URL of the collection of merge requests, without a slash behind. */
  readonly api: string;
  readonly token: Secret;
  readonly allow: readonly string[];
}

export type ActionDeed =
  | { readonly kind: 'file'; readonly path: string; readonly as: ActionForm }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly cwd: string }
  | {
      readonly kind: 'git';
      readonly repository: string;
      readonly branch: string;
      /** Relative, without `..`. */
      readonly path: string;
      readonly as: ActionForm;
      readonly author: string;
      readonly isSigned: boolean;
      /** `null`: the commit is pushed to `branch`. */
      readonly mergeRequest: ForgeRule | null;
    }
  | {
      readonly kind: 'http';
      readonly url: Secret;
      readonly method: 'POST' | 'PUT';
      /** By name in lower case. */
      readonly headers: Readonly<Record<string, Secret>>;
      readonly body: { readonly store: ActionStore } | { readonly template: Secret };
      /** The key in etcd; `null` for the others. */
      readonly key: string | null;
      /** What `store` gets as its value; `null`: the chain itself. */
      readonly as: ActionForm | null;
      readonly allow: readonly string[];
    };

/** One entry of `onAdvice`. */
export interface ActionRule {
  readonly name: string;
  /** The upstreams whose advice it follows. */
  readonly targets: readonly { readonly ecosystem: EcosystemId; readonly upstream: string }[];
  readonly mode: 'dry-run' | 'auto';
  readonly timeoutMs: number;
  /** Whether the advice counts as accepted once this is done. */
  readonly accepts: boolean;
  readonly when: {
    /** Failback always puts back what was done. */
    readonly causes: readonly AdviceCause[];
    readonly confidence: Confidence;
    readonly perHour: number;
    readonly perDay: number;
    readonly quiet: { readonly fromMinute: number; readonly toMinute: number; readonly urgent: 'hold' } | null;
    readonly timeZone: string;
    /** So many of so many places of the group must advise the same move; absent: this place decides alone. */
    readonly places?: { readonly needed: number; readonly of: number };
  };
  readonly deed: ActionDeed;
}

/** What became of actions; the label `result` of `mirrorwatch_actions_total`. */
export const actionResults = ['planned', 'done', 'failed', 'undone', 'held'] as const;
export type ActionResult = (typeof actionResults)[number];

/** What became of one action, for receivers. */
export interface ActionNews {
  readonly result: Exclude<ActionResult, 'planned'>;
  readonly row: ActionRow;
}

/** Why a planned action waits, or does not run at all; closed. */
export const heldReasons = [
  'stopped',
  'vantage',
  'cause',
  'confidence',
  'quiet',
  'hour',
  'day',
  'regret',
  'places',
  'places_unknown',
  'standby',
  'no_lease',
  'over',
] as const;
export type HeldReason = (typeof heldReasons)[number];

/**
 * One action on one advice, as the journal keeps it.
 * `planned`: being prepared, or shown by a dry run once `endedAtMs` is set. `running`, `undoing`: stored before it begins, so
 * that one without an end is found after a crash.
 */
export interface ActionRow {
  /** `<advice>.<action>`: once for each. */
  readonly id: string;
  readonly action: string;
  readonly kind: ActionKind;
  readonly mode: ActionRule['mode'];
  readonly advice: Advice;
  readonly state: ActionResult | 'running' | 'undoing';
  readonly held: HeldReason | null;
  readonly plannedAtMs: number;
  readonly endedAtMs: number | null;
  /** Attempts begun, those before a restart included. */
  readonly attempts: number;
  /** When it is tried again, wall milliseconds; `null`: not. */
  readonly nextAtMs: number | null;
  /** Why it failed; `null`: it did not. */
  readonly because: Sentence | null;
  /** The change as a diff, or what a program printed; bounded, each line printable, secrets masked. */
  readonly output: string;
  /** What an undo needs, plain data of its kind; `null`: nothing to put back. */
  readonly kept: unknown;
  /** It was begun by a process that ended without a result. */
  readonly isInterrupted: boolean;
  readonly undoneBy: 'failback' | 'regret' | 'operator' | null;
  /** A hash of the place that was changed: an undo goes nowhere else. `null`: of no place; absent: of an older version. */
  readonly place?: string | null;
  /** Made by one daemon of a pair, and known to the other: what acts then undoes it. Absent: of this daemon alone. */
  readonly isShared?: true;
}

/** The steps of a row. */
export type ActionStep = 'prepare' | 'act' | 'undo';

/** How one step ended. `retry`: whether another attempt may help. */
export type ActionEnd =
  | { readonly tag: 'ok'; readonly output: string; readonly kept?: unknown }
  | { readonly tag: 'failed'; readonly because: Sentence; readonly output: string; readonly retry: boolean };

/** The store that the advice of other places is read from. */
export interface FleetRule {
  /** Its URL without a slash behind. */
  readonly store: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, Secret>>;
}

/** The etcd by which two daemons of one place know which of them acts. */
export interface PairRule {
  /** Its URL without a slash behind. */
  readonly etcd: string;
  /** The key that the one which acts holds. */
  readonly key: string;
  readonly leaseMs: number;
}

/** A move that places can vote for. */
export type Move = Pick<Advice, 'ecosystem' | 'upstream' | 'from' | 'to'>;

/** The votes of a group's places for one move. */
export interface PlaceVotes {
  /** The number of places that advise it. */
  readonly votes: number;
  /** The number of places whose advice is known now, including those. */
  readonly known: number;
}

/**
 * The role of this daemon in its pair: `holder` acts, `standby` does not. `alone`: there is no pair. `no_lease`: not known, so
 * it does not act.
 */
export type Lead = 'alone' | 'holder' | 'standby' | 'no_lease';

/** Carries steps out; never rejects. */
export interface Actor {
  run(step: ActionStep, row: ActionRow, rule: ActionRule): Promise<ActionEnd>;
  /**
   * The votes of a group's places, from data of the store that are at most 30 s old; `null`: not known. A call may start a
   * read.
   */
  votes(fleet: FleetRule, group: string, move: Move): PlaceVotes | null;
  /** The current role. Must be called at least once a second to keep the lease. @param pair  `undefined`: no pair */
  lead(pair: PairRule | undefined): Lead;
  /** Stores a row in force for the pair's other daemon, at the latest before the next change; `null` removes it. */
  share(id: string, text: string | null): void;
  /** The rows that the pair had stored when this daemon took over; returned once for each takeover, else `null`. */
  takeShared(): readonly string[] | null;
  /** The brake as it was left by an earlier process. */
  isStopped(): boolean;
  /** Keeps the brake over restarts. False: it holds in this process alone. */
  keepStopped(isStopped: boolean): boolean;
  /** Ends running programs and requests. */
  close(): Promise<void>;
}

/** The failures after which a program may have done half of its work. */
const halfDone: readonly string[] = ['acted.exit', 'acted.time', 'acted.output'];

/** True if a row has something to undo: it is done, or its program ran and failed. */
export function isUndoable({ kind, state, because }: ActionRow): boolean {
  return state === 'done' || (kind === 'command' && state === 'failed' && halfDone.includes(because?.key ?? ''));
}
