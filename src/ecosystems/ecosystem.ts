import type { z } from 'zod';
import type { Config } from '../core/config.ts';
import type { DemoResponder } from '../core/demo.ts';
import type { EcosystemId, Mirror, ModuleRef, Step, Target, Weight } from '../core/mirror.ts';
import type { Sentence } from '../core/result.ts';
import type { Facts } from '../core/transcript.ts';
import type { Client } from './client.ts';
import type { Doctor } from './doctor.ts';
import type { DoorPaths } from './door-paths.ts';
import type { Locks } from './locks.ts';
import { isPrivate, type Names } from './names.ts';
import type { RealClient } from './real-client.ts';

/** How often a step is requested: once for each version of a module, for each module, or for the whole mirror. */
type Grain = 'version' | 'module' | 'mirror';

/** One kind of request of an ecosystem's protocol. */
export interface StepDeclaration<Settings = unknown> {
  readonly weight: Weight;
  /**
   * True if clients treat a response with status 200 whose body is incomplete or wrong like a failed download of an
   * artifact. Some clients then do not try the next mirror.
   */
  readonly isOfArtifact?: true;
  readonly grain: Grain;
  readonly usualPace: {
    /**
     * Milliseconds between two probes; `null`: the interval of the canary, the step that decides whether a mirror is
     * up.
     */
    readonly everyMs: number | null;
    /** Milliseconds; `null`: the timeout of the configuration key `schedule`. */
    readonly timeoutMs: number | null;
  };
  readonly usualBytes: number;
  /** The further requests that one probe usually sends to the mirror's host; `null`: none. */
  usualAside?(version: string | null, configured: ConfiguredStep): UsualAside | null;
  /** A text for display that names what verifies the responses; `null`: nothing does. */
  readonly verifies: Sentence | null;
  /** Whether the step is probed at this mirror; absent: always. */
  isRequested?(mirror: Mirror, settings: Settings): boolean;
}

export interface ConfiguredStep {
  readonly mirror: Mirror;
  readonly expect?: unknown;
}

/** A number of requests, and the bytes of all their responses together. */
export interface UsualAside {
  readonly requests: number;
  readonly bytes: number;
}

/** Facts from earlier responses, by their key in table `meta` of the state file. */
export type Known = ReadonlyMap<string, unknown>;

/** The facts that an ecosystem stores: hashes, signed heads of checksum databases, keys. */
export interface Learning {
  /** The prefixes of the stored keys, at most 20 characters each. No two ecosystems share a prefix. */
  readonly keys: readonly string[];
  /**
   * Returns the entries to add or replace in the stored facts (`known`), from the facts of one ok probe. Must be a pure
   * function.
   */
  learn(known: Known, facts: Facts): readonly (readonly [key: string, value: unknown])[];
  /**
   * Returns the stored hashes by which to verify mirrors of this upstream. Probes receive them as
   * `ProbeContext.pinned`.
   */
  pinned(known: Known, upstream: string): Readonly<Record<string, string>>;
}

/** The maximum number of hashes that one ecosystem stores. */
export const pinsMax = 50_000;

