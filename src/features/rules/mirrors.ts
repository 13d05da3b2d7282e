import { reasons, reasonWeight } from '../../core/failure.ts';
import type { FindingKind } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { availability, sameMirror } from './availability.ts';
import { day, hour, minute, type RuleParameters } from './parameters.ts';
import { slowFactor, slowShare, slowShareMin, slowThresholdFor } from './round-trips.ts';
import { type AlertKey, type AlertRule, by, type GroupOf, rangeFromZero, saidOf, sayIn, window } from './rule.ts';

const certificateSeconds = limits.certificateWarnMs / 1000;
const ofPlace = 'by (job, instance, vantage, ecosystem, registry)';

/** Excludes mirrors that a proposed advice leaves: the alert on that advice explains the problem. */
const unlessAdvised = `  unless ${sameMirror}
max without (upstream, from, to, cause) (label_replace(mirror_advice_active == 1, "registry", "$1", "from", "(.+)"))`;

function openUnlessAdvised(kind: FindingKind): string {
  return `mirror_findings_open{kind="${kind}"} > 0\n${unlessAdvised}`;
}

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorSpike',
      why: 'The finding says that the streak is long enough by `detect.spike` and not over yet; the value is the streak. Where advice says\nto leave the mirror, MirrorAdvice is the news.',
      expr: `max ${ofPlace} (mirror_probe_rtt_spike_streak)
  and ${sameMirror}
${openUnlessAdvised('spike')}`,
      forSeconds: minute,
      keepFiringSeconds: 5 * minute,
      severity: 'info',
    },
    {
      alert: 'MirrorLevelShift',
      expr: openUnlessAdvised('level_shift'),
      forSeconds: minute,
    },
    {
      alert: 'MirrorSlow',
      fills: { factor: slowFactor },
      why: 'Slow in the 95th percentile of an hour and of its last quarter: also where no streak is long enough for a spike.',
      expr: `max ${by('registry')} (
  target:mirror_probe_rtt_seconds:p95_1h > ${slowThresholdFor(parameters)}
)
  and
${slowShare} >= ${slowShareMin}`,
      forSeconds: 20 * minute,
      keepFiringSeconds: 10 * minute,
      isEvidence: true,
    },
  ];
}

const refusalReasons = reasons.filter((reason) => reasonWeight[reason] === 'refusal').join('|');

/** The most frequent refusal of a mirror, for a description; empty without any. */
function refusals(parameters: RuleParameters): string {
  const failures = `mirror_probe_failures_total{instance='%[1]s',registry='%[2]s',reason=~'${refusalReasons}'}`;
  const counted = `sum by (reason) (increase(${rangeFromZero(parameters, failures, 15 * minute)}))`;
  return saidOf(parameters, `printf "topk(1, ${counted} > 0)" $labels.instance $labels.registry`, 'alert.refusedMost');
}

function answers(parameters: RuleParameters): readonly AlertRule[] {
  const masked = rangeFromZero(parameters, 'mirror_probe_failures_total{reason="masked_upstream"}', 15 * minute);
  return [
    {
      alert: 'MirrorRefuses',
      fills: { more: refusals(parameters) },
      expr: 'mirror_findings_open{kind="refusal"} > 0',
      forSeconds: 5 * minute,
    },
    {
      alert: 'MirrorUnreliable',
      why: 'The finding is a sequential test over all targets: where advice says to leave the mirror, MirrorAdvice is the news.',
      expr: openUnlessAdvised('unreliable'),
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
    },
    {
      alert: 'MirrorSlowDownloads',
      expr: openUnlessAdvised('throughput'),
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
    },
    {
      alert: 'MirrorMaskedUpstream',
      why: 'More than two in a quarter of an hour: a single one may be the upstream of a single module.',
      expr: `sum ${ofPlace} (increase(${masked})) > 2.5`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
    },
    {
      alert: 'MirrorContentMismatch',
      why: 'Not where it is unknown which mirror is right (`peers`, `retag`): the finding of those is a warning.',
      expr: 'mirror_integrity_mismatch_active{cause!~"peers|retag"} == 1',
      severity: 'critical',
    },
  ];
}

