import { VizOrientation } from '@grafana/grafana-foundation-sdk/common';
import { columnsOf, daysLeft, stateWords } from './columns.ts';
import { noNumber, whenKnown, wordBelow } from './frame.ts';
import { toDaemonMirror } from './links.ts';
import { colour, ink, reasonColour, verdict } from './palette.ts';
import { bars, colouredText, colourNames, lines, linesWithMarks, shares, stat, table, timeline } from './panels.ts';
import {
  artifactSteps,
  errorRatio,
  growth,
  growthSinceFirst,
  orNone,
  quantile,
  type Selector,
  selector,
  sinceSuccess,
  stateCode,
} from './promql.ts';

const byMirror = selector(['vantage', 'ecosystem', 'registry']);
const notProbed = 'nothing was probed in this time';
const grey = { none: colour.grey };

/** How it is now, and what is left of the error budget. */
export function now(select: Selector) {
  const known = `max by (registry) (${byMirror('mirror_state', { state: 'up' })})`;
  return [
    timeline({
      id: 1,
      title: 'State',
      says: 'The state over time: the worst one of the selected vantages. Down or degraded: the panels below show the reasons, the start and the modules. Unknown: there is no verdict, see "Unknown probes".',
      size: [12, 6],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: stateCode(byMirror), legend: '{{registry}}' }],
    })
      .mappings([stateWords])
      .dataLinks([toDaemonMirror]),
    stat({
      id: 2,
      title: 'Error budget left',
      says: 'The share of the error budget that is left over the time range, for the objective set above. Spent: prefer another mirror until this one recovers; the board Overview shows which.',
      size: [6, 6],
      unit: 'percentunit',
      none: notProbed,
      queries: [
        {
          expr: `(1 - (${errorRatio(select, '$__range')}) / (1 - $slo / 100)) or (${known} * NaN)`,
          legend: '{{registry}}',
          as: 'instant',
        },
      ],
    })
      .decimals(0)
      .orientation(VizOrientation.Horizontal)
      .mappings([noNumber('not judged', verdict.unknown), wordBelow(-1e-9, 'spent', verdict.bad)])
      .thresholds(whenKnown([-1e-9, verdict.watch], [0.5, verdict.fine])),
    stat({
      id: 3,
      title: 'Since the last good answer',
      says: 'The age of the newest successful response among the selected series. If it is many intervals old, the mirror is down or paused, or the daemon does not run. The panel State shows which.',
      size: [6, 6],
      unit: 's',
      none: 'no good answer since the daemon started',
      queries: [
        {
          expr: `${sinceSuccess(select)} or (${known} * NaN)`,
          legend: '{{registry}}',
          as: 'instant',
        },
      ],
    })
      .orientation(VizOrientation.Horizontal)
      .mappings([noNumber('none', verdict.unknown)])
      // An age below five minutes is no verdict: a mirror may have been down for all of it.
      .thresholds(whenKnown([0, colour.blue], [300, verdict.watch], [900, verdict.bad])),
  ] as const;
}

