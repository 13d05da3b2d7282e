import type { Config } from '../core/config.ts';
import type { EcosystemId, Mirror } from '../core/mirror.ts';
import type { Prober } from '../core/ports.ts';
import type { Sentence } from '../core/sentence.ts';
import type { ModuleRef, Step, Target, Weight } from '../core/target.ts';
import type { Facts } from '../core/transcript.ts';
import type { Client } from './client.ts';
import type { Doctor } from './doctor.ts';
import type { DoorPaths } from './door-paths.ts';
import type { Locks } from './locks.ts';
import type { Names } from './names.ts';
import type { RealClient } from './real-client.ts';
import type { MirrorKeys, SettingsKey } from './settings.ts';
import type { SmallMirror } from './small-mirror.ts';

/** What a step is asked for: a module's version, a module, or the mirror as a whole. */
export type Grain = 'version' | 'module' | 'mirror';

/** One step as an ecosystem declares it; what the stages make of it follows from here alone. */
export interface StepDeclaration<Settings = unknown> {
  readonly weight: Weight;
  /** A light step that is asked of the mirror whose artifact was chosen before, as heavy ones are. Absent: it is not. */
  readonly isOfArtifact?: true;
  readonly grain: Grain;
  readonly usualPace: {
    /** Milliseconds; `null`: as `schedule` says for the canary. */
    readonly everyMs: number | null;
    /** Milliseconds; `null`: the timeout of `schedule`. */
    readonly timeoutMs: number | null;
  };
  /** Of one answer until measured: what `check` reckons with. */
  readonly usualBytes: number;
  /**
   * What a probe of a version asks aside of the same host before its answer, where the mirror is well; absent: nothing.
   * What is kept for an hour and longer, and redirects, are left out.
   */
  usualAside?(version: string | null, asked: Asked): UsualAside | null;
  /** What its answers are verified by, in words for people (`go.sum or …`): gives it integrity series. `null`: nothing. */
  readonly verifies: Sentence | null;
  /** Whether such a mirror is asked it at all; absent: always. */
  isAsked?(mirror: Mirror, settings: Settings): boolean;
}

/** Whom a probe asks, and what is expected of the answer as its ecosystem reads it (`ModuleRef.expect`); absent: nothing. */
export interface Asked {
  readonly mirror: Mirror;
  readonly expect?: unknown;
}

/** Requests made aside by one probe, and the bytes of all of them. */
export interface UsualAside {
  readonly asks: number;
  readonly bytes: number;
}

/** What was learnt from verified answers and is kept over restarts: the keys of the state file's `meta`, with their values. */
export type Known = ReadonlyMap<string, unknown>;

/** What an ecosystem keeps of what its answers prove: hashes, heads of logs, keys. */
export interface Learning {
  /** Beginnings of the keys that it stores under; no other ecosystem's, and 20 characters at most. */
  readonly keys: readonly string[];
  /**
   * What the facts of one ok answer add to what is known, by key; empty: nothing new. Pure: runs in the turn of the loop,
   * before the commit, and what it gives is stored with it.
   */
  learn(known: Known, facts: Facts): readonly (readonly [key: string, value: unknown])[];
  /** The hashes among what is known that mirrors of this upstream can be held against, as `ProbeContext.pinned` has them. */
  pinned(known: Known, upstream: string): Readonly<Record<string, string>>;
}

/** What a mirror's conversations are prepared with. */
export interface Given<Settings = unknown> {
  readonly mirror: Mirror;
  /** The URL of the origin of its upstream, itself perhaps; `null`: none is configured. */
  readonly origin: string | null;
  /** All modules of the ecosystem, of every upstream. */
  readonly modules: readonly ModuleRef[];
  readonly privatePatterns: readonly string[];
  readonly settings: Settings;
  /** `null`: asked by hand, without anything learnt. */
  readonly known: Known | null;
}

/** What the reference page says of an ecosystem beside its keys, in Markdown. */
export interface Manual {
  /** Checks that span several keys: sentences of a list. */
  readonly checks: readonly string[];
  readonly sections: readonly { readonly title: string; readonly text: string }[];
}

/**
 * One kind of mirror: all that is true of it, declared once. What config validates, schedule paces, export labels, advise
 * models and the command line offers is read from here.
 * @see docs/adding-an-ecosystem.md
 */
