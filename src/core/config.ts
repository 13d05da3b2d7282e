import type { ActionRule, FleetRule } from './action.ts';
import type { ClientPair } from './client-run.ts';
import { findingKinds, type Severity } from './finding.ts';
import type { Control, EcosystemId, Mirror, ModuleRef, Step, Target } from './mirror.ts';
import type { ReceiverFormat } from './receiver-format.ts';
import type { Sentence } from './result.ts';
import type { Secret } from './secret.ts';

export type Cadence =
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string | null; readonly spreadMs: number };

export interface Pace {
  readonly cadence: Cadence;
  readonly timeoutMs: number;
}

export interface Listen {
  /** The address to listen at, without brackets: `127.0.0.1`, `::1`, `0.0.0.0`. */
  readonly host: string;
  readonly port: number;
  readonly token: Secret | null;
  /**
   * Additional accepted values of the `Host` header, lower case. Only loopback listeners without a token check `Host`.
   */
  readonly hosts?: readonly string[];
  readonly tls: { readonly cert: string; readonly key: Secret } | null;
  /**
   * `histograms`: the type of the histograms in /metrics if a client requests protobuf; `buckets`: the maximum number
   * of native buckets per series. Absent: /metrics is never sent as protobuf.
   */
  readonly protobuf?: { readonly histograms: 'native' | 'both'; readonly buckets: number };
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
  /** An outage also opens if at least this fraction of the last ten samples failed, 0 to 1. */
  readonly share: number;
}

