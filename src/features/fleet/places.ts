import type { PlaceLabels } from '../../core/config.ts';
import { type DaemonSeen, factsOf, fleetPlaceOf, type StoreView, stampOf } from './view.ts';

export type PlaceTrouble =
  | { readonly kind: 'quiet' | 'untold'; readonly sinceMs: number | null }
  | { readonly kind: 'suspect' | 'reload' }
  | { readonly kind: 'config'; readonly others: number }
  | { readonly kind: 'clock'; readonly skewMs: number }
  | { readonly kind: 'version'; readonly version: string; readonly usual: string; readonly others: number }
  | { readonly kind: 'shards'; readonly missing: readonly number[]; readonly count: number }
  | { readonly kind: 'bad_alone' | 'well_alone'; readonly mirrors: number };

/** A place: one daemon, a pair of daemons, or the shards of one configuration. */
export interface FleetPlace {
  readonly name: string;
  /** The labels in the place's own configuration. */
  readonly labels: PlaceLabels;
  /** The URL of the daemon's page, without a trailing slash; `null`: not known. */
  readonly url: string | null;
  readonly version: string | null;
  readonly lastSeenMs: number | null;
  /**
   * False: the place does not report now, or its network is suspect. Then its states are unknown and it has no vote.
   */
  readonly isWitness: boolean;
  readonly troubles: readonly PlaceTrouble[];
}

/**
 * A place (where daemons run) that was not scraped for this time, milliseconds, counts as not reporting. At one scrape
 * a minute, this is longer than two missed scrapes.
 */
const quietMs = 5 * 60_000;
/** Clock differences up to this are not reported, milliseconds, because a slow scrape may cause them. */
const skewMsMax = 30_000;

/**
 * Returns every place of which the store has data from the last day, sorted by name.
 * @param link  the URL template of a place's page, with `{vantage}` and `{instance}`; a place's own label `page` overrides it
 */
export function placesIn(view: StoreView, daemons: readonly DaemonSeen[], link: string): readonly FleetPlace[] {
  const here = Map.groupBy(daemons, ({ place }) => place);
  const seen = new Map<string, number>();
  for (const one of [...view.sources, ...view.seen]) {
    const name = fleetPlaceOf(one);
    seen.set(name, Math.max(seen.get(name) ?? 0, stampOf(one.value) ?? 0));
  }
  const versions = mostCommon([...here.values()].map(([first]) => first?.version ?? null));
  const configs = mostCommon([...here.values()].map(([first]) => configOf(first)));
  return [...seen.keys()].sort().map((name): FleetPlace => {
    const own = (here.get(name) ?? []).filter(({ lastSeenMs }) => view.atMs - lastSeenMs < quietMs);
    const [first] = own;
    const lastSeenMs = seen.get(name) || null;
    if (first === undefined) {
      const kind = view.isPartial ? 'untold' : 'quiet';
      const troubles = [{ kind, sinceMs: lastSeenMs } as const];
      return { name, labels: {}, url: null, version: null, lastSeenMs, isWitness: false, troubles };
    }
    const labels = labelsIn(own);
    const isSuspect = own.every((one) => factsOf(one, 'mirror_vantage_suspect')[0]?.value === 1);
    return {
      name,
      labels,
      url: pageOf(labels.page ?? filled(link, name, first.instance)),
      version: first.version,
      lastSeenMs,
      isWitness: !isSuspect,
      troubles: [
        ...(isSuspect ? [{ kind: 'suspect' } as const] : []),
        ...own.flatMap((one) => ownTroubles(one)),
        ...shardTroubles(own),
        ...own.flatMap((one): PlaceTrouble[] => {
          const hash = configOf(one);
          return configs === null || hash === null || hash === configs.value
            ? []
            : [{ kind: 'config', others: configs.count }];
        }),
        ...own.flatMap(({ version }): PlaceTrouble[] =>
          versions === null || version === null || version === versions.value
            ? []
            : [{ kind: 'version', version, usual: versions.value, others: versions.count }],
        ),
      ],
    };
  });
}

function ownTroubles(daemon: DaemonSeen): readonly PlaceTrouble[] {
  const { skewMs } = daemon;
  const isRefused = factsOf(daemon, 'mirrorwatch_config_last_reload_successful')[0]?.value === 0;
  return [
    ...(isRefused ? [{ kind: 'reload' } as const] : []),
    ...(skewMs !== null && Math.abs(skewMs) > skewMsMax ? [{ kind: 'clock', skewMs } as const] : []),
  ];
}

/** Finds the numbers of a place's shards that no daemon reports. */
function shardTroubles(own: readonly DaemonSeen[]): readonly PlaceTrouble[] {
  const shards = own.flatMap((one) => factsOf(one, 'mirrorwatch_shard_info').map(({ labels }) => labels));
  const counts = shards.map((one) => Number(one['count']) || 0);
  const count = counts.reduce((most, one) => Math.min(1000, Math.max(most, one)), 0);
  const there = new Set(shards.map((one) => Number(one['index'])));
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !there.has(index));
  return missing.length === 0 ? [] : [{ kind: 'shards', missing, count }];
}

function configOf(daemon: DaemonSeen | undefined): string | null {
  return daemon === undefined ? null : (factsOf(daemon, 'mirrorwatch_config_info')[0]?.labels['hash'] ?? null);
}

/** Returns the value that more than half of the known values have, at least two of them; `null`: there is none. */
function mostCommon(values: readonly (string | null)[]): { readonly value: string; readonly count: number } | null {
  const known = values.filter((value) => value !== null);
  for (const [value, same] of Map.groupBy(known, (one) => one))
    if (same.length > 1 && same.length > known.length / 2) return { value, count: same.length };
  return null;
}

function labelsIn(own: readonly DaemonSeen[]): PlaceLabels {
  const { group, network, page } = own.flatMap((one) => factsOf(one, 'mirrorwatch_place_info'))[0]?.labels ?? {};
  return { ...(group && { group }), ...(network && { network }), ...(page && { page }) };
}

/** True for a place whose states and advice count: it reports now, and does not contradict all other places. */
export function mayVote({ isWitness, troubles }: FleetPlace): boolean {
  return isWitness && !troubles.some(({ kind }) => kind === 'bad_alone' || kind === 'well_alone');
}

/** Matches a host with or without a port. With another text as `instance`, the link could lead anywhere. */
const addressPattern = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function filled(link: string, vantage: string, instance: string): string {
  if (link.includes('{instance}') && !addressPattern.test(instance)) return '';
  return link.replaceAll('{vantage}', encodeURIComponent(vantage)).replaceAll('{instance}', instance);
}

/** Returns the URL without a trailing slash; `null`: it is no HTTP URL, so the page must not link to it. */
function pageOf(text: string): string | null {
  return /^https?:\/\/[^/]/i.test(text) && URL.canParse(text) ? text.replace(/(?<!\/)\/+$/, '') : null;
}
