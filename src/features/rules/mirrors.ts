import { reasons, reasonWeight } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { availability, sameMirror } from './availability.ts';
import type { RuleParameters } from './parameters.ts';
import { slowFactor, slowShare, slowShareMin, slowThresholdFor } from './round-trips.ts';
import { type AlertKey, type AlertRule, by, type GroupOf, said, saidOf, sayIn, window } from './rule.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const certificateSeconds = limits.certificateWarnMs / 1000;
const ofPlace = 'by (job, instance, vantage, ecosystem, registry)';

/** Mirrors with advice against them, whose alert explains the problem. */
const advisedAgainst = `max without (upstream, from, to, cause) (label_replace(mirror_advice_active == 1, "registry", "$1", "from", "(.+)"))`;

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      ...said(parameters, 'MirrorSpike'),
      why: 'The finding says that the streak is long enough by `detect.spike` and not over yet; the value is the streak. Where advice says\nto leave the mirror, MirrorAdvice is the news.',
      expr: `max ${ofPlace} (mirror_probe_rtt_spike_streak)
  and ${sameMirror}
mirror_findings_open{kind="spike"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: minute,
      keepFiringSeconds: 5 * minute,
      severity: 'info',
      worth: 'whether to move is what advice says; this is what was seen',
    },
    {
      ...said(parameters, 'MirrorLevelShift'),
      expr: `mirror_findings_open{kind="level_shift"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a choice for working hours: is it still the mirror to prefer',
    },
    {
      ...said(parameters, 'MirrorSlow', { factor: slowFactor }),
      why: 'Slow in the 95th percentile of an hour and of its last quarter: also where no streak is long enough for a spike.',
      expr: `max ${by('registry')} (
  target:mirror_probe_rtt_seconds:p95_1h > ${slowThresholdFor(parameters)}
)
  and
${slowShare} >= ${slowShareMin}`,
      forSeconds: 20 * minute,
      keepFiringSeconds: 10 * minute,
      severity: 'warning',
      worth: 'costs time, breaks nothing; the daemon is told at once',
      isEvidence: true,
    },
  ];
}

/** Reasons that are refusals, as a pattern. */
const refusalReasons = reasons.filter((reason) => reasonWeight[reason] === 'refusal').join('|');

/** The commonest refusals of a mirror, for a description; empty without any. */
function refusals(parameters: RuleParameters): string {
  const quarter = window(parameters, 15 * minute);
  const counted = `sum by (reason) (increase(mirror_probe_failures_total{instance='%s',registry='%s',reason=~'${refusalReasons}'}[${quarter}]))`;
  return saidOf(parameters, `printf "topk(1, ${counted} > 0)" $labels.instance $labels.registry`, 'alert.refusedMost');
}

