import { createHash } from 'node:crypto';
import type { Advice, AdviceCause } from './advice.ts';
import type { Confidence } from './finding.ts';
import type { Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

export const actionKinds = ['file', 'command', 'git', 'http'] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Forms of a remedy that an action can write; `env` as plain `NAME=value` lines. */
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

/** Configuration stores whose compare-and-set an action uses. */
export const actionStores = ['etcd', 'consul', 'nacos'] as const;
export type ActionStore = (typeof actionStores)[number];

/** Forges whose merge requests an action opens. */
export const forgeKinds = ['github', 'gitlab', 'gitea'] as const;

/** Where an action opens merge requests. */
export interface ForgeRule {
  readonly kind: (typeof forgeKinds)[number];
  /** URL of its merge requests, without a trailing slash. */
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
      /** The key in etcd; `null`: another store, or a body from a template. */
      readonly key: string | null;
      /** The form of the value; `null`: the chain itself. */
      readonly as: ActionForm | null;
      readonly allow: readonly string[];
    };

/** One entry of `onAdvice`. */
export interface ActionRule {
  readonly name: string;
  /** The upstreams whose advice this rule follows. */
  readonly targets: readonly Upstream[];
  readonly mode: 'dry-run' | 'auto';
  readonly timeoutMs: number;
  /** True: the advice counts as accepted once the action is done. */
  readonly accepts: boolean;
  readonly when: {
    /** The causes of advice that start the action. Advice with cause `failback` undoes it. */
    readonly causes: readonly AdviceCause[];
    readonly confidence: Confidence;
    readonly perHour: number;
    readonly perDay: number;
    readonly quiet: { readonly fromMinute: number; readonly toMinute: number; readonly urgent: 'hold' } | null;
    readonly timeZone: string;
    /** How many places (`needed` of `of`) of the group must advise the same move; absent: this place decides alone. */
    readonly places?: { readonly needed: number; readonly of: number };
  };
  readonly deed: ActionDeed;
}

/** Results of actions; the label `result` of `mirrorwatch_actions_total`. */
export const actionResults = ['planned', 'done', 'failed', 'undone', 'held'] as const;
export type ActionResult = (typeof actionResults)[number];

/** The result of one action, for receivers. */
export interface ActionNews {
  readonly result: Exclude<ActionResult, 'planned'>;
  readonly row: ActionRow;
}

/** Why a planned action waits, or does not run at all; a closed list. */
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
 * A row of the journal. `planned`: being prepared, or the result of a dry run once `endedAtMs` is set. `running` and
 * `undoing` are stored before the step begins: an unfinished step is found after a crash.
 */
export interface ActionRow {
  /** `<advice>.<action>`: an action runs once for each advice. */
  readonly id: string;
  readonly action: string;
  readonly kind: ActionKind;
  readonly mode: ActionRule['mode'];
  readonly advice: Advice;
  readonly state: ActionResult | 'running' | 'undoing';
  readonly held: HeldReason | null;
  readonly plannedAtMs: number;
  readonly endedAtMs: number | null;
  /** Attempts begun, before a restart too. */
  readonly attempts: number;
  /** When the step is retried, wall milliseconds; `null`: it is not retried. */
  readonly nextAtMs: number | null;
  /** Why the last step failed; `null`: it did not fail. */
  readonly because: Sentence | null;
  /** The change as a diff, or what a program printed: bounded, printable, secrets masked. */
  readonly output: string;
  /** What an undo needs, as the kind of action defines; `null`: nothing to restore. */
  readonly kept: unknown;
  /** True if the process that began the step ended without a result. */
  readonly isInterrupted: boolean;
  readonly undoneBy: 'failback' | 'regret' | 'operator' | null;
  /** As `placeOf`: an undo is refused if the rule names another place now. `null`: not known; absent: an older row. */
  readonly place?: string | null;
  /** Stored for both daemons of a pair: the one that acts undoes it. Absent: a row of this daemon only. */
  readonly isShared?: true;
}

/** The steps of an action. */
export type ActionStep = 'prepare' | 'act' | 'undo';

/** How one step ended. `retry`: whether another attempt may help. `kept`: for the undo of a change that may have happened. */
export type ActionEnd = { readonly output: string; readonly kept?: unknown } & (
  | { readonly tag: 'ok' }
  | { readonly tag: 'failed'; readonly because: Sentence; readonly retry: boolean }
);

/** The store that the advice of other places is read from. */
export interface FleetRule {
  /** URL of the store, without a trailing slash. */
  readonly store: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, Secret>>;
}

/** The etcd that decides which of two daemons of one place acts. */
export interface PairRule {
  /** URL of etcd, without a trailing slash. */
  readonly etcd: string;
  /** The key of the lease that the acting daemon holds. */
  readonly key: string;
  readonly leaseMs: number;
}

/** A move that places can vote for. */
export type Move = Pick<Advice, 'ecosystem' | 'upstream' | 'from' | 'to'>;

/** The votes of a group's places for one move. */
export interface PlaceVotes {
  /** Places that advise the move. */
  readonly votes: number;
  /** Places that measure the mirror to leave, these included. */
  readonly known: number;
}

/** `holder` acts, `standby` does not; `alone`: there is no pair; `no_lease`: not known, so nothing is done. */
export type Lead = 'alone' | 'holder' | 'standby' | 'no_lease';

/** Executes the steps of actions; its promises never reject. */
export interface Actor {
  run(step: ActionStep, row: ActionRow, rule: ActionRule): Promise<ActionEnd>;
  /** The votes of a group's places, at most seconds old; `null`: not known yet. May start a read. */
  votes(fleet: FleetRule, group: string, move: Move): PlaceVotes | null;
  /** The current role. Must be called at least once a second to keep the lease. @param pair  `undefined`: no pair */
  lead(pair: PairRule | undefined): Lead;
  /** Stores a row for the pair's other daemon, before the next change of an action; `text` is JSON, `null` removes. */
  share(id: string, text: string | null): void;
  /** The rows that the pair had stored when this daemon took over, once for each takeover; else `null`. */
  takeShared(): readonly string[] | null;
  /** True if actions were stopped (`mirrorwatch actions stop`) before this process started. */
  isStopped(): boolean;
  /** Stores whether actions are stopped; false: only this process knows. */
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

/** The hash of the place that an action changes, because a URL may contain a token; `null`: not known. */
export function placeOf(deed: ActionDeed): string | null {
  const of =
    deed.kind === 'file'
      ? [deed.path]
      : deed.kind === 'git'
        ? [deed.repository, deed.branch, deed.path, ...(deed.mergeRequest === null ? [] : [deed.mergeRequest.api])]
        : deed.kind === 'http' && 'store' in deed.body
          ? [deed.url.reveal(), deed.key]
          : null;
  if (of === null) return null;
  return createHash('sha256')
    .update(JSON.stringify([deed.kind, ...of]))
    .digest('hex');
}