export const webhookEvents = [...findingKinds, 'recovery', 'advice', 'action'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

export interface Receiver {
  readonly name: string;
  readonly url: Secret;
  /** Each secret adds one signature to a delivery. A chat receiver has at most one secret. */
  readonly secrets: readonly Secret[];
  readonly format: ReceiverFormat;
  readonly lang: 'en' | 'zh';
  readonly on: readonly WebhookEvent[];
  /** An additional filter for the events in `on`; absent: none. */
  readonly only?: OnlyRule;
  /** Settings for chat messages; absent: the receiver is a program. */
  readonly chat?: ChatRule;
  /** Private networks and addresses to which messages for this receiver may be sent. Public addresses need no entry. */
  readonly allow: readonly string[];
}

/** A filter of events. `mirrors` and `ecosystems` do not filter events about this daemon or its network. */
export interface OnlyRule {
  /** Only events about these mirrors pass, and advice and actions from or to them; `null`: no filter. */
  readonly mirrors: readonly string[] | null;
  /** Only events about mirrors of these ecosystems pass; `null`: no filter. */
  readonly ecosystems: readonly EcosystemId[] | null;
  /** The minimum severity of findings. Events that are no findings always pass. */
  readonly severity: Severity;
}

export interface ChatRule {
  /** The time zone of `quiet` and of times in chat messages. */
  readonly timeZone: string;
  /** Events within this time after a first event are sent in one chat message (card). */
  readonly groupMs: number;
  readonly quiet: QuietRule | null;
  /**
   * Public URL of the daemon's page, without a trailing slash; `null`: derived from `listen`. If that is a loopback or
   * wildcard address, messages have no link.
   */
  readonly page: string | null;
}

/**
 * Quiet hours: the time of day in which messages are not sent but wait. `fromMinute` and `toMinute` are minutes since
 * midnight. If `toMinute` is below `fromMinute`, the hours include midnight.
 */
export interface QuietRule {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** What happens to urgent advice in quiet hours. `pass`: it is sent; `hold`: it waits. */
  readonly urgent: 'pass' | 'hold';
}

export interface ClientRunsRule {
  readonly everyMs: number;
  readonly pairs: readonly ClientPair[];
  readonly leftOut: readonly (ClientPair & { readonly because: Sentence })[];
  readonly timeoutMs: number;
  /** The user that runs the clients; `null`: the daemon's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** Settings of the front door: a separate process that sends each client request to the best mirror. */
export interface DoorRule {
  readonly listen: Listen;
  readonly ecosystems: readonly EcosystemId[];
  /** URL of the daemon, without a trailing slash; `null`: derived from the daemon's `listen`. */
  readonly daemon: string | null;
  /** True: the front door relays responses; false: it redirects clients. */
  readonly relay: boolean;
  /** The maximum number of requests per minute and client. */
  readonly perMinute: number;
  /** True: the front door refuses versions that the origin withdrew; false: it only logs requests for them. */
  readonly refusesWithdrawn: boolean;
  /** Absolute path of the file in which the front door stores the last known order of mirrors. */
  readonly orderPath: string;
}

export interface PlaceLabels {
  /** The name of the group of places (daemons) that combine their advice. */
  readonly group?: string;
  /**
   * The network of this place (daemon). Places with the same value share a network: in the fleet's verdict on a mirror
   * they count as one witness. Each still has its own vote on a switch.
   */
  readonly network?: string;
  /** The public URL of this daemon's page, without a trailing slash. */
  readonly page?: string;
}

/** A verified configuration: defaults filled in, files read, secrets wrapped. */
export interface Config {
  /** The path of the configuration file; `null`: this is the built-in configuration. */
  readonly path: string | null;
  readonly vantage: string;
  readonly listen: Listen;
  readonly contact: string | null;
  readonly schedule: {
    readonly pace: Pace;
    readonly perHost: number;
    /** The budget of bytes per hour from one host; `null`: unlimited. Only canary probes may exceed it. */
    readonly bytesPerHour: number | null;
  };
  /**
   * The interval and timeout of each step. The canary (the step that decides whether a mirror is up) uses
   * `schedule.pace`.
   */
  readonly steps: Readonly<Record<Step, Pace>>;
  readonly mirrors: readonly Mirror[];
  readonly controls: readonly Control[];
  /** The declared client chain (order of mirrors) by ecosystem; absent: derived from the mirrors. */
  readonly clients: Readonly<Record<EcosystemId, Secret>>;
  /** The client that advice is for (the leading client), by ecosystem; absent: the ecosystem's first client. */
  readonly client?: Readonly<Record<EcosystemId, string>>;
  readonly modules: readonly ModuleRef[];
  /** Hashes from lock files, by ecosystem. Keys and values are written as the ecosystem writes them. */
  readonly pinned?: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Where the hashes of `pinned` stand, as `file` or `file:line`, with the same keys. */
  readonly pinnedAt?: Readonly<Record<EcosystemId, Readonly<Record<string, string>>>>;
  /** Patterns of private names by ecosystem: no mirror of a public upstream gets requests for such names. */
  readonly private: Readonly<Record<EcosystemId, readonly string[]>>;
  /** The configuration sections of ecosystems, each parsed by the code of that ecosystem. */
  readonly settings: Readonly<Record<EcosystemId, unknown>>;
  readonly detect: {
    readonly spike: SpikeRule;
    readonly outage: OutageRule;
    readonly lagLimitMs: number;
  };
  readonly advise: {
    readonly holdMs: number;
    readonly ttlMs: number;
    /** The minimum relative gain of expected time that justifies a switch, 0 to 1. */
    readonly minGain: number;
    /** The cost of a failed build, in addition to its waiting time. */
    readonly failureCostMs: number;
    /** The capabilities that a mirror must not lack to be advised, by ecosystem; absent: none. */
    readonly needs?: Readonly<Record<EcosystemId, readonly string[]>>;
    /** The names of the protections that need them, by ecosystem; absent: none. */
    readonly protections?: Readonly<Record<EcosystemId, readonly string[]>>;
  };
  readonly webhooks: readonly Receiver[];
  /** Credentials with which Alertmanager posts alerts. Absent: only the token of `listen` is accepted. */
  readonly alertmanager?: {
    readonly token: Secret;
    readonly repeatMs: number;
  };
  readonly clientRuns?: ClientRunsRule;
  readonly onAdvice?: readonly ActionRule[];
  readonly fleet?: FleetRule;
  readonly door?: DoorRule;
  /** The part of the targets that this daemon probes, `index` from 0; absent: all. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly labels?: PlaceLabels;
  readonly state: { readonly path: string; readonly keepMs: number };
  readonly limits: { readonly lines: number };
}

/** An error or warning about a configuration. `line` and `column` count from 1; `null`: not known. */
export interface ConfigIssue {
  readonly severity: 'error' | 'warning';
  /** The path of the key in the configuration, such as `mirrors[2].url`; empty for the whole file. */
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** The value in the file, as YAML or JSON of limited length with secrets masked; `null`: the key is missing. */
  readonly seen: Sentence | string | null;
  readonly expected: Sentence;
  /** The known key or allowed value that is most similar to the misspelt key or value; `null`: none. */
  readonly nearest: string | null;
}

/** Makes an error that concerns the whole file. */
export function issueOf(expected: Sentence, seen: ConfigIssue['seen']): ConfigIssue {
  return { severity: 'error', path: '', line: null, column: null, seen, expected, nearest: null };
}

/** A `ConfigIssue` in English, for programs. */
export interface PlainIssue extends Omit<ConfigIssue, 'seen' | 'expected'> {
  readonly seen: string | null;
  readonly expected: string;
}

const cronEveryMs = 10 * 60_000;

export function paceOf(target: Pick<Target, 'canary' | 'step'>, config: Pick<Config, 'schedule' | 'steps'>): Pace {
  return target.canary ? config.schedule.pace : (config.steps[target.step] ?? config.schedule.pace);
}

/** Returns the milliseconds between two starts of a probe. For a cron expression, it returns an assumed 10 minutes. */
export function everyMs(pace: Pace): number {
  return pace.cadence.kind === 'every' ? pace.cadence.everyMs : cronEveryMs;
}
