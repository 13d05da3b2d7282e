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

/** One step of an ecosystem. */
export interface StepDeclaration<Settings = unknown> {
  readonly weight: Weight;
  /** The response of this light step belongs to the artifact, as those of heavy steps do. */
  readonly isOfArtifact?: true;
  readonly grain: Grain;
  readonly usualPace: {
    /** The time between two probes, milliseconds; `null`: the canary's in `schedule`. */
    readonly everyMs: number | null;
    /** The timeout of a probe, milliseconds; `null`: that of `schedule`. */
    readonly timeoutMs: number | null;
  };
  /** The usual bytes of one response, for forecasts. */
  readonly usualBytes: number;
  /** Requests aside to the same host in one probe at a healthy mirror, without cached and redirected ones; `null`: none. */
  usualAside?(version: string | null, asked: Asked): UsualAside | null;
  /** What verifies the responses, for display; the step then has integrity metrics. `null`: nothing. */
  readonly verifies: Sentence | null;
  /** Absent: always. */
  isAsked?(mirror: Mirror, settings: Settings): boolean;
}

/** The mirror that a probe requests from, and `ModuleRef.expect`. */
export interface Asked {
  readonly mirror: Mirror;
  readonly expect?: unknown;
}

/** A number of requests, and the bytes of all their responses together. */
export interface UsualAside {
  readonly asks: number;
  readonly bytes: number;
}

/** Facts learnt from responses, by their key in table `meta` of the state file. */
export type Known = ReadonlyMap<string, unknown>;

/** How an ecosystem learns facts: hashes, heads of logs, keys. */
export interface Learning {
  /** The prefixes of the keys: at most 20 characters each, and of no other ecosystem. */
  readonly keys: readonly string[];
  /** The entries that the facts of one ok probe add or replace. Must be pure: it runs before the commit. */
  learn(known: Known, facts: Facts): readonly (readonly [key: string, value: unknown])[];
  /** The learnt hashes that mirrors of this upstream are verified by, in the form of `ProbeContext.pinned`. */
  pinned(known: Known, upstream: string): Readonly<Record<string, string>>;
}

/** The most hashes that an ecosystem learns. */
export const pinsMax = 50_000;

/** The learnt hashes whose keys begin with a prefix, by the rest of their keys. */
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
  /** The URL of the origin of the mirror's upstream, which may be the mirror itself; `null`: no origin is configured. */
  readonly origin: string | null;
  /** All modules of the ecosystem, of every upstream. */
  readonly modules: readonly ModuleRef[];
  readonly privatePatterns: readonly string[];
  readonly settings: Settings;
  /** Facts learnt so far; `null`: none are read, as in a probe by hand. */
  readonly known: Known | null;
}

/** One kind of mirror. @see docs/adding-an-ecosystem.md */
export interface Ecosystem<Settings = unknown, Own = unknown> {
  /** Label value, config key and fixture folder: one word everywhere, lower-case letters. */
  readonly id: EcosystemId;
  /** The default upstream of mirrors; `null`: they must name theirs. */
  readonly publicUpstream: string | null;
  /** Matches words in error messages of the ecosystem's clients. Absent: none are known. */
  readonly errorWords?: RegExp;
  /** Protocol documents. */
  readonly spec: readonly string[];
  /** Step names are unique over all ecosystems, because `steps.<name>` is a configuration key. */
  readonly steps: Readonly<Record<Step, StepDeclaration<Settings>>>;
  /** The light step that decides whether a mirror is up: if possible one with an immutable response and a known hash. */
  readonly canary: Step;
  /** The steps of one client fetch, in order. */
  readonly fetch: readonly Step[];
  readonly names: Names;
  readonly locks: Locks | null;
  readonly settings: SettingsKey<Settings> | null;
  readonly mirrorKeys: MirrorKeys | null;
  /** The first one leads if the configuration names none. */
  readonly clients: readonly [Client, ...Client[]];
  /** The programs that `clientRuns` can run against a mirror. */
  readonly realClients: readonly RealClient[];
  /** What conversations with a mirror need: plain data, because it is sent to the probing threads. */
  context(given: Given<Settings>): Own;
  readonly learning: Learning | null;
  /** Loads the ecosystem's conversations, with the libraries that only conversations need. */
  prober(): Promise<Prober<Own>>;
  /** Loads a small mirror of this ecosystem for `mirrorwatch demo`. */
  demo(): Promise<SmallMirror>;
  /** Absent: the ecosystem's clients need no front door, or cannot use one. */
  readonly door?: DoorPaths;
  doctor?(): Promise<Doctor>;
}