function answers(parameters: RuleParameters): readonly AlertRule[] {
  const quarter = window(parameters, 15 * minute);
  return [
    {
      ...said(parameters, 'MirrorRefuses', { more: refusals(parameters) }),
      expr: 'mirror_findings_open{kind="refusal"} > 0',
      forSeconds: 5 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'credentials, a quota or an operator to write to: nothing a night helps',
    },
    {
      ...said(parameters, 'MirrorUnreliable'),
      why: 'The finding is a sequential test over all targets: where advice says to leave the mirror, MirrorAdvice is the news.',
      expr: `mirror_findings_open{kind="unreliable"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
      severity: 'warning',
      worth: 'builds fail now and then; whether to move is what advice says',
    },
    {
      ...said(parameters, 'MirrorSlowDownloads'),
      expr: `mirror_findings_open{kind="throughput"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
      severity: 'warning',
      worth: 'costs time, breaks nothing; whether to move is what advice says',
    },
    {
      ...said(parameters, 'MirrorMaskedUpstream'),
      why: 'More than two in a quarter of an hour: a single one may be the upstream of a single module.',
      expr: `sum ${ofPlace} (increase(mirror_probe_failures_total{reason="masked_upstream"}[${quarter}])) > 2`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
      severity: 'warning',
      worth: 'clients fall through to the next in their chain',
    },
    {
      ...said(parameters, 'MirrorContentMismatch'),
      why: 'Not where it is unknown which mirror is right (`peers`, `retag`): the finding of those is a warning.',
      expr: 'mirror_integrity_mismatch_active{cause!~"peers|retag"} == 1',
      forSeconds: 0,
      keepFiringSeconds: 0,
      severity: 'critical',
      worth: 'wrong bytes may be in builds already, and each hour adds some',
    },
  ];
}

function freshness(parameters: RuleParameters): readonly AlertRule[] {
  const lagLowerDay = `max by (job, vantage, ecosystem, registry) (max_over_time(mirror_lag_seconds{bound="lower"}[${window(parameters, day)}]))`;
  return [
    {
      ...said(parameters, 'MirrorLagging'),
      why: 'The finding knows `detect.lag.limit`; what only goes backwards has no lower bound above 0. Where advice says to leave the\nmirror, MirrorAdvice is the news. The value is the lower bound, in seconds.',
      expr: `max ${ofPlace} (mirror_lag_seconds{bound="lower"} or mirror_sync_lag_seconds{bound="lower"}) > 0
  and ${sameMirror}
mirror_findings_open{kind="lag"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 10 * minute,
      severity: 'warning',
      worth: 'it serves what it has; whether to move is what advice says',
    },
    {
      ...said(parameters, 'MirrorLagUnknown'),
      why: 'Partner of MirrorLagging: it was known within a day, and the mirror is asked and up. Without `instance`, which a new pod changes.',
      expr: `${lagLowerDay}
  unless
max by (job, vantage, ecosystem, registry) (mirror_lag_seconds{bound="lower"})
  and
max by (job, vantage, ecosystem, registry) (mirror_up) == 1`,
      forSeconds: hour,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a partner on absence',
    },
    {
      ...said(parameters, 'MirrorRegression'),
      why: 'More than twice in an hour: once is a hiccup.',
      expr: `sum ${ofPlace} (increase(mirror_regressions_total[${window(parameters, hour)}])) > 2`,
      forSeconds: 0,
      keepFiringSeconds: hour,
      severity: 'warning',
      worth: 'builds see now one state, now another; nothing a night helps',
    },
  ];
}

/** A template for an expired certificate (`over`) and one that expires later (`left`): the value is the remaining time. */
function hasExpired(parameters: RuleParameters, over: AlertKey, left: AlertKey): string {
  return `{{ if lt $value 0.0 }}${sayIn(parameters, over)}{{ else }}${sayIn(parameters, left)}{{ end }}`;
}

function certificates(parameters: RuleParameters): readonly AlertRule[] {
  const quarter = window(parameters, 15 * minute);
  return [
    {
      ...said(parameters, 'MirrorCertificateExpires', {
        expires: hasExpired(parameters, 'alert.expired', 'alert.expiresSoon'),
        expiresWhen: hasExpired(parameters, 'alert.expiredAgo', 'alert.expiresIn'),
      }),
      expr: `mirror_tls_certificate_expiry_timestamp_seconds - time() < ${certificateSeconds}`,
      forSeconds: hour,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'two weeks are left when it begins',
    },
    {
      ...said(parameters, 'MirrorCertificateInvalid'),
      why: 'More than once: a captive portal shows its own certificate once.',
      expr: `sum without (step) (increase(mirror_probe_failures_total{reason=~"tls_expired|tls_untrusted|tls_name|tls_pin"}[${quarter}])) > 1.5`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
      severity: 'warning',
      worth: 'clients refuse it and go on to the next; advice follows',
    },
    {
      ...said(parameters, 'MirrorCertificateUnknown'),
      why: 'Partner of MirrorCertificateExpires: it had one within a day; plain HTTP never has. Without `instance`, which a new pod changes.',
      expr: `max by (job, vantage, registry) (max_over_time(mirror_tls_certificate_expiry_timestamp_seconds[${window(parameters, day)}]))
  unless
max by (job, vantage, registry) (mirror_tls_certificate_expiry_timestamp_seconds)`,
      forSeconds: 30 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a partner on absence',
    },
  ];
}

const advice = (parameters: RuleParameters): readonly AlertRule[] => [
  {
    ...said(parameters, 'MirrorAdvice'),
    expr: 'mirror_advice_active == 1',
    forSeconds: minute,
    keepFiringSeconds: 0,
    severity: 'info',
    worth: 'scripts follow it by themselves, people when they look',
  },
  {
    ...said(parameters, 'MirrorAdviceUnheeded'),
    why: 'Proposed is not yet accepted. Over all of an upstream, as advice that is replaced by better advice is still not heeded.',
    expr: 'sum by (job, instance, vantage, ecosystem, upstream) (mirror_advice_active == 1)',
    forSeconds: hour,
    keepFiringSeconds: 0,
    severity: 'warning',
    worth: 'an hour of builds that are dearer than they need be',
  },
  {
    ...said(parameters, 'MirrorAdviceRegretted'),
    why: 'Counted once for each accepted advice, when it ends or has stood for 3 × `advise.hold`; a day to see it.',
    expr: `increase(mirror_advice_regret_total[${window(parameters, day)}]) > 0`,
    forSeconds: 0,
    keepFiringSeconds: 0,
    severity: 'info',
    worth: 'news about our advice, nothing to repair',
  },
];

/** Alerts about one mirror from one vantage, by the daemon's own verdicts. */
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
