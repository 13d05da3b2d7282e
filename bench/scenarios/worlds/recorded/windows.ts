import { hashText, join } from '../model/hash.ts';
import type { RecordedHost, Span } from './records.ts';

/** What a window shows before and after its outage, milliseconds. */
export const marginMs = 3_600_000;
/** A service with fewer hosts says nothing about where to go. */
export const hostsMin = 3;

/** One outage of one host of a service, with the hour on either side. */
export interface OutageWindow {
  readonly head: RecordedHost;
  readonly siblings: readonly RecordedHost[];
  readonly outage: Span;
}

/** Every outage with both ends and a full hour of record on either side, by host; hosts without one are left out. */
export function windowsByHost(hosts: readonly RecordedHost[]): readonly (readonly OutageWindow[])[] {
  const services = Map.groupBy(hosts, ({ service }) => service);
  return hosts
    .map((head) => {
      const siblings = (services.get(head.service) ?? []).filter((one) => one !== head);
      return siblings.length + 1 < hostsMin ? [] : outagesOf(head).map((outage) => ({ head, siblings, outage }));
    })
    .filter((windows) => windows.length > 0);
}

/** Stretches of down rows that follow on each other are one outage. */
function outagesOf({ spans }: RecordedHost): readonly Span[] {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return [];
  return downSpells(spans, 0).filter(
    ({ fromMs, toMs }) =>
      spans.some((span) => span.isUp && span.toMs === fromMs) &&
      spans.some((span) => span.isUp && span.fromMs === toMs) &&
      fromMs - marginMs >= first.fromMs &&
      toMs + marginMs <= last.toMs,
  );
}

/** Down spans, those at most `gapMs` apart as one; `code` is the first's. */
export function downSpells(spans: readonly Span[], gapMs: number): readonly Span[] {
  const spells: Span[] = [];
  for (const span of spans) {
    if (span.isUp) continue;
    const before = spells.at(-1);
    if (before !== undefined && span.fromMs - before.toMs <= gapMs)
      spells[spells.length - 1] = { ...before, toMs: span.toMs };
    else spells.push(span);
  }
  return spells;
}

/**
 * The host whose turn it is by `seed`: odd and even seeds never meet the same host.
 * @throws RangeError where no host of that half has a window
 */
export function windowsOfSeed(byHost: readonly (readonly OutageWindow[])[], seed: number): readonly OutageWindow[] {
  const order = ({ head }: OutageWindow) => join(hashText(`${head.service} ${head.host}`), 1);
  const half = byHost
    .filter(([one]) => one !== undefined && halfOf(one.head) === seed % 2)
    .toSorted(([one], [other]) => (one && other ? order(one) - order(other) : 0));
  const windows = half[Math.floor(seed / 2) % Math.max(1, half.length)];
  if (windows === undefined) throw new RangeError(`no outage for ${seed % 2 === 0 ? 'even' : 'odd'} seeds`);
  return windows;
}

/** 1: the host's outages tune, 0: they report. */
export function halfOf({ service, host }: RecordedHost): 0 | 1 {
  return join(hashText(`${service} ${host}`), 0) % 2 === 0 ? 0 : 1;
}
