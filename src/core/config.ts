import type { ClientPair } from './client-run.ts';
import type { FindingKind, Severity } from './finding.ts';
import type { Control, EcosystemId, Mirror } from './mirror.ts';
import type { ReceiverFormat } from './receiver-format.ts';
import type { Secret } from './secret.ts';
import type { Sentence } from './sentence.ts';
import type { ModuleRef, Step } from './target.ts';

/** When a step is due: on an interval, or at the times a cron expression names (spread over `spreadMs`). */
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
  /** Further names by which it may be asked on loopback, lower case; absent: none. */
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
] as const satisfies readonly (FindingKind | 'recovery' | 'advice')[];
export type WebhookEvent = (typeof webhookEvents)[number];

export interface Receiver {
  readonly name: string;
  /** May hold credentials in path or query: shown masked only. */
  readonly url: Secret;
  /** Standard Webhooks secrets (`whsec_…`), one signature each; at most one of a chat; empty for formats that carry none. */
  readonly secrets: readonly Secret[];
  readonly format: ReceiverFormat;
  readonly lang: 'en' | 'zh';
  readonly on: readonly WebhookEvent[];
  /** Of what is wanted by `on`, only this; absent: all of it. */
  readonly only?: OnlyRule;
  /** How people are told; absent where programs are. */
  readonly chat?: ChatRule;
  /** CIDRs where private addresses are allowed. */
  readonly allow: readonly string[];
}

/** What is about no mirror (the daemon itself, the place it watches from) passes the first two. */
export interface OnlyRule {
  /** Findings about these, and advice to move from or to one; `null`: about any. */
  readonly mirrors: readonly string[] | null;
  readonly ecosystems: readonly EcosystemId[] | null;
  /** Findings at least as grave; advice passes. */
  readonly severity: Severity;
}

/** How a receiver that people read is told. */
export interface ChatRule {
  /** Of the times in cards, and of quiet hours. */
  readonly timeZone: string;
  /** What comes within so much of the first becomes one card. */
  readonly groupMs: number;
  readonly quiet: QuietRule | null;
  /** Where people reach the page, without a slash behind; `null`: where `listen` says, unless that is loopback. */
  readonly page: string | null;
}

/** Nothing is sent from one minute of the day to another, past midnight where it comes first. */
export interface QuietRule {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Advice to leave what is down or serves wrong bytes is sent all the same. */
  readonly urgent: 'pass' | 'hold';
}

export interface ClientRunsRule {
  readonly everyMs: number;
  /** Which client is run against which mirror: those that its access can be given to, by mirror in the order of the file. */
  readonly pairs: readonly ClientPair[];
  /** The others, and what of the mirror's access the client cannot be given. */
  readonly leftOut: readonly (ClientPair & { readonly because: Sentence })[];
  readonly timeoutMs: number;
  /** Whom they run as where we are root; `null`: as we are. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** The front door that `mirrorwatch door` opens: a process of its own beside the daemon. */
export interface DoorRule {
  readonly listen: Listen;
  /** Whose clients it serves. */
  readonly ecosystems: readonly EcosystemId[];
  /** Where its daemon listens, without a slash behind; `null`: where `listen` says. */
  readonly daemon: string | null;
  /** Everything passes through it; else clients are redirected. */
  readonly relay: boolean;
  /** Requests that one client may make in a minute. */
  readonly perMinute: number;
  /** Absolute path of the file that keeps the order of mirrors that was last in force. */
  readonly orderPath: string;
}

/** A verified configuration: every default filled in, every file read, every secret wrapped. */
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
  /** One for each step that an ecosystem declares; the canary itself goes at `schedule.pace`. */
  readonly steps: Readonly<Record<Step, Pace>>;
  readonly mirrors: readonly Mirror[];
  readonly controls: readonly Control[];
  /** The chain clients use today, per ecosystem, credentials included (mask before showing); `null`: derived. */
  readonly clients: Readonly<Record<EcosystemId, Secret>>;
  /** Which of an ecosystem's clients that chain is of, where the file says so; absent: its first. */
  readonly client?: Readonly<Record<EcosystemId, string>>;
  readonly modules: readonly ModuleRef[];
  /** Hashes of configured modules from lock files, by ecosystem, keyed and written as that ecosystem does; absent: none. */
  readonly pinned?: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Patterns of names that never leave for a public mirror or database. */
  readonly private: Readonly<Record<EcosystemId, readonly string[]>>;
  /** What is particular to an ecosystem, from the key of its name, as it reads it. */
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
    /** What one broken build costs a person, beside its waiting. */
    readonly failureCostMs: number;
  };
  readonly webhooks: readonly Receiver[];
  /** Who may post alerts to us; absent: nobody but whoever has the listen token. */
  readonly alertmanager?: {
    readonly token: Secret;
    /** `repeat_interval` of its route to us: an alert not heard of for three of them has ended. */
    readonly repeatMs: number;
  };
  /** Real clients that are run against the mirrors; absent: none. */
  readonly clientRuns?: ClientRunsRule;
  /** Absent: no front door is configured. */
  readonly door?: DoorRule;
  readonly state: { readonly path: string; readonly keepMs: number };
  readonly limits: { readonly lines: number };
}

/** One mistake of the operator's, with where it stands. `line` and `column` count from 1; `null` without a file. */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning';
  /** `mirrors[2].url`; empty for the file as a whole. */
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The value seen as YAML or JSON text, at most 80 characters, secrets masked; `null` where a key is missing. */
  readonly seen: Sentence | string | null;
  readonly expected: Sentence;
  /** The nearest known key for a typo, or `null`. */
  readonly nearest: string | null;
}

/** The same in English, for programs. */
export interface PlainIssue extends Omit<ConfigIssue, 'seen' | 'expected'> {
  readonly seen: string | null;
  readonly expected: string;
}
