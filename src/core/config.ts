import type { ActionRule, FleetRule, PairRule } from './action.ts';
import type { ClientPair } from './client-run.ts';
import type { FindingKind, Severity } from './finding.ts';
import type { Control, EcosystemId, Mirror, ModuleRef, Step, Target } from './mirror.ts';
import type { ReceiverFormat } from './receiver-format.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

/** When a step is due. */
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
  /** Further accepted host names, lower case; absent: none. */
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
  /** Standard Webhooks secrets (`whsec_…`), one signature each; a chat has at most one. */
  readonly secrets: readonly Secret[];
  readonly format: ReceiverFormat;
  readonly lang: 'en' | 'zh';
  readonly on: readonly WebhookEvent[];
  /** Filters what `on` selects; absent: no filter. */
  readonly only?: OnlyRule;
  /** Absent for receivers that are programs. */
  readonly chat?: ChatRule;
  /** CIDRs of allowed private addresses. */
  readonly allow: readonly string[];
}

/** A filter of events. `mirrors` and `ecosystems` let events about the daemon or its vantage pass. */
export interface OnlyRule {
  /** Findings about these mirrors, and advice from or to one; `null`: any. */
  readonly mirrors: readonly string[] | null;
  readonly ecosystems: readonly EcosystemId[] | null;
  /** The least severity of findings; advice passes. */
  readonly severity: Severity;
}

/** How messages to people are sent to a receiver. */
export interface ChatRule {
  /** For times in cards, and for quiet hours. */
  readonly timeZone: string;
  /** Events within this time after the first become one card. */
  readonly groupMs: number;
  readonly quiet: QuietRule | null;
  /** Public URL of the page, without a trailing slash; `null`: that of `listen`, unless loopback. */
  readonly page: string | null;
}

/** Hours in which messages wait, in minutes of the day. If `toMinute` is the smaller one, they include midnight. */
export interface QuietRule {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Urgent advice: `pass`: it is sent anyway; `hold`: it waits too. */
  readonly urgent: 'pass' | 'hold';
}

export interface ClientRunsRule {
  readonly everyMs: number;
  /** The pairs that run, in the order of the file: the client can be given the mirror's access. */
  readonly pairs: readonly ClientPair[];
  /** The other pairs, each with the reason. */
  readonly leftOut: readonly (ClientPair & { readonly because: Sentence })[];
  readonly timeoutMs: number;
  /** As `ClientOrder.user`. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** The front door, a process of its own beside the daemon. */
export interface DoorRule {
  readonly listen: Listen;
  readonly ecosystems: readonly EcosystemId[];
  /** URL of the daemon, without a trailing slash; `null`: by the daemon's `listen`. */
  readonly daemon: string | null;
  /** True: responses pass through the door. False: clients are redirected. */
  readonly relay: boolean;
  /** Requests per client and minute. */
  readonly perMinute: number;
  /** Absolute path of the file with the last known order of mirrors. */
  readonly orderPath: string;
}

/** Labels of this place, exported on /metrics. */
export interface PlaceLabels {
  /** Places of one group: their advice is combined. */
  readonly group?: string;
  /** Places behind one egress count as one witness. */
  readonly network?: string;
  /** Public URL of this daemon's page, without a trailing slash. */
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
  /** By step; the canary uses `schedule.pace`. */
  readonly steps: Readonly<Record<Step, Pace>>;
  readonly mirrors: readonly Mirror[];
  readonly controls: readonly Control[];
  /** The chain that clients use today, by ecosystem; absent: derived. */
  readonly clients: Readonly<Record<EcosystemId, Secret>>;
  /** The client whose chain decides, by ecosystem; absent: its first client. */
  readonly client?: Readonly<Record<EcosystemId, string>>;
  readonly modules: readonly ModuleRef[];
  /** Hashes from lock files, by ecosystem, with keys and values in its form; absent: none. */
  readonly pinned?: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Patterns of names that no mirror of a public upstream is asked for. */
  readonly private: Readonly<Record<EcosystemId, readonly string[]>>;
  /** An ecosystem's own section, as the ecosystem parses it. */
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
    /** The cost of a failed build, besides its waiting time. */
    readonly failureCostMs: number;
  };
  readonly webhooks: readonly Receiver[];
  /** Who may post alerts; absent: callers with the listen token. */
  readonly alertmanager?: {
    readonly token: Secret;
    /** `repeat_interval` of Alertmanager's route to this daemon. */
    readonly repeatMs: number;
  };
  readonly clientRuns?: ClientRunsRule;
  readonly onAdvice?: readonly ActionRule[];
  readonly fleet?: FleetRule;
  readonly pair?: PairRule;
  readonly door?: DoorRule;
  /** This daemon's part of the targets of a place, `index` from 0; absent: all of them. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly labels?: PlaceLabels;
  readonly state: { readonly path: string; readonly keepMs: number };
  readonly limits: { readonly lines: number };
}

/** One mistake in a configuration. `line` and `column` count from 1; `null`: not known. */
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

/** An error in the file as a whole. */
export function issueOf(expected: Sentence, seen: ConfigIssue['seen']): ConfigIssue {
  return { severity: 'error', path: '', line: null, column: null, seen, expected, nearest: null };
}

/** A `ConfigIssue` in English, for programs. */
export interface PlainIssue extends Omit<ConfigIssue, 'seen' | 'expected'> {
  readonly seen: string | null;
  readonly expected: string;
}

/** The assumed interval of a cron pace, milliseconds. */
const cronEveryMs = 10 * 60_000;

export function paceOf(target: Pick<Target, 'canary' | 'step'>, config: Pick<Config, 'schedule' | 'steps'>): Pace {
  return target.canary ? config.schedule.pace : (config.steps[target.step] ?? config.schedule.pace);
}

/** Milliseconds between two starts. */
export function everyMs(pace: Pace): number {
  return pace.cadence.kind === 'every' ? pace.cadence.everyMs : cronEveryMs;
}
