import { hash } from 'node:crypto';
import type { Advice, AdviceCause } from './advice.ts';
import type { Confidence } from './finding.ts';
import type { Upstream } from './mirror.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

export const actionKinds = ['file', 'command', 'git', 'http'] as const;
export type ActionKind = (typeof actionKinds)[number];

/**
 * Key-value stores that an action can write. The store refuses the write if the value has changed since it was read
 * (compare-and-set).
 */
export const actionStores = ['etcd', 'consul', 'nacos'] as const;
export type ActionStore = (typeof actionStores)[number];

/** Forges (Git hosting services) at which an action can open merge requests. */
export const forgeKinds = ['github', 'gitlab', 'gitea'] as const;

export interface ForgeRule {
  readonly kind: (typeof forgeKinds)[number];
  /** URL in the forge's API for merge requests, without a trailing slash. */
  readonly api: string;
  readonly token: Secret;
  readonly allow: readonly string[];
}

export type ActionDeed =
  /** `as`: a snippet format of remedies, or `shell` for lines of a shell. `env` is then plain `NAME=value` lines. */
  | { readonly kind: 'file'; readonly path: string; readonly as: string }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly cwd: string }
  | {
      readonly kind: 'git';
      readonly repository: string;
      readonly branch: string;
      /** The path of the file, relative to the repository, without `..`. */
      readonly path: string;
      readonly as: string;
      readonly author: string;
      readonly isSigned: boolean;
      /** Networks and names to which the host name of an HTTP URL may lead, in addition to public addresses. */
      readonly allow: readonly string[];
      /**
       * The forge at which a merge request is opened; `null`: no merge request is opened, and the commit is pushed to
       * `branch`.
       */
      readonly mergeRequest: ForgeRule | null;
    }
  | {
      readonly kind: 'http';
      readonly url: Secret;
      readonly method: 'POST' | 'PUT';
      /** The headers; their names are in lower case. */
      readonly headers: Readonly<Record<string, Secret>>;
      readonly body: { readonly store: ActionStore } | { readonly template: Secret };
      /** The key to set in etcd; `null`: another store or a template, for which `url` alone selects the target. */
      readonly key: string | null;
      /** The snippet format of the value that is written; `null`: the value is the client chain. */
      readonly as: string | null;
      readonly allow: readonly string[];
    };

/** One entry of the configuration key `onAdvice`. */
export interface ActionRule {
  readonly name: string;
  readonly targets: readonly Upstream[];
  readonly mode: 'dry-run' | 'auto';
  readonly timeoutMs: number;
  /** True: the advice counts as accepted as soon as the action is done. */
  readonly accepts: boolean;
  readonly when: {
    /** Causes of advice that start the action. Advice with cause `failback` undoes the action. */
    readonly causes: readonly AdviceCause[];
    readonly confidence: Confidence;
    readonly perHour: number;
    readonly perDay: number;
    readonly quiet: { readonly fromMinute: number; readonly toMinute: number; readonly urgent: 'hold' } | null;
    readonly timeZone: string;
    /**
     * A vote of the group's places (daemons). The action runs only if at least `needed` of `of` places advise the same
     * switch. If more than `of` places know the mirror's state, the same fraction of them (`needed` / `of`) must agree.
     * Absent: no vote is needed.
     */
    readonly places?: { readonly needed: number; readonly of: number };
  };
  readonly deed: ActionDeed;
}

/** Values of the label `result` of `mirrorwatch_actions_total`. */
export const actionResults = ['planned', 'done', 'failed', 'undone', 'held'] as const;
export type ActionResult = (typeof actionResults)[number];

export interface ActionChange {
  readonly result: Exclude<ActionResult, 'planned'>;
  readonly row: ActionRow;
}

/** Reasons why an action waits or does not run. */
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
  // Only in rows that 1.0 stored: the key `pair` has ended.
  'standby',
  'no_lease',
  'last_choice',
  'over',
  'undone',
] as const;
export type HeldReason = (typeof heldReasons)[number];

/**
 * A row of the action journal. In state `planned`, the action is being prepared; if `endedAtMs` is also set, it was a
 * dry run.
 */
