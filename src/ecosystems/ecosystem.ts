import type { z } from 'zod';
import type { Config } from '../core/config.ts';
import type { DemoAnswers } from '../core/demo.ts';
import type { EcosystemId, Mirror, ModuleRef, Step, Target, Weight } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';
import type { Sentence } from '../core/result.ts';
import type { Facts } from '../core/transcript.ts';
import type { Client } from './client.ts';
import type { Doctor } from './doctor.ts';
import type { DoorPaths } from './door-paths.ts';
import type { Locks } from './locks.ts';
import type { Names } from './names.ts';
import type { RealClient } from './real-client.ts';

/** The object of a step: a module's version, a module, or the mirror as a whole. */
type Grain = 'version' | 'module' | 'mirror';

/** One step as an ecosystem declares it; all stages derive their behaviour from it. */
export interface StepDeclaration<Settings = unknown> {
  readonly weight: Weight;
  /** Like heavy steps, this light step is probed only at the mirror chosen for the artifact. Absent: at every mirror. */
  readonly isOfArtifact?: true;
  readonly grain: Grain;
  readonly usualPace: {
    /** Milliseconds; `null`: that of the canary in `schedule`. */
    readonly everyMs: number | null;
    /** Milliseconds; `null`: the timeout of `schedule`. */
    readonly timeoutMs: number | null;
  };
  /** Bytes of one response until measured: for the forecast of `check`. */
  readonly usualBytes: number;
  /**
   * Requests that a probe of a version makes aside to the same host, at a healthy mirror; absent: none. Cached ones (for
   * an hour or longer) and redirects are not counted.
   */
  usualAside?(version: string | null, asked: Asked): UsualAside | null;
  /** What its responses are verified by, for display (`go.sum or …`): gives it integrity series. `null`: nothing. */
  readonly verifies: Sentence | null;
  /** Whether this step is probed at a mirror with these settings; absent: always. */
  isAsked?(mirror: Mirror, settings: Settings): boolean;
}

/** The mirror that a probe requests from, and what is expected of the response (`ModuleRef.expect`); absent: nothing. */
export interface Asked {
  readonly mirror: Mirror;
  readonly expect?: unknown;
}

/** Requests made aside by one probe, and the bytes of all of them. */
export interface UsualAside {
  readonly asks: number;
  readonly bytes: number;
}

/**
 * Facts learnt from verified responses and kept across restarts: the keys of the state file's `meta`, with their values.
 */
export type Known = ReadonlyMap<string, unknown>;

/** The facts that an ecosystem keeps from its responses: hashes, heads of logs, keys. */
export interface Learning {
  /** Prefixes of its keys in the state file; not shared with other ecosystems, at most 20 characters. */
  readonly keys: readonly string[];
  /**
   * What the facts of one ok response add, by key; empty: nothing new. Pure: runs in the turn of the loop, before the
   * commit, and its result is stored with it.
   */
  learn(known: Known, facts: Facts): readonly (readonly [key: string, value: unknown])[];
  /** The known hashes that mirrors of this upstream are verified by, in the form of `ProbeContext.pinned`. */
  pinned(known: Known, upstream: string): Readonly<Record<string, string>>;
}

/** The most hashes that an ecosystem learns. */
export const pinsMax = 50_000;