export interface Ecosystem<Settings = unknown, Own = unknown> {
  /** Label value, config key and fixture folder: one word everywhere, lower-case letters. */
  readonly id: EcosystemId;
  /** The upstream of mirrors and modules that name none; `null`: they must name theirs. */
  readonly publicUpstream: string | null;
  /** What only errors of its clients say: a text that it fits is theirs. Absent: none is known. */
  readonly errorWords?: RegExp;
  /** Protocol documents, down to the section. */
  readonly spec: readonly string[];
  /** Closed: bounds the label `step`. No two ecosystems share a word, because `steps.<word>` is a key of the file. */
  readonly steps: Readonly<Record<Step, StepDeclaration<Settings>>>;
  /** The light step that judges liveness, immutable and hash-checkable where there is such a one. */
  readonly canary: Step;
  /** What one client fetch asks, in its order. */
  readonly fetch: readonly Step[];
  readonly names: Names;
  /** How its lock files are read; `null`: none is. */
  readonly locks: Locks | null;
  /** Its own key of the file; `null`: it has none. */
  readonly settings: SettingsKey<Settings> | null;
  /** Its own keys of a mirror; `null`: none. */
  readonly mirrorKeys: MirrorKeys | null;
  /** Whose chains are modelled. The first decides where the file names none; all of them give lines to paste. */
  readonly clients: readonly [Client, ...Client[]];
  /** Its clients that `clientRuns` can run against a mirror; empty: none. */
  readonly realClients: readonly RealClient[];
  /** What conversations with a mirror need to know: plain data. */
  context(given: Given<Settings>): Own;
  /** `null`: nothing is kept of what answers prove. */
  readonly learning: Learning | null;
  /** Loads its conversations, and with them the libraries that only they need. */
  prober(): Promise<Prober<Own>>;
  /** Loads a small mirror of its kind, which `mirrorwatch demo` runs. */
  demo(): Promise<SmallMirror>;
  /** What its clients request of a front door; absent: they need none, or cannot have one. */
  readonly door?: DoorPaths;
  /** Loads what knows of its clients' settings on a machine, which `mirrorwatch doctor` asks; absent: nothing of it is looked at. */
  doctor?(): Promise<Doctor>;
  readonly manual: Manual;
}

/** The client whose chain decides: the one that the file names, else the ecosystem's first. */
export function leadingClient(
  { id, clients }: Pick<Ecosystem, 'id' | 'clients'>,
  config: Pick<Config, 'client'>,
): Client {
  return clients.find((client) => client.id === config.client?.[id]) ?? clients[0];
}

/** What of a target follows from its step: the artifact of a fetch, its first heavy one; `null`: a fetch moves none. */
export function artifactOf({
  fetch,
  steps,
}: Pick<Ecosystem, 'fetch' | 'steps'>): Pick<Target, 'step' | 'weight' | 'verifies'> | null {
  const step = fetch.find((one) => steps[one]?.weight === 'heavy');
  return step === undefined ? null : { step, weight: 'heavy', verifies: steps[step]?.verifies ?? null };
}

const minuteMs = 60_000;
const kilobyte = 1000;

/** What a step is beside its weight and pace; without `verifies` its answers are verified by nothing. */
type Declared<Settings> = Pick<StepDeclaration<Settings>, 'grain' | 'isOfArtifact' | 'isAsked' | 'usualAside'> & {
  readonly verifies?: Sentence;
};

/**
 * A light step with the timeout of `schedule`.
 * @param everyMinutes  `null`: as often as `schedule` says
 */
export function light<Settings>(
  everyMinutes: number | null,
  { verifies, ...more }: Declared<Settings> & { readonly usualBytes: number },
): StepDeclaration<Settings> {
  const everyMs = everyMinutes === null ? null : everyMinutes * minuteMs;
  return { weight: 'light', usualPace: { everyMs, timeoutMs: null }, verifies: verifies ?? null, ...more };
}

/** A heavy step, asked each hour with 2 minutes for an answer; it counts as 1 MiB until measured. */
export function heavy<Settings>({ verifies, ...more }: Declared<Settings>): StepDeclaration<Settings> {
  const usualPace = { everyMs: 60 * minuteMs, timeoutMs: 2 * minuteMs };
  return { weight: 'heavy', usualPace, usualBytes: 2 ** 20, verifies: verifies ?? null, ...more };
}

/** Kilobytes as bytes: what a small answer weighs. */
export function kilobytes(count: number): number {
  return count * kilobyte;
}

/** The steps light ones first, else as declared. */
export function lightFirst(steps: Ecosystem['steps']): readonly Step[] {
  const names = Object.keys(steps);
  return [
    ...names.filter((step) => steps[step]?.weight === 'light'),
    ...names.filter((step) => steps[step]?.weight !== 'light'),
  ];
}

const grains: readonly Grain[] = ['version', 'module', 'mirror'];

/** The steps in the order in which targets are made: the canary, then light ones from the narrow grain to the wide, then heavy ones. */
export function inAskingOrder({ steps, canary }: Pick<Ecosystem, 'steps' | 'canary'>): readonly Step[] {
  const rank = (step: Step): number => {
    const { weight, grain } = steps[step] ?? { weight: 'heavy', grain: 'mirror' };
    if (step === canary) return -1;
    return (weight === 'heavy' ? grains.length : 0) + grains.indexOf(grain);
  };
  return Object.keys(steps).toSorted((a, b) => rank(a) - rank(b));
}
