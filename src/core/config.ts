import type { ActionRule, FleetRule, PairRule } from './action.ts';
import type { ClientPair } from './client-run.ts';
import type { FindingKind, Severity } from './finding.ts';
import type { Control, EcosystemId, Mirror, ModuleRef, Step, Target } from './mirror.ts';
import type { ReceiverFormat } from './receiver-format.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

/** When a step is due: at an interval, or at the times of a cron expression (spread over `spreadMs`). */
export type Cadence =
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string | null; readonly spreadMs: number };

/** Cadence and deadline of one step. */
export interface Pace {
  readonly cadence: Cadence;
  readonly timeoutMs: number;
}

export interface Listen {
  /** Address without brackets: `127.0.0.1`, `::1`, `0.0.0.0`. */
  readonly host: string;
  readonly port: number;
  readonly token: Secret | null;
  /** Further host names accepted for loopback requests, lower case; absent: none. */
  readonly hosts?: readonly string[];
  readonly tls: { readonly cert: string; readonly key: Secret } | null;
}

export interface SpikeRule {
  readonly consecutive: number;
  readonly factor: number;
  readonly floorMs: number;
  readonly clear: number;
  readonly window: number;
  readonly warmup: number;
  readonly relearnMs: number;
}

export interface OutageRule {
  readonly open: number;
  readonly overMs: number;
  readonly close: number;
  /** 0 to 1. */
  readonly share: number;
}

export const webhookEvents = [
  'spike',
  'level_shift',
  'outage',
  'unreliable',
  'throughput',
  'refusal',
  'lag',
  'mismatch',
  'certificate',
  'vantage',
  'self',
  'recovery',
  'advice',
  'action',
] as const satisfies readonly (FindingKind | 'recovery' | 'advice' | 'action')[];
export type WebhookEvent = (typeof webhookEvents)[number];

export interface Receiver {
  readonly name: string;
  /** May hold credentials in path or query: shown masked only. */
  readonly url: Secret;
  /**
   * Standard Webhooks secrets (`whsec_…`), one signature each; at most one for a chat; empty for formats without
   * signatures.
   */
  readonly secrets: readonly Secret[];
  readonly format: ReceiverFormat;
  readonly lang: 'en' | 'zh';
  readonly on: readonly WebhookEvent[];
  /** A filter on what `on` selects; absent: no filter. */
  readonly only?: OnlyRule;
  /** How messages to people are sent; absent for receivers that are programs. */
  readonly chat?: ChatRule;
  /** CIDRs of allowed private addresses. */
  readonly allow: readonly string[];
}

/** A filter of events. Events about the daemon or its vantage name no mirror: `mirrors` and `ecosystems` let them pass. */
export interface OnlyRule {
  /** Only findings about these mirrors, and advice from or to one; `null`: about any. */
  readonly mirrors: readonly string[] | null;
  readonly ecosystems: readonly EcosystemId[] | null;
  /** Only findings of at least this severity; advice passes. */
  readonly severity: Severity;
}

/** How messages to people are sent to a receiver. */
export interface ChatRule {
  /** The time zone of times in cards, and of quiet hours. */
  readonly timeZone: string;
  /** Events within this time after the first become one card. */
  readonly groupMs: number;
  readonly quiet: QuietRule | null;
  /** The public URL of the page, without a trailing slash; `null`: that of `listen`, unless it is loopback. */
  readonly page: string | null;
}

/** Quiet hours, in minutes of the day: nothing is sent in them. If `toMinute` is the smaller one, they include midnight. */
export interface QuietRule {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** `pass`: urgent advice (the mirror is down or serves wrong bytes) is sent anyway. `hold`: it waits too. */
  readonly urgent: 'pass' | 'hold';
}

