import { colour } from './palette.ts';
import { bars, colourNames, lines } from './panels.ts';
import { growth, quantile, selector } from './promql.ts';

const ofMirror = selector(['vantage', 'ecosystem', 'registry']);
const ofModule = selector(['vantage', 'ecosystem', 'registry', 'module']);
const unknown = 'no lag is known for what is chosen: nobody to compare with answers, or its ecosystem has none';
const worst = (some: string): string => `max by (registry, bound) (${some})`;

/** How far behind its upstream a mirror is, how fast new releases arrive, and what caches make of it. */
export function freshness() {
  return [
    lines({
      id: 50,
      title: 'Behind its upstream',
      says: "Seconds behind in its worst module, between a lower and an upper bound from what was seen when. The lower one above detect.lag.limit: new versions are missing there; prefer another mirror for builds that need today's releases.",
      size: [12, 8],
      unit: 's',
      none: unknown,
      queries: [{ expr: worst(ofModule('mirror_lag_seconds')), legend: '{{registry}} {{bound}}' }],
    }),
    lines({
      id: 51,
      title: 'Synchronisation behind',
      says: 'The same of the mirror as a whole: by its checksum database, or by the date of its last synchronisation. It grows by a second a second: the mirror stands still, write to its people.',
      size: [12, 8],
      unit: 's',
      none: unknown,
      queries: [{ expr: worst(ofMirror('mirror_sync_lag_seconds')), legend: '{{registry}} {{bound}}' }],
    }),
    lines({
      id: 52,
      title: 'Missing versions',
      says: 'Versions that the others have and the mirror had not at its last answer, over its modules; what it leaves out by design (gaps) does not count. The open finding names some of them.',
      size: [12, 7],
      unit: 'none',
      none: unknown,
      queries: [{ expr: `sum by (registry) (${ofModule('mirror_missing_versions')})`, legend: '{{registry}}' }],
    }).decimals(0),
    lines({
      id: 53,
      title: 'Records behind',
      says: 'Records that it lacks at least, of a checksum database or of the changes of a module. Steps that do not come down: it does not synchronise any more.',
      size: [12, 7],
      unit: 'none',
      none: 'no protocol with a serial is watched here, or nobody to compare with answers',
      queries: [
        {
          expr: `max by (registry) (${ofMirror('mirror_sync_lag_records')} or ${ofMirror('mirror_lag_records')})`,
          legend: '{{registry}}',
        },
      ],
    }).decimals(0),
    lines({
      id: 54,
      title: 'How fast new releases arrive',
      says: 'From the first sight of a release at the origin to its first sight at the mirror, half and nine of ten, over a week: the first effective time. True within the pace of the step. It takes hours: builds of today need another mirror.',
      size: [12, 7],
      unit: 's',
      none: 'no release was seen to arrive within a week: the origin is not watched, or nothing came out',
      queries: [0.5, 0.9].map((q) => ({
        expr: quantile(q, ['registry'], ofMirror('mirror_propagation_seconds'), '7d'),
        legend: `{{registry}} p${100 * q}`,
      })),
    }),
    bars({
      id: 55,
      title: 'Went backwards',
      says: 'Answers in which a list, a tag or a serial had gone backwards. Again and again: several servers behind one name take turns, and clients see now the one, now the other.',
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
        says: 'Answers by whether a cache had them, by its own headers, or because a first answer took ten times the usual. Many misses: first builds of the day pay for them, see mirror_cold_fetch_seconds.',
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
      says: 'Mean round trip of answers 404 and 410: what each private module pays at a mirror that the chain passes. Only what came unasked for is counted, so it may be seldom. Long: list private names in GOPRIVATE or the like.',
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
