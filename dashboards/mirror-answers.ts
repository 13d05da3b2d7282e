import { columnsOf, daysLeft, stateWords } from './columns.ts';
import { noNumber } from './frame.ts';
import { toDaemonMirror } from './links.ts';
import { ink } from './palette.ts';
import { colouredText, lines, ofMirrors, shares, table, timeline } from './panels.ts';
import {
  artifactSteps,
  errorRatio,
  growth,
  growthSinceFirst,
  quantile,
  type Selector,
  selector,
  stateCode,
} from './promql.ts';
import { failures, unknowns } from './shared.ts';

const byMirror = selector(['vantage', 'ecosystem', 'registry']);
const notProbed = 'nothing was probed in this time';

/** Since when it is in its state, what it failed with, and what is unknown. */
export function answers(select: Selector) {
  return [
    timeline({
      id: 1,
      title: 'State',
      says: 'The state over time: the worst one of the selected vantages. Down or degraded: the panels below show the reasons, the start and the modules. Unknown: there is no verdict, see "Unknown probes".',
      size: [12, 7],
      unit: 'none',
      none: 'no verdict yet: no daemon is scraped, or it is starting',
      queries: [{ expr: stateCode(byMirror), legend: '{{registry}}' }],
    })
      .mappings([stateWords])
      .dataLinks([toDaemonMirror]),
    ofMirrors(shares, {
      id: 30,
      title: 'Availability',
      says: 'The share of judged probes that succeeded, for all selected steps by module and version. Each point covers only the time since the previous point. A gap: no probe was judged, which is neither good nor bad. The alerts MirrorErrorBudgetFast and MirrorErrorBudgetSlow compare this share with your objective.',
      size: [12, 7],
      unit: 'percentunit',
      none: notProbed,
      queries: [{ expr: `1 - ${errorRatio(select, '$__interval')}`, legend: '{{registry}}' }],
    })
      .max(1)
      .dataLinks([toDaemonMirror]),
    failures(33, byMirror, [12, 8]),
    unknowns(34, byMirror, [12, 8]),
  ];
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
      size: [12, 6],
      unit: 'none',
      none: 'none seen',
      queries: [
        {
          expr: `floor((min by (registry) (${tls('mirror_tls_certificate_expiry_timestamp_seconds')}) - time()) / 86400) or (${seen} * NaN)`,
          as: 'table',
        },
        // Without this part, the column would be named "Value" if no mirror has a certificate.
        {
          expr: `max by (registry, tls_version, issuer) (${tls('mirror_tls_info')}) or on (registry) (${seen} * NaN)`,
          as: 'table',
        },
        {
          // As text: a table shows a label 1.1 as the number 1.10.
          expr: `label_replace(max by (registry, protocol) (${byMirror('mirror_protocol_info')}), "protocol", "HTTP/$1", "protocol", "(.+)") or on (registry) (${seen} * NaN)`,
          as: 'table',
        },
      ],
    })
      .minWidth(80)
      .mappings([noNumber('none seen', ink.unknown)])
      .withTransformation({ id: 'merge', options: {} })
      .withTransformation(
        columnsOf(
          ['registry', 'Value #A', 'issuer', 'tls_version', 'protocol'],
          { 'Value #B': true, 'Value #C': true },
          { registry: 'Mirror', 'Value #A': 'Left', tls_version: 'TLS', protocol: 'HTTP' },
        ),
      )
      .overrideByName('Left', [...daysLeft]),
    table({
      id: 45,
      title: 'Capabilities',
      says: 'What the responses have and lack for clients that check more than hashes, such as the dates of releases that minimumReleaseAge and exclude-newer need. See docs/verified-content.md.',
      size: [12, 6],
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
    ofMirrors(lines, {
      id: 41,
      title: 'Throughput of artifacts, median over 6 h',
      says: 'Bytes per second of artifacts of 512 KiB or more. The first 256 KiB do not count because of the slow start of TCP. Artifacts are fetched about once an hour. If only one mirror is slow, its bandwidth is low or limited.',
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
    ofMirrors(lines, {
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
      title: 'Contents checked, over the time range',
      says: 'Verified: responses whose hash or signature was right. Wrong: contents declared wrong; stop using that mirror now, and see MirrorContentMismatch in the runbook. Differs: contents differ, and it is not known which is right. Verified at 0 means that nothing was checked yet, not that the content is right.',
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
  ];
}