/** The learnt hashes whose keys begin with a prefix, by the rest of the key. */
export function pinnedIn(known: Known, prefix: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...known].flatMap(([key, value]) =>
      key.startsWith(prefix) && typeof value === 'string' ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

/** The inputs for preparing a mirror's conversations. */
export interface Given<Settings = unknown> {
  readonly mirror: Mirror;
  /** The URL of its upstream's origin, which may be the mirror itself; `null`: none is configured. */
  readonly origin: string | null;
  /** All modules of the ecosystem, of every upstream. */
  readonly modules: readonly ModuleRef[];
  readonly privatePatterns: readonly string[];
  readonly settings: Settings;
  /** `null`: a probe by hand, without learnt facts. */
  readonly known: Known | null;
}

/**
 * One kind of mirror, declared once: config validation, paces, labels, modelled clients and the command line are derived
 * from it.
 * @see docs/adding-an-ecosystem.md
 */
export interface Ecosystem<Settings = unknown, Own = unknown> {
  /** Label value, config key and fixture folder: one word everywhere, lower-case letters. */
  readonly id: EcosystemId;
  /** The default upstream of mirrors and modules; `null`: they must name theirs. */
  readonly publicUpstream: string | null;
  /** Matches texts that only errors of its clients contain. Absent: none is known. */
  readonly errorWords?: RegExp;
  /** Protocol documents, down to the section. */
  readonly spec: readonly string[];
  /**
   * Closed: limits the label `step`. Step names are unique over all ecosystems, because `steps.<name>` is a key of the
   * file.
   */
  readonly steps: Readonly<Record<Step, StepDeclaration<Settings>>>;
  /** The light step that judges liveness; immutable and hash-checkable if there is such a step. */
  readonly canary: Step;
  /** The steps of one client fetch, in order. */
  readonly fetch: readonly Step[];
  readonly names: Names;
  /** How its lock files are read; `null`: it has none. */
  readonly locks: Locks | null;
  /** Its own key of the file; `null`: it has none. */
  readonly settings: SettingsKey<Settings> | null;
  /** Its own keys of a mirror; `null`: none. */
  readonly mirrorKeys: MirrorKeys | null;
  /** Clients whose chains are modelled. The first one decides where the file names none; all of them have remedies. */
  readonly clients: readonly [Client, ...Client[]];
  /** Its clients that `clientRuns` can run against a mirror; empty: none. */
  readonly realClients: readonly RealClient[];
  /** The data that conversations with a mirror need: plain data. */
  context(given: Given<Settings>): Own;
  /** `null`: nothing is learnt from responses. */
  readonly learning: Learning | null;
  /** Loads its conversations, with the libraries that only they need. */
  prober(): Promise<Prober<Own>>;
  /** Loads a small mirror of its kind for `mirrorwatch demo`. */
  demo(): Promise<SmallMirror>;
  /** Its clients' requests to a front door; absent: they need none, or cannot have one. */
  readonly door?: DoorPaths;
  /** Loads its part of `mirrorwatch doctor`: its clients' settings on a machine; absent: none. */
  doctor?(): Promise<Doctor>;
}

/** The client whose chain decides: the one in the file, else the ecosystem's first. */
export function leadingClientOf(
  { id, clients }: Pick<Ecosystem, 'id' | 'clients'>,
  config: Pick<Config, 'client'>,
): Client {
  return clients.find((client) => client.id === config.client?.[id]) ?? clients[0];
}

/** The artifact of a fetch: its first heavy step; `null`: it has none. */
export function artifactOf({
  fetch,
  steps,
}: Pick<Ecosystem, 'fetch' | 'steps'>): Pick<Target, 'step' | 'weight' | 'verifies'> | null {
  const step = fetch.find((one) => steps[one]?.weight === 'heavy');
  return step === undefined ? null : { step, weight: 'heavy', verifies: steps[step]?.verifies ?? null };
}

const minuteMs = 60_000;
const kilobyte = 1000;

/** The fields of a step besides weight and pace; without `verifies` its responses are not verified. */
type Declared<Settings> = Pick<StepDeclaration<Settings>, 'grain' | 'isOfArtifact' | 'isAsked' | 'usualAside'> & {
  readonly verifies?: Sentence;
};

/**
 * A light step with the timeout of `schedule`.
 * @param everyMinutes  `null`: at the pace of `schedule`
 */
export function light<Settings>(
  everyMinutes: number | null,
  { verifies, ...more }: Declared<Settings> & { readonly usualBytes: number },
): StepDeclaration<Settings> {
  const everyMs = everyMinutes === null ? null : everyMinutes * minuteMs;
  return { weight: 'light', usualPace: { everyMs, timeoutMs: null }, verifies: verifies ?? null, ...more };
}

/** A heavy step, probed hourly with a timeout of 2 minutes; it counts as 1 MiB until measured. */
export function heavy<Settings>({ verifies, ...more }: Declared<Settings>): StepDeclaration<Settings> {
  const usualPace = { everyMs: 60 * minuteMs, timeoutMs: 2 * minuteMs };
  return { weight: 'heavy', usualPace, usualBytes: 2 ** 20, verifies: verifies ?? null, ...more };
}

/** Kilobytes as bytes: the size of a small response. */
export function kilobytes(count: number): number {
  return count * kilobyte;
}

/** The steps with light ones first, else in declared order. */
export function sortLightFirst(steps: Ecosystem['steps']): readonly Step[] {
  const names = Object.keys(steps);
  return [
    ...names.filter((step) => steps[step]?.weight === 'light'),
    ...names.filter((step) => steps[step]?.weight !== 'light'),
  ];
}

const grains: readonly Grain[] = ['version', 'module', 'mirror'];

/** The steps in the order of targets: the canary, then light ones from the narrow grain to the wide, then heavy ones. */
export function sortSteps({ steps, canary }: Pick<Ecosystem, 'steps' | 'canary'>): readonly Step[] {
  const rank = (step: Step): number => {
    const { weight, grain } = steps[step] ?? { weight: 'heavy', grain: 'mirror' };
    if (step === canary) return -1;
    return (weight === 'heavy' ? grains.length : 0) + grains.indexOf(grain);
  };
  return Object.keys(steps).toSorted((a, b) => rank(a) - rank(b));
}

/** An ecosystem's own key of the file, a mapping: `go: { sumdb: … }`. */
export interface SettingsKey<Settings = unknown> {
  readonly describes: string;
  /** Its keys, each with a default or optional: an absent mapping is an empty one. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  /** Its keys that name files, each optional; absent: none. */
  readonly files?: Readonly<Record<string, FileKey>>;
  /** Interprets the checked keys, with the texts of files in place of their names: never throws. */
  read(file: Readonly<Record<string, unknown>>): Settings;
}

/** A key that names a file, read when the configuration is. */
interface FileKey {
  readonly describes: string;
  /** What was expected of its text; `null`: it is valid. */
  mistake(text: string): Sentence | null;
}

/** Keys of one entry of `mirrors` for one ecosystem only, each optional; none is a key of every mirror. */
type MirrorKeys = Readonly<Record<string, z.ZodType>>;

/** A small mirror of an ecosystem for `mirrorwatch demo`, which runs two: one fictitious module with valid hashes. */
export interface SmallMirror {
  /** Its upstream; absent: the ecosystem's public one. */
  readonly upstream?: string;
  /** The path of its base URL, such as `/simple`; empty: the root of its host. */
  readonly base: string;
  /** An entry of `modules.<id>`. */
  readonly module: unknown;
  /** Configuration keys of a mirror that only this ecosystem has. */
  readonly mirrorKeys?: Readonly<Record<string, unknown>>;
  /** The ecosystem's own key of the file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The chain of its first client, with `near` as the preferred mirror; absent: the client's default chain. */
  chain?(near: string, far: string): string;
  /** Paths below the base URL that a build of the module requests, in order; absent: the demo runs no builds of it. */
  readonly build?: readonly string[];
  /** The form of the remedy that the demo shows. */
  readonly form: string;
  readonly answer: DemoAnswers;
}
