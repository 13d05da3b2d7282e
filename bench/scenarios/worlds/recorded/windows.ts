import { hashText, join } from '../model/hash.ts';
import type { RecordedHost, Span } from './records.ts';

/** The time before and after the outage that a window contains, milliseconds. */
export const marginMs = 3_600_000;
/** A service with fewer hosts is left out: there are too few mirrors to choose from. */
export const hostsMin = 3;

/** One outage of one host (`head`) of a service, and the other hosts of the service (`siblings`). */
export interface OutageWindow {
  readonly head: RecordedHost;
  readonly siblings: readonly RecordedHost[];
  readonly outage: Span;
}

/**
 * The outages with a known start and end, and with a full hour of records before and after. They are grouped by host; a
 * host without such an outage is left out.
 */
export function windowsByHost(hosts: readonly RecordedHost[]): readonly (readonly OutageWindow[])[] {
  const services = Map.groupBy(hosts, ({ service }) => service);
  return hosts
    .map((head) => {
      const siblings = (services.get(head.service) ?? []).filter((one) => one !== head);
      return siblings.length + 1 < hostsMin ? [] : outagesOf(head).map((outage) => ({ head, siblings, outage }));
    })
    .filter((windows) => windows.length > 0);
}

/** The outages of a host. Consecutive down rows are one outage. */
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

/** The down spans. Spans that are at most `gapMs` apart are joined; `code` is that of the first one. */
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
 * The outages of the host that `seed` selects. Odd and even seeds never select the same host.
 * @throws RangeError if no host of that half has an outage
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

/** 1: the outages of the host are for tuning (odd seeds); 0: they are for the report (even seeds). */
export function halfOf({ service, host }: RecordedHost): 0 | 1 {
  return join(hashText(`${service} ${host}`), 0) % 2 === 0 ? 0 : 1;
}
