import { colour } from './palette.ts';
import { bars, colourNames, lines } from './panels.ts';
import { growth, quantile, selector } from './promql.ts';

const ofMirror = selector(['vantage', 'ecosystem', 'registry']);
const ofModule = selector(['vantage', 'ecosystem', 'registry', 'module']);
const unknown = 'no lag is known for the selection: no mirror to compare with responds, or the ecosystem has no lag';
const worst = (some: string): string => `max by (registry, bound) (${some})`;

/** How far behind its upstream a mirror is, how fast new releases arrive, and what caches make of it. */
export function freshness() {
  return [
    lines({
      id: 50,
      title: 'Behind its upstream',
      says: 'The lag of the module that is furthest behind, in seconds, as a lower and an upper bound. If the lower bound is above detect.lag.limit, the mirror lacks new versions. Prefer another mirror for builds that need new releases.',
      size: [12, 8],
      unit: 's',
      none: unknown,
      queries: [{ expr: worst(ofModule('mirror_lag_seconds')), legend: '{{registry}} {{bound}}' }],
    }),
    lines({
      id: 51,
      title: 'Synchronisation behind',
      says: 'The lag of the whole mirror, from its checksum database or from the date of its last synchronisation. If it grows by one second per second, the mirror does not synchronise; contact its operator.',
      size: [12, 8],
      unit: 's',
      none: unknown,
      queries: [{ expr: worst(ofMirror('mirror_sync_lag_seconds')), legend: '{{registry}} {{bound}}' }],
    }),
    lines({
      id: 52,
      title: 'Missing and withdrawn versions',
      says: 'Versions that other mirrors have and this mirror lacked at its last response, summed over its modules. Versions that it omits by design (gaps) do not count. Withdrawn: versions that the mirror still lists although its origin withdrew them, for example because they are malware. Withheld: items that it refuses by a policy of its operator. The open finding names some of them.',
      size: [12, 7],
      unit: 'none',
      none: unknown,
      queries: [
        { expr: `sum by (registry) (${ofModule('mirror_missing_versions')})`, legend: '{{registry}} missing' },
        { expr: `max by (registry) (${ofMirror('mirror_withdrawn_versions')}) > 0`, legend: '{{registry}} withdrawn' },
        { expr: `max by (registry) (${ofMirror('mirror_withheld_items')}) > 0`, legend: '{{registry}} withheld' },
      ],
    }).decimals(0),
    lines({
      id: 53,
      title: 'Records behind',
      says: 'The minimum number of records that the mirror lacks: records of a checksum database, or changes of a module. If the number does not decrease, the mirror no longer synchronises.',
      size: [12, 7],
      unit: 'none',
      none: 'no probed protocol has a serial, or no mirror to compare with responds',
      queries: [
        {
          expr: `max by (registry) (${ofMirror('mirror_sync_lag_records')} or ${ofMirror('mirror_lag_records')})`,
          legend: '{{registry}}',
        },
      ],
    }).decimals(0),
    lines({
      id: 54,
      title: 'How fast releases and withdrawals arrive',
      says: 'The time from the first sight of a release at the origin to its first sight at the mirror: median and 90th percentile over a week. The error is at most one interval of the step. The same for versions that the origin withdrew. If it takes hours, builds that need new releases need another mirror.',
      size: [12, 7],
      unit: 's',
      none: 'no release arrived within a week: the origin is not monitored, or nothing was released',
      queries: [
        ...[0.5, 0.9].map((q) => ({
          expr: quantile(q, ['registry'], ofMirror('mirror_propagation_seconds'), '7d'),
          legend: `{{registry}} p${100 * q}`,
        })),
        {
          expr: quantile(0.9, ['registry'], ofMirror('mirror_withdrawal_seconds'), '7d'),
          legend: '{{registry}} withdrawals p90',
        },
      ],
    }),
    bars({
      id: 55,
      title: 'Went backwards',
      says: 'Responses in which a list, a tag or a serial went backwards. If this happens often, several servers with different content share one name, and clients get sometimes one and sometimes another.',
      size: [12, 7],
      unit: 'none',
      none: 'nothing was counted in this time',
      queries: [
        {
          expr: growth(['registry'], ofMirror('mirror_regressions_total'), '$__interval'),
          legend: '{{registry}}',
        },
      ],
    }),
    colourNames(
      bars({
        id: 56,
        title: 'Caches: had it, or had to fetch it',
        says: 'Responses by cache status. It comes from the cache headers, or from a first response that took ten times the usual time (a miss). Many misses: the first builds of a day wait for them, see mirror_cold_fetch_seconds.',
        size: [12, 7],
        unit: 'none',
        none: 'nothing was counted in this time',
        queries: [
          {
            expr: growth(['cache'], ofMirror('mirror_cache_answers_total'), '$__interval'),
            legend: '{{cache}}',
          },
        ],
      }),
      { unknown: colour.grey },
    ),
    lines({
      id: 57,
      title: 'Time to "not found"',
      says: 'The mean round trip of 404 and 410 responses. Each private module costs this time at a mirror that the chain passes. Only responses to scheduled probes count, so there may be few. If the time is long, list private names in GOPRIVATE or a similar setting.',
      size: [12, 7],
      unit: 's',
      none: 'nothing was "not found" in six hours',
      queries: [
        {
          expr: `${growth(['registry'], ofMirror('mirror_not_found_seconds', {}, '_sum'), '6h')} / (${growth(['registry'], ofMirror('mirror_not_found_seconds', {}, '_count'), '6h')} > 0)`,
          legend: '{{registry}}',
        },
      ],
    }),
  ];
}
