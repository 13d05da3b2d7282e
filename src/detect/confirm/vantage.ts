import { likelihood } from '../../core/likelihood.ts';
import type { Mirror } from '../../core/mirror.ts';

/** Above this share of four or more independent units failing in one moment, it is us. */
const suspectShare = 0.6;
const fewUnits = 3;

/** One mirror as the independence rule sees it. */
export interface Place {
  readonly registry: string;
  /** Base URL. */
  readonly url: string;
  /** Address it was last reached at; `null` unknown, or behind a proxy, where it would be the proxy's. */
  readonly address: string | null;
}

/** The way out that a mirror is asked over: proxy, resolver and family as one text. Judged apart from one another. */
export function egressOf(mirror: Pick<Mirror, 'access'>): string {
  const { proxy, resolve } = mirror.access;
  return `${proxy?.url ?? ''}|${resolve.server ?? ''}|${resolve.family ?? ''}`;
}

/**
 * Groups the mirrors of one egress into independent units: those that share a host or an address prefix stand or fall
 * together and count once. On loopback the port tells them apart instead.
 */
export function unitsOf(places: readonly Place[]): readonly (readonly string[])[] {
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

function keysOf(place: Place): readonly string[] {
  const url = new URL(place.url);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  if (isLoopback(host) || (place.address !== null && isLoopback(place.address))) return [`port ${port}`];
  const prefix = prefixOf(place.address ?? host);
  return prefix === null ? [`host ${host}`] : [`host ${host}`, `prefix ${prefix}`];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^(::ffff:)?127\./.test(host);
}

/** The /24 of an IPv4 or the /48 of an IPv6 address, as a text to compare; `null` of anything else. */
export function prefixOf(address: string): string | null {
  const mapped = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(mapped)) return mapped.split('.').slice(0, 3).join('.');
  if (!/^[0-9a-f:]*:[0-9a-f:]*(%.*)?$/.test(mapped)) return null;
  const [head = '', tail] = mapped.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return groups
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

export type Said = 'answered' | 'failed' | 'missing';

/**
 * Whose fault one moment shows: `them`; `unverified` (one alone, nothing to compare with); `us`; or `waiting` while
 * answers are missing that could still change it.
 */
export type MomentVerdict = 'them' | 'unverified' | 'us' | 'waiting';

/** What was asked in one moment beside the judged mirrors, and what is known of the line. */
export interface MomentAnswers {
  /** The judged mirrors' units; a unit has answered when any of it has. Any HTTP answer is one. */
  readonly units: readonly (readonly Said[])[];
  /** `known`: it has answered since the start. `proves`: an answer of it speaks against what failed here. */
  readonly controls: readonly { readonly said: Said; readonly known: boolean; readonly proves: boolean }[];
  /** Mirrors of other upstreams over the same egress, whose probes began after the first failure. */
  readonly witnesses: readonly Said[];
  /** Our line loses some of everything: no witness clears it. */
  readonly isLossy: boolean;
}

/**
 * The vantage rule on the answers of one moment of one egress. A control or a mirror of another upstream that answers
 * clears a cut line, not a lossy one: on that every silent failure is ours. Two or three judged units: us when all fail;
 * four or more: above 60 %. One alone: unverified, unless a control or witness that has answered before fails along.
 * @see design.md section 5.3
 */
export function judgeMoment({ units, controls, witnesses, isLossy }: MomentAnswers): MomentVerdict {
  const said = units.map(unitSaid);
  if (isLossy && said.includes('failed')) return 'us';
  const isCleared =
    controls.some((control) => control.said === 'answered' && control.proves) || witnesses.includes('answered');
  if (isCleared && !isLossy) return 'them';
  const othersFail = controls.some((control) => control.known && control.said !== 'answered') || witnesses.length > 0;
  const worst = rule(said.filter((one) => one !== 'answered').length, said.length, othersFail);
  if (worst === 'them') return 'them';
  const others = [...witnesses, ...controls.map((control) => control.said)];
  return said.includes('missing') || others.includes('missing') ? 'waiting' : worst;
}

function unitSaid(members: readonly Said[]): Said {
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

/** From this share on a mirror mostly fails, below the rest of it it mostly answers; between, it is flaky. */
const mostlyShare = 2 / 3;

/** Who mostly failed and who mostly answered over the moments of a suspicion; who did neither is in neither. */
export function reviewPattern(pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>): {
  readonly dead: readonly string[];
  readonly well: readonly string[];
} {
  const dead: string[] = [];
  const well: string[] = [];
  for (const [registry, { answered, failed }] of pattern) {
    if (failed >= mostlyShare * (answered + failed)) dead.push(registry);
    else if (answered >= mostlyShare * (answered + failed)) well.push(registry);
  }
  return { dead, well };
}

/** A pattern that chance on one line explains once in a million: as a log-likelihood, for two mirrors and for each more. */
const clearLeast = 12;
const clearForEach = 1.2;

/**
 * True where the mirrors differ so steadily that no line that loses some of everything explains it: a likelihood ratio of
 * a rate of failures for each mirror against one for all, beyond the 10⁻⁶ quantile of its χ² (half of it, as a line).
 * @see Wilks, The large-sample distribution of the likelihood ratio, Annals of Mathematical Statistics 9 (1938)
 */
export function isPatternClear(
  pattern: ReadonlyMap<string, { readonly answered: number; readonly failed: number }>,
): boolean {
  let [answered, failed, own, count] = [0, 0, 0, 0];
  for (const one of pattern.values()) {
    if (one.answered + one.failed === 0) continue;
    answered += one.answered;
    failed += one.failed;
    own += likelihood(one.failed, one.answered + one.failed);
    count += 1;
  }
  return count >= 2 && own - likelihood(failed, answered + failed) >= clearLeast + clearForEach * (count - 1);
}