/** Does it answer: availability, how fast the budget burns, what it failed with, what could not be told. */
export function answers(select: Selector) {
  const burn = (id: number, window: string, mark: number, says: string) =>
    linesWithMarks(
      {
        id,
        title: `Budget burn over ${window}`,
        says,
        size: [6, 8],
        unit: 'none',
        none: notProbed,
        queries: [{ expr: `(${errorRatio(select, window)}) / (1 - $slo / 100)`, legend: '{{registry}}' }],
      },
      [null, 'transparent'],
      [mark, ink.bad],
    )
      .decimals(1)
      .axisSoftMax(mark * 1.1);
  return [
    shares({
      id: 30,
      title: 'Availability',
      says: 'The share of judged probes that succeeded, for all selected steps by module and version. Each point covers only the time since the previous point. A gap: no probe was judged, which is neither good nor bad. A dip: the next panels show how fast the budget burns, and why.',
      size: [12, 8],
      unit: 'percentunit',
      none: notProbed,
      queries: [{ expr: `1 - ${errorRatio(select, '$__interval')}`, legend: '{{registry}}' }],
    })
      .max(1)
      .dataLinks([toDaemonMirror]),
    burn(
      31,
      '1h',
      14.4,
      'At 1 the error budget lasts exactly for its period. Above 14.4 (dashed) the budget of a month is used up in two days: switch to another mirror now.',
    ),
    burn(
      32,
      '6h',
      6,
      'At 1 the error budget lasts exactly for its period. Above 6 (dashed) the budget of a month is used up in five days: plan a switch to another mirror.',
    ),
    colourNames(
      colourNames(
        bars({
          id: 33,
          title: 'Failures by reason',
          says: 'Failed probes of all selected mirrors by reason. Reasons of one family have similar colours: connection, timeouts, TLS, refusals, responses. docs/reasons.md explains each reason. The line "none" is 0 while nothing fails.',
          size: [12, 8],
          unit: 'none',
          none: notProbed,
          queries: [
            {
              expr: orNone(
                `${growthSinceFirst(['reason'], byMirror('mirror_probe_failures_total'), '$__interval')} > 0`,
                growth([], byMirror('mirror_probe_attempts_total'), '$__interval'),
                'reason',
                'none',
              ),
              legend: '{{reason}}',
            },
          ],
        }),
        reasonColour,
      ),
      grey,
    ),
    colourNames(
      bars({
        id: 34,
        title: 'Unknown probes',
        says: 'Planned probes without a verdict on the mirror, by reason. paused: the mirror is paused, or a failure is being confirmed. contaminated and local: this machine is too busy, see the board Self. vantage, proxy and resolver: this network has a problem.',
        size: [12, 8],
        unit: 'none',
        none: notProbed,
        queries: [
          {
            expr: orNone(
              `${growth(['because'], byMirror('mirror_probe_unknown_total'), '$__interval')} > 0`,
              growth([], byMirror('mirror_probe_attempts_total'), '$__interval'),
              'because',
              'none',
            ),
            legend: '{{because}}',
          },
        ],
      }),
      grey,
    ),
  ] as const;
}