function freshness(parameters: RuleParameters): readonly AlertRule[] {
  const lagLowerDay = `max by (job, vantage, ecosystem, registry) (max_over_time(mirror_lag_seconds{bound="lower"}[${window(parameters, day)}]))`;
  return [
    {
      alert: 'MirrorLagging',
      why: 'The finding knows `detect.lag.limit`; what only goes backwards has no lower bound above 0. Where advice says to leave the\nmirror, MirrorAdvice is the news. The value is the lower bound, in seconds.',
      expr: `max ${ofPlace} (mirror_lag_seconds{bound="lower"} or mirror_sync_lag_seconds{bound="lower"}) > 0
  and ${sameMirror}
${openUnlessAdvised('lag')}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 10 * minute,
    },
    {
      alert: 'MirrorLagUnknown',
      why: 'Partner of MirrorLagging: it was known within a day, and the mirror is asked and up. Without `instance`, which a new pod changes.',
      expr: `${lagLowerDay}
  unless
max by (job, vantage, ecosystem, registry) (mirror_lag_seconds{bound="lower"})
  and
max by (job, vantage, ecosystem, registry) (mirror_up) == 1`,
      forSeconds: hour,
    },
    {
      alert: 'MirrorRegression',
      why: 'More than twice in an hour: once is a hiccup.',
      expr: `sum ${ofPlace} (increase(mirror_regressions_total[${window(parameters, hour)}])) > 2`,
      keepFiringSeconds: hour,
    },
  ];
}

/** A template for an expired certificate (`over`) and one that is not (`left`): the value is the remaining time. */
function hasExpired(parameters: RuleParameters, over: AlertKey, left: AlertKey): string {
  return `{{ if lt $value 0.0 }}${sayIn(parameters, over)}{{ else }}${sayIn(parameters, left)}{{ end }}`;
}

function certificates(parameters: RuleParameters): readonly AlertRule[] {
  const invalid = 'mirror_probe_failures_total{reason=~"tls_expired|tls_untrusted|tls_name|tls_pin"}';
  return [
    {
      alert: 'MirrorCertificateExpires',
      fills: {
        expires: hasExpired(parameters, 'alert.expired', 'alert.expiresSoon'),
        expiresWhen: hasExpired(parameters, 'alert.expiredAgo', 'alert.expiresIn'),
      },
      expr: `mirror_tls_certificate_expiry_timestamp_seconds - time() < ${certificateSeconds}`,
      forSeconds: hour,
    },
    {
      alert: 'MirrorCertificateInvalid',
      why: 'More than once: a captive portal shows its own certificate once.',
      expr: `sum without (step) (increase(${rangeFromZero(parameters, invalid, 15 * minute)})) > 1.5`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
    },
    {
      alert: 'MirrorCertificateUnknown',
      why: 'Partner of MirrorCertificateExpires: it had one within a day; plain HTTP never has. Without `instance`, which a new pod changes.',
      expr: `max by (job, vantage, registry) (max_over_time(mirror_tls_certificate_expiry_timestamp_seconds[${window(parameters, day)}]))
  unless
max by (job, vantage, registry) (mirror_tls_certificate_expiry_timestamp_seconds)`,
      forSeconds: 30 * minute,
    },
  ];
}

const advice = (parameters: RuleParameters): readonly AlertRule[] => [
  {
    alert: 'MirrorAdvice',
    expr: 'mirror_advice_active == 1',
    forSeconds: minute,
    severity: 'info',
  },
  {
    alert: 'MirrorAdviceUnheeded',
    why: 'Proposed is not yet accepted. Over all of an upstream, as advice that is replaced by better advice is still not heeded.',
    expr: 'sum by (job, instance, vantage, ecosystem, upstream) (mirror_advice_active == 1)',
    forSeconds: hour,
  },
  {
    alert: 'MirrorAdviceRegretted',
    why: 'Counted once for each accepted advice, when it ends or has stood for 3 × `advise.hold`; a day to see it.',
    expr: `increase(mirror_advice_regret_total[${window(parameters, day)}]) > 0`,
    severity: 'info',
  },
];

export const mirrors: GroupOf = (parameters) => ({
  name: 'mirrorwatch-mirrors',
  intervalSeconds: null,
  about: 'One mirror as seen from one place.',
  recordings: [],
  alerts: [
    ...availability(parameters),
    ...speed(parameters),
    ...answers(parameters),
    ...freshness(parameters),
    ...certificates(parameters),
    ...advice(parameters),
  ],
});
