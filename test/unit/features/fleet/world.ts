import type { MirrorState } from '../../../../src/core/standing.ts';
import type { FleetSeries, StoreView } from '../../../../src/features/fleet/view.ts';

/** The moment of every view. */
export const nowMs = Date.UTC(2026, 2, 4, 14, 30);
/** 14:02 UTC. */
export const troubleMs = nowMs - 28 * 60_000;

/** What one place reports of a mirror. */
export interface MirrorSeen {
  readonly state: MirrorState;
  readonly p95Ms?: number;
  readonly rank?: number;
  /** Since when that state holds; else `troubleMs`. */
  readonly sinceMs?: number;
}

/** One place, as its daemon exports it; what is left out is as usual. */
export interface PlaceSeen {
  readonly mirrors?: Readonly<Record<string, MirrorSeen>>;
  /** `from>to`, proposed because of an outage, or `from>to cause`, or `from>to cause state`. */
  readonly advice?: readonly string[];
  readonly isSuspect?: boolean;
  readonly version?: string;
  readonly hash?: string;
  readonly skewMs?: number;
  readonly reloadOk?: boolean;
  readonly group?: string;
  readonly network?: string;
  readonly shards?: { readonly index: number; readonly count: number };
  /** How long ago it was last scraped; beyond five minutes the store has no current series. */
  readonly ageMs?: number;
  /** A label of the store that scraped it. */
  readonly replica?: string;
  readonly instance?: string;
}

/** All is well there, 100 ms. */
export const well = (rank = 1, p95Ms = 100): MirrorSeen => ({ state: 'up', p95Ms, rank });
export const down: MirrorSeen = { state: 'down' };
export const unknown: MirrorSeen = { state: 'unknown' };

/** What a store has of these places, by name; several daemons of one place are a list. */
export function viewOf(
  places: Readonly<Record<string, PlaceSeen | readonly PlaceSeen[]>>,
  more: Partial<StoreView> = {},
): StoreView {
  const daemons = Object.entries(places).flatMap(([vantage, seen]) =>
    [seen].flat().map((one, at) => seriesOf(vantage, one as PlaceSeen, at)),
  );
  const all = (of: (one: (typeof daemons)[number]) => readonly FleetSeries[]) => daemons.flatMap(of);
  return {
    atMs: nowMs,
    sources: all((one) => one.sources),
    seen: all((one) => one.seen),
    facts: all((one) => one.facts),
    states: all((one) => one.states),
    p95s: all((one) => one.p95s),
    isPartial: false,
    warnings: [],
    ...more,
  };
}

function seriesOf(vantage: string, seen: PlaceSeen, at: number) {
  const { mirrors = {}, version = '0.1.0', hash = 'aaaa', ageMs = 10_000, replica } = seen;
  const instance = seen.instance ?? `${vantage}-${at}:10120`;
  const scrape = { job: 'mirrorwatch', instance, vantage, ...(replica === undefined ? {} : { replica }) };
  const lastSeconds = (nowMs - ageMs) / 1000;
  const isThere = ageMs < 300_000;
  const fact = (name: string, value: number, labels: Record<string, string> = {}): FleetSeries => ({
    labels: { __name__: name, ...scrape, ...labels },
    value,
  });
  const of = (registry: string) => ({ ecosystem: 'go', upstream: 'go', registry });
  const here = Object.entries(mirrors);
  const { group, network, shards } = seen;
  const place = { ...(group && { group }), ...(network && { network }) };
  const facts = [
    fact('mirrorwatch_clock_timestamp_seconds', lastSeconds + (seen.skewMs ?? 0) / 1000),
    fact('mirrorwatch_config_info', 1, { hash }),
    fact('mirrorwatch_config_last_reload_successful', seen.reloadOk === false ? 0 : 1),
    fact('mirror_vantage_suspect', seen.isSuspect ? 1 : 0),
    ...(Object.keys(place).length === 0 ? [] : [fact('mirrorwatch_place_info', 1, place)]),
    ...(shards === undefined
      ? []
      : [fact('mirrorwatch_shard_info', 1, { index: String(shards.index), count: String(shards.count) })]),
    ...here.flatMap(([registry, { state, rank, sinceMs = troubleMs }]) => [
      fact('mirror_state_since_timestamp_seconds', sinceMs / 1000, { ...of(registry), state }),
      ...(rank === undefined ? [] : [fact('mirror_advice_rank', rank, of(registry))]),
    ]),
    ...(seen.advice ?? []).map((move) => {
      const [from = '', to = '', cause = 'outage', state = 'proposed'] = move.split(/[> ]/);
      const labels = { ecosystem: 'go', upstream: 'go', from, to, cause, state };
      return fact('mirror_advice_since_timestamp_seconds', troubleMs / 1000, labels);
    }),
  ];
  return {
    sources: isThere ? [{ labels: { ...scrape, version, node: 'v24' }, value: lastSeconds }] : [],
    seen: [{ labels: { vantage, instance }, value: lastSeconds }],
    facts: isThere ? facts : [],
    states: isThere ? here.map(([registry, { state }]) => fact('mirror_state', 1, { ...of(registry), state })) : [],
    p95s: here.flatMap(([registry, { p95Ms }]) =>
      p95Ms === undefined ? [] : [{ labels: { vantage, ecosystem: 'go', registry, step: 'mod' }, value: p95Ms / 1000 }],
    ),
  };
}