/** Returns the stored hashes whose keys begin with `prefix`, keyed by the rest of the key. */
export function pinnedIn(known: Known, prefix: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...known].flatMap(([key, value]) =>
      key.startsWith(prefix) && typeof value === 'string' ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

export interface Given<Settings = unknown> {
  readonly mirror: Mirror;
  /** The URL of the upstream's origin, which may be this mirror; `null`: no origin is configured. */
  readonly origin: string | null;
  /** The configured modules of this ecosystem, of all upstreams. */
  readonly modules: readonly ModuleRef[];
  readonly privatePatterns: readonly string[];
  readonly settings: Settings;
  /** The client that `clients` names; absent or `null`: none. */
  readonly client?: string | null;
  /** The stored facts; `null`: the probe uses none, as in a probe from the command line. */
  readonly known: Known | null;
}

/** A check that a client makes beyond hashes, such as a minimum age of releases. */
export interface Protection {
  /** The client and its setting, for display. */
  readonly setting: string;
  /** The capabilities that the responses of a mirror must have. */
  readonly needs: readonly string[];
  /** The step whose responses show it; absent: the canary. */
  readonly step?: Step;
  /** What the client does if they lack it: it skips the check, mostly without a word, or every install fails. */
  readonly without: 'skips' | 'fails';
}

/** One kind of mirror. @see docs/adding-an-ecosystem.md */
export interface Ecosystem<Settings = unknown, Own = unknown> {
  /**
   * The id in lower-case letters. It is also the value of the label `ecosystem`, a configuration key, and the name of
   * the folder of fixtures.
   */
  readonly id: EcosystemId;
  /** The default upstream of mirrors; `null`: each mirror must name its upstream. */
  readonly publicUpstream: string | null;
  /**
   * The forms in which clients report a failed fetch, by the name of the client. Each matches a line of the client, with
   * the lines of its causes joined to it. Absent: none are known.
   */
  readonly errorFrames?: Readonly<Record<string, RegExp>>;
  /** Matches a line after which a client prints output of other programs in its own form. Absent: none does. */
  readonly scriptOutput?: RegExp;
  /** Matches a line in which a client names the only server that it uses. Absent: no client does. */
  readonly onlyServer?: RegExp;
  /** Matches a line of a traceback of a client, after which the line of the error names no client. Absent: no client prints one. */
  readonly traceback?: RegExp;
  /**
   * Whether the text of a 404 or 410 response names a failure behind the mirror, such as an unreachable upstream.
   * Absent: such a text never does.
   */
  readonly isMasked?: (text: string) => boolean;
  /** Step names are unique over all ecosystems, because `steps.<name>` is a configuration key. */
  readonly steps: Readonly<Record<Step, StepDeclaration<Settings>>>;
  /**
   * The light step that decides whether a mirror is up: if possible one with an immutable response and a known hash.
   */
  readonly canary: Step;
  /** The steps of one client fetch, in order. */
  readonly fetch: readonly Step[];
  readonly names: Names;
  readonly locks?: Locks;
  readonly settings?: SettingsKey<Settings>;
  readonly mirrorKeys?: MirrorKeys;
  /**
   * What configurations of an earlier release have in place of this ecosystem: mirrors of another ecosystem with this
   * profile, whose modules are paths. `moduleOf` returns the entry of `modules` for a path; `null`: it names no module.
   */
  readonly formerly?: {
    readonly ecosystem: EcosystemId;
    readonly profile: string;
    moduleOf(path: string): string | null;
  };
  /** The value of the mirror key `profile` for a profile, its package manager or another word for them; `null`: none. */
  profileFor?(word: unknown): string | null;
  /**
   * The clients that use these mirrors. Advice is about the leading client: the first one, unless the configuration
   * names another.
   */
  readonly clients: readonly [Client, ...Client[]];
  /** Checks that clients of this ecosystem can be set to make, by the name in the configuration. Absent: none is known. */
  readonly protections?: Readonly<Record<string, Protection>>;
  /** The programs that `clientRuns` can run against a mirror. */
  readonly realClients: readonly RealClient[];
  /**
   * Returns this ecosystem's part of the input of a mirror's probes. It must be plain data, because it is sent to
   * worker threads.
   */
  context(given: Given<Settings>): Own;
  readonly learning?: Learning;
  /**
   * Returns what probes cannot verify with the current configuration of a module, as a text for the command `check`;
   * `null`: nothing.
   */
  unchecked?(configured: ConfiguredStep & Pick<ModuleRef, 'module'>): Sentence | null;
  /**
   * Returns what advice does not verify of a module in this configured version, as a note of the advice; `null`:
   * nothing to note.
   */
  unverified?(version: string | null): Sentence | null;
  demo(): Promise<SmallMirror>;
  readonly door?: DoorPaths;
  doctor?(): Promise<Doctor>;
}

/** Returns the client whose chain advice is about: the one that the configuration names, else the ecosystem's first. */
export function leadingClientOf(
  { id, clients }: Pick<Ecosystem, 'id' | 'clients'>,
  config: Pick<Config, 'client'>,
): Client {
  return clients.find((client) => client.id === config.client?.[id]) ?? clients[0];
}

/** Returns the first heavy step of a fetch, which downloads the artifact; `null`: there is none. */
export function artifactOf({
  fetch,
  steps,
}: Pick<Ecosystem, 'fetch' | 'steps'>): Pick<Target, 'step' | 'weight' | 'verifies'> | null {
  const step = fetch.find((one) => steps[one]?.weight === 'heavy');
  return step === undefined ? null : { step, weight: 'heavy', verifies: steps[step]?.verifies ?? null };
}

const minuteMs = 60_000;

type Declared<Settings> = Pick<StepDeclaration<Settings>, 'grain' | 'isOfArtifact' | 'isRequested' | 'usualAside'> & {
  readonly verifies?: Sentence;
};

/**
 * Declares a light step (a small request). Its default timeout is the one in the configuration key `schedule`.
 * @param everyMinutes  the default interval between two probes; `null`: the interval of the canary (the step that
 *                      decides whether a mirror is up)
 */
export function light<Settings>(
  everyMinutes: number | null,
  { verifies, ...more }: Declared<Settings> & { readonly usualBytes: number },
): StepDeclaration<Settings> {
  const everyMs = everyMinutes === null ? null : everyMinutes * minuteMs;
  return { weight: 'light', usualPace: { everyMs, timeoutMs: null }, verifies: verifies ?? null, ...more };
}

/**
 * Declares a heavy step (a large download). By default it is probed hourly, with a timeout of 2 minutes. Traffic
 * forecasts assume 1 MiB for each probe.
 */
export function heavy<Settings>({ verifies, ...more }: Declared<Settings>): StepDeclaration<Settings> {
  const usualPace = { everyMs: 60 * minuteMs, timeoutMs: 2 * minuteMs };
  return { weight: 'heavy', usualPace, usualBytes: 2 ** 20, verifies: verifies ?? null, ...more };
}

export function sortLightFirst(steps: Ecosystem['steps']): readonly Step[] {
  const rank = (step: Step): number => Number(steps[step]?.weight !== 'light');
  return Object.keys(steps).toSorted((a, b) => rank(a) - rank(b));
}

const grains: readonly Grain[] = ['version', 'module', 'mirror'];

/**
 * Returns the names of the steps: first the canary (the step that decides whether a mirror is up), then other light
 * steps, then heavy steps. Steps of the same weight are in the order of `grains`.
 */
export function sortSteps({ steps, canary }: Pick<Ecosystem, 'steps' | 'canary'>): readonly Step[] {
  const rank = (step: Step): number => {
    const { weight, grain } = steps[step] ?? { weight: 'heavy', grain: 'mirror' };
    if (step === canary) return -1;
    return (weight === 'heavy' ? grains.length : 0) + grains.indexOf(grain);
  };
  return Object.keys(steps).toSorted((a, b) => rank(a) - rank(b));
}

/** An ecosystem's own key of the configuration. Its value is a mapping: `go: { sumdb: … }`. */
export interface SettingsKey<Settings = unknown> {
  readonly describes: string;
  /** The keys of the mapping. Each is optional or has a default, because the whole mapping is optional. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  readonly files?: Readonly<Record<string, FileKey>>;
  /**
   * Converts the mapping to settings.
   * @param file  the validated mapping, in which the texts of files replace their names
   */
  read(file: Readonly<Record<string, unknown>>): Settings;
}

interface FileKey {
  readonly describes: string;
  /** Checks the file's text. Returns what was expected, or `null` if the text is valid. */
  mistake(text: string): Sentence | null;
}

/**
 * Configuration keys that only mirrors of this ecosystem have. All are optional. None may have the name of a key that
 * every mirror has.
 */
type MirrorKeys = Readonly<Record<string, z.ZodType>>;

/** A small mirror for `mirrorwatch demo`, which runs two of them. It has one fictitious module. */
export interface SmallMirror {
  readonly upstream?: string;
  /** The path of the mirror's base URL, such as `/simple`; it may be empty. */
  readonly base: string;
  /** The demo's module, as an entry of the configuration key `modules.<id>`. */
  readonly module: unknown;
  readonly mirrorKeys?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * Returns the chain of the ecosystem's first client, with the URL `near` preferred to `far`. Absent: `Client.usual`.
   */
  chain?(near: string, far: string): string;
  /** Paths below the base URL that one build of the demo requests, in this order; absent: the demo runs no builds. */
  readonly build?: readonly string[];
  readonly respond: DemoResponder;
}

/** True for a private name that mirrors of this upstream must not get, because the upstream is the public one. */
export function isKeptFrom(kind: Ecosystem, upstream: string, patterns: Config['private'], module: string): boolean {
  return upstream === kind.publicUpstream && isPrivate(kind.names, patterns[kind.id] ?? [], module);
}
