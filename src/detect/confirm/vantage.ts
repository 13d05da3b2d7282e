import { addressBytesOf, isLoopback } from '../../core/addresses.ts';
import { likelihoodOf } from '../../core/statistics.ts';
import type { Suspicion } from '../memory/mirror-memory.ts';
import type { MomentOutcome, MomentVerdict } from '../memory/moments.ts';

/**
 * Our network counts as the cause if more than this share of the units fails at once, and no control or other upstream
 * shows that it works. A unit is a group of mirrors on one host or address prefix. With two to `fewUnits` units, all of
 * them must fail.
 */
const suspectShare = 0.6;
const fewUnits = 3;

export interface VantageUnit {
  readonly registry: string;
  readonly url: string;
  /** The IP address at which the mirror was last reached; `null`: unknown, or reached through a proxy. */
  readonly address: string | null;
}

/**
 * Groups mirrors into independent units, and returns the names of the mirrors of each unit. Mirrors with the same host
 * or address prefix form one unit. On loopback, mirrors with the same port form one unit.
 */
export function unitsOf(places: readonly VantageUnit[]): readonly (readonly string[])[] {
  const units: { keys: Set<string>; registries: string[] }[] = [];
  for (const place of places) {
    const keys = new Set(keysOf(place));
    const registries = [place.registry];
    for (let i = units.length - 1; i >= 0; i--) {
      const unit = units[i];
      if (unit === undefined || ![...unit.keys].some((key) => keys.has(key))) continue;
      for (const key of unit.keys) keys.add(key);
      registries.unshift(...unit.registries);
      units.splice(i, 1);
    }
    units.push({ keys, registries });
  }
  return units.map((unit) => unit.registries);
}

/** The number of independent places: those of one host or address prefix count once. */
export function countPlaces(places: readonly VantageUnit[]): number {
  return places.length < 2 ? places.length : unitsOf(places).length;
}

/**
 * Returns a function that counts the independent ones among named mirrors. They are grouped at its first call.
 * @param places  called once; returns all mirrors
 */
export function placeCounterOf(places: () => readonly VantageUnit[]): (registries: Iterable<string>) => number {
  let unitOf: ReadonlyMap<string, number> | null = null;
  return (registries) => {
    const known =
      unitOf ?? new Map(unitsOf(places()).flatMap((names, unit) => names.map((name) => [name, unit] as const)));
    unitOf = known;
    return new Set([...registries].map((name) => known.get(name) ?? name)).size;
  };
}

function keysOf(place: VantageUnit): readonly string[] {
  const url = new URL(place.url);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  if (isLoopback(host) || (place.address !== null && isLoopback(place.address))) return [`port ${port}`];
  const prefix = prefixOf(place.address ?? host);
  return prefix === null ? [`host ${host}`] : [`host ${host}`, `prefix ${prefix}`];
}

/**
 * The /24 prefix of an IPv4 address or the /48 prefix of an IPv6 address, for comparison; `null`: not an IP address.
 */
export function prefixOf(address: string): string | null {
  const [bare = ''] = address.split('%');
  const bytes = addressBytesOf(bare);
  return bytes === null ? null : bytes.slice(0, bytes.length === 4 ? 3 : 6).join('.');
}

export interface MomentResponses {
  /**
   * The mirrors' outcomes by unit (mirrors on one host or address prefix). A unit has responded if one of its mirrors
   * has responded.
   */
  readonly units: readonly (readonly MomentOutcome[])[];
  /**
   * `known`: the control has responded since the daemon started. `proves`: its response shows that our network works.
   */
  readonly controls: readonly {
    readonly responses: MomentOutcome;
    readonly known: boolean;
    readonly proves: boolean;
  }[];
  /** The outcomes of mirrors of other upstreams over the same egress (network path out of this host). */
  readonly witnesses: readonly MomentOutcome[];
  /**
   * True if our own network loses packets. Then a single response of a control or of another upstream does not show
   * that the network works.
   */
  readonly isLossy: boolean;
}

/**
 * Judges whether the mirrors or our network cause the failures of one moment (concurrent probes); see `MomentVerdict`.
 * A response of a control or witness (a mirror of another upstream) shows that the network is not cut. The network may
 * still lose packets.
 * @see docs/how-it-judges.md#them-or-us
 */
export function judgeMoment({ units, controls, witnesses, isLossy }: MomentResponses): MomentVerdict {
  const responses = units.map(unitResponse);
  if (isLossy && responses.includes('failed')) return 'us';
  const isCleared =
    controls.some((control) => control.responses === 'answered' && control.proves) || witnesses.includes('answered');
  if (isCleared && !isLossy) return 'them';
  const othersFail =
    controls.some((control) => control.known && control.responses !== 'answered') || witnesses.length > 0;
  const worst = rule(responses.filter((one) => one !== 'answered').length, responses.length, othersFail);
  if (worst === 'them') return 'them';
  const others = [...witnesses, ...controls.map((control) => control.responses)];
  return responses.includes('missing') || others.includes('missing') ? 'waiting' : worst;
}

function unitResponse(members: readonly MomentOutcome[]): MomentOutcome {
  if (members.includes('answered')) return 'answered';
  return members.includes('missing') ? 'missing' : 'failed';
}

function rule(failed: number, total: number, othersFail: boolean): Exclude<MomentVerdict, 'waiting'> {
  if (total === 0) return 'unverified';
  if (total === 1) {
    if (failed === 0) return 'them';
    return othersFail ? 'us' : 'unverified';
  }
  if (total <= fewUnits) return failed === total ? 'us' : 'them';
  return failed / total > suspectShare ? 'us' : 'them';
}

/** A mirror has mostly failed (or mostly responded) if at least this share of its probes did. */
const mostlyShare = 2 / 3;

/** The mirrors that mostly failed, and those that mostly responded, during a suspicion against our network. */
export function reviewPattern(pattern: Suspicion['pattern']): Readonly<Record<'dead' | 'well', readonly string[]>> {
  const dead: string[] = [];
  const well: string[] = [];
  for (const [registry, { responded, failed }] of pattern) {
    if (failed >= mostlyShare * (responded + failed)) dead.push(registry);
    else if (responded >= mostlyShare * (responded + failed)) well.push(registry);
  }
  return { dead, well };
}

/**
 * The bound of the log-likelihood ratio in `isPatternClear`. Chance alone exceeds it about once in a million. For each
 * mirror after the first, `clearForEach` is added to the bound.
 */
const clearLeast = 12;
const clearForEach = 1.2;

/**
 * True if the mirrors' failure rates differ more than chance explains. A likelihood-ratio test compares them with one
 * common rate.
 * @see Wilks, The large-sample distribution of the likelihood ratio, Annals of Mathematical Statistics 9 (1938)
 */
export function isPatternClear(pattern: Suspicion['pattern']): boolean {
  let [responded, failed, own, count] = [0, 0, 0, 0];
  for (const one of pattern.values()) {
    if (one.responded + one.failed === 0) continue;
    responded += one.responded;
    failed += one.failed;
    own += likelihoodOf(one.failed, one.responded + one.failed);
    count += 1;
  }
  return count >= 2 && own - likelihoodOf(failed, responded + failed) >= clearLeast + clearForEach * (count - 1);
}