export interface ActionRow {
  /**
   * `<advice>.<action>`: the id of the advice that caused the action, and the action's name. If the advice is renewed,
   * the field `advice` changes, but this id does not.
   */
  readonly id: string;
  readonly action: string;
  readonly kind: ActionKind;
  readonly mode: ActionRule['mode'];
  readonly advice: Advice;
  readonly state: ActionResult | 'running' | 'undoing';
  readonly held: HeldReason | null;
  /** All reasons for which the row was held so far. Absent: it was not held, or an older release stored it. */
  readonly heldFor?: readonly HeldReason[];
  readonly plannedAtMs: number;
  readonly endedAtMs: number | null;
  readonly attempts: number;
  /**
   * When the next attempt may start, or when the reason `held` ends, wall milliseconds; `null`: there is nothing to wait
   * for, or the end is not known.
   */
  readonly nextAtMs: number | null;
  readonly because: Sentence | null;
  /**
   * The output of the action, for display. In a diff, secrets are masked. In a program's output, only user-info and
   * query values are masked.
   */
  readonly output: string;
  /** Data that an undo needs in addition to the row; `null`: none. */
  readonly kept: unknown;
  /** True if the daemon ended during a step of the action and was started again. It never becomes false again. */
  readonly isInterrupted: boolean;
  readonly undoneBy: 'failback' | 'regret' | 'operator' | null;
  /**
   * A hash of what the action changes, from `actionPlaceOf`; `null`: unknown. Absent in rows of older releases of this
   * program.
   */
  readonly place?: string | null;
}

export type ActionStep = 'prepare' | 'act' | 'undo';

/** How a step of an action ended. `retry`: another attempt may succeed. `kept`: data that an undo needs. */
export type ActionEnd = { readonly output: string; readonly kept?: unknown } & (
  | { readonly tag: 'ok' }
  | { readonly tag: 'failed'; readonly because: Sentence; readonly retry: boolean }
);

export interface FleetRule {
  /** URL of the store with the metrics of all places, without a trailing slash. */
  readonly store: string;
  readonly headers: Readonly<Record<string, Secret>>;
}

/** A switch of clients from one mirror to another. */
export type Move = Pick<Advice, 'ecosystem' | 'upstream' | 'from' | 'to'>;

export interface PlaceVotes {
  readonly votes: number;
  /**
   * The number of places (daemons of the group) that have a vote and know the state of the mirror `from`. `votes`
   * counts those of them that advise the switch.
   */
  readonly known: number;
}

/** Executes the steps of actions. Promises never reject. */
export interface Actor {
  run(step: ActionStep, row: ActionRow, rule: ActionRule): Promise<ActionEnd>;
  /**
   * Returns how many places (daemons) of a group advise this switch, from a recent read of the metrics store; `null`:
   * no recent read.
   */
  votes(fleet: FleetRule, group: string, move: Move): PlaceVotes | null;
  isStopped(): boolean;
  /** Stores whether actions are stopped. @returns false if it could not be stored */
  keepStopped(isStopped: boolean): boolean;
  close(): Promise<void>;
}

/** Failures of an action's program after which the program may already have changed something. */
const halfDone: readonly string[] = ['acted.exit', 'acted.time', 'acted.output'];

/** True if a row has something to undo: it is done, or its program ran and failed. */
export function isUndoable({ kind, state, because }: ActionRow): boolean {
  return state === 'done' || (kind === 'command' && state === 'failed' && halfDone.includes(because?.key ?? ''));
}

/**
 * Returns a hash that identifies what an action changes; `null`: unknown. It is a hash because a URL may contain a
 * token.
 */
export function actionPlaceOf(deed: ActionDeed): string | null {
  const of =
    deed.kind === 'file'
      ? [deed.path]
      : deed.kind === 'git'
        ? [deed.repository, deed.branch, deed.path, ...(deed.mergeRequest === null ? [] : [deed.mergeRequest.api])]
        : deed.kind === 'http' && 'store' in deed.body
          ? [deed.url.reveal(), deed.key]
          : null;
  if (of === null) return null;
  return hash('sha256', JSON.stringify([deed.kind, ...of]));
}