/** The client whose chain advice is about: the one that the configuration names, else the ecosystem's first. */
export function leadingClientOf(
  { id, clients }: Pick<Ecosystem, 'id' | 'clients'>,
  config: Pick<Config, 'client'>,
): Client {
  return clients.find((client) => client.id === config.client?.[id]) ?? clients[0];
}

/** The first heavy step of a fetch, which downloads the artifact; `null`: there is none. */
export function artifactOf({
  fetch,
  steps,
}: Pick<Ecosystem, 'fetch' | 'steps'>): Pick<Target, 'step' | 'weight' | 'verifies'> | null {
  const step = fetch.find((one) => steps[one]?.weight === 'heavy');
  return step === undefined ? null : { step, weight: 'heavy', verifies: steps[step]?.verifies ?? null };
}

const minuteMs = 60_000;

type Declared<Settings> = Pick<StepDeclaration<Settings>, 'grain' | 'isOfArtifact' | 'isAsked' | 'usualAside'> & {
  readonly verifies?: Sentence;
};

/**
 * Declares a light step with the timeout of `schedule`.
 * @param everyMinutes  the time between two probes; `null`: the pace of `schedule`
 */
export function light<Settings>(
  everyMinutes: number | null,
  { verifies, ...more }: Declared<Settings> & { readonly usualBytes: number },
): StepDeclaration<Settings> {
  const everyMs = everyMinutes === null ? null : everyMinutes * minuteMs;
  return { weight: 'light', usualPace: { everyMs, timeoutMs: null }, verifies: verifies ?? null, ...more };
}

/** Declares a heavy step: probed hourly, with a timeout of 2 minutes; forecasts count 1 MiB. */
export function heavy<Settings>({ verifies, ...more }: Declared<Settings>): StepDeclaration<Settings> {
  const usualPace = { everyMs: 60 * minuteMs, timeoutMs: 2 * minuteMs };
  return { weight: 'heavy', usualPace, usualBytes: 2 ** 20, verifies: verifies ?? null, ...more };
}

/** The names of the steps: light steps first, else in declared order. */
export function sortLightFirst(steps: Ecosystem['steps']): readonly Step[] {
  const rank = (step: Step): number => Number(steps[step]?.weight !== 'light');
  return Object.keys(steps).toSorted((a, b) => rank(a) - rank(b));
}

const grains: readonly Grain[] = ['version', 'module', 'mirror'];

/** The names of the steps in the order of targets: the canary, other light steps, heavy steps; each group by grain. */
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
  /** Each is optional or has a default, because an absent mapping is read as an empty one. */
  readonly keys: Readonly<Record<string, z.ZodType>>;
  /** The keys that name files, each optional. */
  readonly files?: Readonly<Record<string, FileKey>>;
  /** @param file  the validated mapping, in which the texts of files replace their names */
  read(file: Readonly<Record<string, unknown>>): Settings;
}

/** A key that names a file, which is read with the configuration. */
interface FileKey {
  readonly describes: string;
  /** What was expected of the file's text; `null`: the text is valid. */
  mistake(text: string): Sentence | null;
}

/** The optional keys that only mirrors of one ecosystem have. None has the name of a key that all mirrors have. */
type MirrorKeys = Readonly<Record<string, z.ZodType>>;

/** A small mirror for `mirrorwatch demo`, which runs two of them. It has one fictitious module with valid hashes. */
export interface SmallMirror {
  /** The upstream of the mirror; absent: the ecosystem's public one. */
  readonly upstream?: string;
  /** The path of the mirror's base URL: empty, or such as `/simple`. */
  readonly base: string;
  /** An entry of `modules.<id>`. */
  readonly module: unknown;
  /** The mirror's own keys in the configuration, of `Ecosystem.mirrorKeys`. */
  readonly mirrorKeys?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The chain of the ecosystem's first client, with the URL `near` preferred to `far`; absent: `Client.usual`. */
  chain?(near: string, far: string): string;
  /** Paths below the base URL that a build requests, in order; absent: the demo runs no builds. */
  readonly build?: readonly string[];
  /** Of the remedy that the demo shows. */
  readonly form: string;
  readonly answer: DemoAnswers;
}