/** Certificate, bytes and contents. */
export function goods(select: Selector) {
  const tls = selector(['vantage', 'registry']);
  const seen = `max by (registry) (${byMirror('mirror_state', { state: 'up' })})`;
  const artifact = ['registry', 'module', 'version'];
  const verified = growth(artifact, select('mirror_integrity_verified_total'), '$__range');
  // What was verified and never wrong shows 0.
  const declared = (cause: string) =>
    `(${growthSinceFirst(artifact, select('mirror_integrity_mismatches_total', { cause }), '$__range')}) or 0 * ${verified}`;
  return [
    table({
      id: 40,
      title: 'Certificate',
      says: 'The remaining validity of the last certificate, and the last TLS handshake. Below 14 days: contact the operator of the mirror. "none seen": plain HTTP, or no handshake since the daemon started. HTTP: the version that clients of the mirror get.',
      size: [24, 6],
      unit: 'none',
      none: 'none seen',
      queries: [
        {
          expr: `floor((min by (registry) (${tls('mirror_tls_certificate_expiry_timestamp_seconds')}) - time()) / 86400) or (${seen} * NaN)`,
          as: 'table',
        },
        // Where no mirror has one there is still an answer: alone, the other's column would be named "Value".
        {
          expr: `max by (registry, tls_version, cipher, issuer) (${tls('mirror_tls_info')}) or on (registry) (${seen} * NaN)`,
          as: 'table',
        },
        {
          // As text: a table shows a label 1.1 as the number 1.10.
          expr: `label_replace(max by (registry, protocol) (${byMirror('mirror_protocol_info')}), "protocol", "HTTP/$1", "protocol", "(.+)") or on (registry) (${seen} * NaN)`,
          as: 'table',
        },
      ],
    })
      .mappings([noNumber('none seen', ink.unknown)])
      .withTransformation({ id: 'merge', options: {} })
      .withTransformation(
        columnsOf(
          ['registry', 'Value #A', 'issuer', 'tls_version', 'cipher', 'protocol'],
          { 'Value #B': true, 'Value #C': true },
          { registry: 'Mirror', 'Value #A': 'Left', tls_version: 'TLS', protocol: 'HTTP' },
        ),
      )
      .overrideByName('Left', [...daysLeft]),
    table({
      id: 45,
      title: 'Capabilities',
      says: 'What the responses have (1) and lack (0) for clients that check more than hashes, such as the dates of releases that minimumReleaseAge and exclude-newer need. See docs/verified-content.md.',
      size: [24, 6],
      unit: 'none',
      none: 'none is known: no response shows one yet',
      queries: [{ expr: `min by (registry, capability) (${byMirror('mirror_capability')})`, as: 'table' }],
    })
      .withTransformation({
        id: 'groupingToMatrix',
        options: { rowField: 'registry', columnField: 'capability', valueField: 'Value' },
      })
      .mappings([
        { type: 'value', options: { '0': { text: 'lacks', color: ink.bad }, '1': { text: 'has' } } },
        noNumber('unknown', ink.unknown),
      ] as never),
    lines({
      id: 41,
      title: 'Throughput of artifacts, median',
      says: 'Bytes per second of artifacts of 512 KiB or more. The first 256 KiB do not count because of the slow start of TCP. Artifacts are fetched about once an hour, so each point covers six hours. If only one mirror is slow, its bandwidth is low or limited.',
      size: [12, 7],
      unit: 'Bps',
      none: 'no artifact of 512 KiB or more was fetched well in six hours',
      queries: [
        {
          expr: quantile(
            0.5,
            ['registry'],
            byMirror('mirror_throughput_bytes_per_second', { step: artifactSteps }),
            '6h',
          ),
          legend: '{{registry}}',
        },
      ],
    }),
    lines({
      id: 42,
      title: 'Bytes we take from it',
      says: 'The bytes that all our probes transfer, per second. If this is more than you want, lengthen the interval of the heavy step, or set schedule.bytesPerHour.',
      size: [12, 7],
      unit: 'Bps',
      none: notProbed,
      queries: [
        {
          expr: `sum by (registry) (rate(${byMirror('mirror_transfer_bytes_total')}[$__rate_interval]))`,
          legend: '{{registry}}',
        },
      ],
    }),
    table({
      id: 43,
      title: 'Contents checked',
      says: 'Verified: responses whose hash or signature was right. Wrong: contents declared wrong; stop using that mirror now, and see MirrorContentMismatch in the runbook. Differs: contents differ, and it is not known which is right. All numbers are over the time range. Verified at 0 means that nothing was checked yet, not that the content is right.',
      size: [24, 7],
      unit: 'none',
      none: 'nothing to check: no authority knows a hash of what is chosen (lock file, checksum database, digest)',
      queries: [
        { expr: verified, as: 'table' },
        { expr: declared('!~peers|retag'), as: 'table' },
        { expr: declared('=~peers|retag'), as: 'table' },
      ],
    })
      .decimals(0)
      .withTransformation({ id: 'merge', options: {} })
      .withTransformation(
        columnsOf(
          ['registry', 'module', 'version', 'Value #B', 'Value #C', 'Value #A'],
          {},
          { registry: 'Mirror', 'Value #A': 'Verified', 'Value #B': 'Wrong', 'Value #C': 'Differs' },
        ),
      )
      .overrideByName('Wrong', [...colouredText([null, 'text'], [1, ink.bad])]),
    lines({
      id: 44,
      title: 'Place among those that may be used',
      says: 'The rank by expected time of one client fetch; 1 is best. No line: the gate of the mirror is neither ok nor current, for example because of an outage, a spike or a mismatch. The page of the daemon shows the reason.',
      size: [24, 6],
      unit: 'none',
      none: 'none of the mirrors chosen may be used now',
      queries: [
        {
          expr: `min by (registry) (${select('mirror_advice_rank')})`,
          legend: '{{registry}}',
        },
      ],
    })
      .decimals(0)
      .axisSoftMax(4),
  ] as const;
}