export interface ClientRunsRule {
  readonly everyMs: number;
  /**
   * The pairs of client and mirror that run: those whose client can be given the mirror's access, in the order of the
   * file.
   */
  readonly pairs: readonly ClientPair[];
  /** The other pairs, with the part of the mirror's access that the client cannot be given. */
  readonly leftOut: readonly (ClientPair & { readonly because: Sentence })[];
  readonly timeoutMs: number;
  /** The user of client processes if the daemon runs as root; `null`: the daemon's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** The front door that `mirrorwatch door` runs: a process of its own beside the daemon. */
export interface DoorRule {
  readonly listen: Listen;
  /** The ecosystems whose clients it serves. */
  readonly ecosystems: readonly EcosystemId[];
  /** The URL of the daemon, without a trailing slash; `null`: that of the daemon's `listen`. */
  readonly daemon: string | null;
  /** True: all responses pass through it. False: clients are redirected. */
  readonly relay: boolean;
  /** Requests per client and minute. */
  readonly perMinute: number;
  /** Absolute path of the file that stores the last known order of mirrors. */
  readonly orderPath: string;
}

/** Labels of this place, exported on /metrics. */
export interface PlaceLabels {
  /** Places with the same value form a group, whose advice is combined. */
  readonly group?: string;
  /** Places with the same value are behind one egress and count as one witness. */
  readonly network?: string;
  /** The public URL of the page of this daemon, without a trailing slash. */
  readonly page?: string;
}

/** A verified configuration: defaults filled in, files read, secrets wrapped. */
export interface Config {
  /** Absolute path of the file, or `null` for the built-in default. */
  readonly path: string | null;
  readonly vantage: string;
  readonly listen: Listen;
  readonly contact: string | null;
  readonly schedule: {
    readonly pace: Pace;
    readonly perHost: number;
    /** `null`: unlimited. */
    readonly bytesPerHour: number | null;
  };
  /** A pace for each step that an ecosystem declares; the canary uses `schedule.pace`. */
  readonly steps: Readonly<Record<Step, Pace>>;
  readonly mirrors: readonly Mirror[];
  readonly controls: readonly Control[];
  /** The chain that clients use today, per ecosystem, credentials included (mask before showing); `null`: derived. */
  readonly clients: Readonly<Record<EcosystemId, Secret>>;
  /** The client whose chain is in `clients`, by ecosystem, if the file names it; absent: the ecosystem's first client. */
  readonly client?: Readonly<Record<EcosystemId, string>>;
  readonly modules: readonly ModuleRef[];
  /**
   * Hashes of configured modules from lock files, by ecosystem, with keys and values in that ecosystem's form; absent:
   * none.
   */
  readonly pinned?: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Patterns of names that are never sent to a public mirror or database. */
  readonly private: Readonly<Record<EcosystemId, readonly string[]>>;
  /** The settings of an ecosystem's own section, as the ecosystem parses them. */
  readonly settings: Readonly<Record<EcosystemId, unknown>>;
  readonly detect: {
    readonly spike: SpikeRule;
    readonly outage: OutageRule;
    readonly lagLimitMs: number;
  };
  readonly advise: {
    readonly holdMs: number;
    readonly ttlMs: number;
    /** 0 to 1. */
    readonly minGain: number;
    /** The cost of one failed build for a person, besides its waiting time. */
    readonly failureCostMs: number;
  };
  readonly webhooks: readonly Receiver[];
  /** Alertmanagers that may post alerts; absent: only callers with the listen token. */
  readonly alertmanager?: {
    readonly token: Secret;
    /** `repeat_interval` of Alertmanager's route to this daemon; an alert that is not repeated has ended. */
    readonly repeatMs: number;
  };
  /** Real clients that run against the mirrors; absent: none. */
  readonly clientRuns?: ClientRunsRule;
  /** Actions that follow advice automatically; absent: none. */
  readonly onAdvice?: readonly ActionRule[];
  /** The store from which actions read the advice of other places; absent: none. */
  readonly fleet?: FleetRule;
  /** The etcd of a pair of daemons with the same actions, of which one acts; absent: there is no pair. */
  readonly pair?: PairRule;
  /** Absent: no front door is configured. */
  readonly door?: DoorRule;
  /** One of several daemons that share the targets of a place; absent: it has all of them. `index` from 0, below `count`. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Labels of this place for `mirrorwatch fleet`; absent: none. */
  readonly labels?: PlaceLabels;
  readonly state: { readonly path: string; readonly keepMs: number };
  readonly limits: { readonly lines: number };
}

/** One mistake in a configuration and its position. `line` and `column` count from 1; `null` without a file. */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning';
  /** `mirrors[2].url`; empty for the file as a whole. */
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The value found, as YAML or JSON text of limited length, secrets masked; `null`: the key is missing. */
  readonly seen: Sentence | string | null;
  readonly expected: Sentence;
  /** The nearest known key for a typo, or `null`. */
  readonly nearest: string | null;
}

/** An error in the file as a whole. @param seen  what was found instead; `null`: nothing to show */
export function issueOf(expected: Sentence, seen: ConfigIssue['seen']): ConfigIssue {
  return { severity: 'error', path: '', line: null, column: null, seen, expected, nearest: null };
}

/** A `ConfigIssue` in English, for programs. */
export interface PlainIssue extends Omit<ConfigIssue, 'seen' | 'expected'> {
  readonly seen: string | null;
  readonly expected: string;
}

/** The assumed interval of a cron pace, which has no fixed one: responses this close belong to one trouble. Milliseconds. */
const cronEveryMs = 10 * 60_000;

/** The pace of a target: `schedule.pace` for a canary, the pace of its step for any other target. */
export function paceOf(target: Pick<Target, 'canary' | 'step'>, config: Pick<Config, 'schedule' | 'steps'>): Pace {
  return target.canary ? config.schedule.pace : (config.steps[target.step] ?? config.schedule.pace);
}

/** Milliseconds between two starts of a pace; `cronEveryMs` for a cron expression. */
export function everyMs(pace: Pace): number {
  return pace.cadence.kind === 'every' ? pace.cadence.everyMs : cronEveryMs;
}
