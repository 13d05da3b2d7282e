import { reasons, reasonWeight } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { availability, sameMirror } from './availability.ts';
import { window } from './duration.ts';
import type { RuleParameters } from './parameters.ts';
import { slowFactor, slowShare, slowShareMin, slowThreshold } from './round-trips.ts';
import { type AlertRule, by, type GroupOf } from './rule.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const certificateSeconds = limits.certificateWarnMs / 1000;
const ofPlace = 'by (job, instance, vantage, ecosystem, registry)';

/** Mirrors that clients are advised to leave: what is wrong with them is said there. */
const advisedAgainst = `max without (upstream, from, to, cause) (label_replace(mirror_advice_active == 1, "registry", "$1", "from", "(.+)"))`;

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorSpike',
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
      summary: '{{ $labels.registry }} is slow now',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) is in a spike: {{ $value }} slow samples in a row on its worst target.',
    },
    {
      alert: 'MirrorLevelShift',
      expr: `mirror_findings_open{kind="level_shift"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a choice for working hours: is it still the mirror to prefer',
      summary: '{{ $labels.registry }} has become slower for good',
      description:
        '{{ $value }} open finding on {{ $labels.registry }} ({{ $labels.ecosystem }}): a spike lasted so long that its round trips are the new baseline.',
    },
    {
      alert: 'MirrorSlow',
      why: 'Slow in the 95th percentile of an hour and of its last quarter: also where no streak is long enough for a spike.',
      expr: `max ${by('registry')} (
  target:mirror_probe_rtt_seconds:p95_1h > ${slowThreshold(parameters)}
)
  and
${slowShare} >= ${slowShareMin}`,
      forSeconds: 20 * minute,
      keepFiringSeconds: 10 * minute,
      severity: 'warning',
      worth: 'costs time, breaks nothing; the daemon is told at once',
      isEvidence: true,
      summary: '{{ $labels.registry }} has been slow for an hour',
      description: `On half of the judged targets of {{ $labels.registry }} ({{ $labels.ecosystem }}), or more, the 95th percentile of the last hour is above ${slowFactor} × their baselines: {{ printf "%.1f" $value }} s on the worst.`,
    },
  ];
}

/** What counts as a refusal, as a pattern for `reason`. */
const refusalReasons = reasons.filter((reason) => reasonWeight[reason] === 'refusal').join('|');

/** What a mirror refuses most, in a description; nothing where no such failure was counted. */
function refusals(quarter: string): string {
  const counted = `sum by (reason) (increase(mirror_probe_failures_total{instance='%s',registry='%s',reason=~'${refusalReasons}'}[${quarter}]))`;
  return `{{ with printf "topk(1, ${counted} > 0)" $labels.instance $labels.registry | query }} Most often within 15 minutes: {{ . | first | label "reason" }}, about {{ . | first | value | printf "%.0f" }} times.{{ end }}`;
}

function answers(parameters: RuleParameters): readonly AlertRule[] {
  const quarter = window(parameters, 15 * minute);
  return [
    {
      alert: 'MirrorRefuses',
      expr: 'mirror_findings_open{kind="refusal"} > 0',
      forSeconds: 5 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'credentials, a quota or an operator to write to: nothing a night helps',
      summary: '{{ $labels.registry }} refuses us',
      description: `{{ $labels.registry }} ({{ $labels.ecosystem }}) answers with a refusal: throttled, denied, or absent where others have it.${refusals(quarter)}`,
    },
    {
      alert: 'MirrorUnreliable',
      why: 'The finding is a sequential test over all targets: where advice says to leave the mirror, MirrorAdvice is the news.',
      expr: `mirror_findings_open{kind="unreliable"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
      severity: 'warning',
      worth: 'builds fail now and then; whether to move is what advice says',
      summary: '{{ $labels.registry }} fails now and then',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) fails more often than it should, and answers in between: too seldom for an outage, too often for chance.',
    },
    {
      alert: 'MirrorSlowDownloads',
      expr: `mirror_findings_open{kind="throughput"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
      severity: 'warning',
      worth: 'costs time, breaks nothing; whether to move is what advice says',
      summary: '{{ $labels.registry }} moves artifacts slowly',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) moves artifacts at less than a quarter of what its siblings do, and below 1 MiB/s.',
    },
    {
      alert: 'MirrorMaskedUpstream',
      why: 'More than two in a quarter of an hour: a single one may be the upstream of a single module.',
      expr: `sum ${ofPlace} (increase(mirror_probe_failures_total{reason="masked_upstream"}[${quarter}])) > 2`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
      severity: 'warning',
      worth: 'clients fall through to the next in their chain',
      summary: '{{ $labels.registry }} hides the faults of its upstream',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) answered about {{ $value | humanize }} probes within 15 minutes with "not found" where it could not fetch: clients then fall through to the next in their chain, or fail.',
    },
    {
      alert: 'MirrorContentMismatch',
      expr: 'mirror_integrity_mismatch_active == 1',
      forSeconds: 0,
      keepFiringSeconds: 0,
      severity: 'critical',
      worth: 'wrong bytes may be in builds already, and each hour adds some',
      summary: '{{ $labels.registry }} serves wrong bytes',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) served {{ $labels.module }} {{ $labels.version }} with a wrong hash twice, over two connections, or showed that what vouches for hashes is forked: its finding says which. It stays until acknowledged.',
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
mirror_findings_open{kind="lag"} > 0
  unless ${sameMirror}
${advisedAgainst}`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 10 * minute,
      severity: 'warning',
      worth: 'it serves what it has; whether to move is what advice says',
      summary: '{{ $labels.registry }} is behind',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) lacks what the others have, for {{ $value | humanizeDuration }} at least in its worst module. The finding names it.',
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
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a partner on absence',
      summary: 'How far behind {{ $labels.registry }} is cannot be told any more',
      description:
        'The lag of {{ $labels.registry }} ({{ $labels.ecosystem }}) was known within the last day and is not now: neither the origin nor two other mirrors answer, or its own lists do not.',
    },
    {
      alert: 'MirrorRegression',
      why: 'More than twice in an hour: once is a hiccup.',
      expr: `sum ${ofPlace} (increase(mirror_regressions_total[${window(parameters, hour)}])) > 2`,
      forSeconds: 0,
      keepFiringSeconds: hour,
      severity: 'warning',
      worth: 'builds see now one state, now another; nothing a night helps',
      summary: '{{ $labels.registry }} goes back and forth',
      description:
        'About {{ $value | humanize }} answers of {{ $labels.registry }} ({{ $labels.ecosystem }}) within an hour had gone backwards: a list, a tag or a serial was older than before.',
    },
  ];
}

function certificates(parameters: RuleParameters): readonly AlertRule[] {
  const quarter = window(parameters, 15 * minute);
  return [
    {
      alert: 'MirrorCertificateExpires',
      expr: `mirror_tls_certificate_expiry_timestamp_seconds - time() < ${certificateSeconds}`,
      forSeconds: hour,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'two weeks are left when it begins',
      summary:
        'The certificate of {{ $labels.registry }} {{ if lt $value 0.0 }}has expired{{ else }}expires soon{{ end }}',
      description:
        'The certificate of {{ $labels.registry }} {{ if lt $value 0.0 }}expired {{ $value | humanizeDuration | reReplaceAll "^-" "" }} ago: clients refuse it{{ else }}expires in {{ $value | humanizeDuration }}{{ end }}.',
    },
    {
      alert: 'MirrorCertificateInvalid',
      why: 'More than once: a captive portal shows its own certificate once.',
      expr: `sum without (step) (increase(mirror_probe_failures_total{reason=~"tls_expired|tls_untrusted|tls_name|tls_pin"}[${quarter}])) > 1.5`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
      severity: 'warning',
      worth: 'clients refuse it and go on to the next; advice follows',
      summary: 'The certificate of {{ $labels.registry }} is refused ({{ $labels.reason }})',
      description:
        'About {{ $value | humanize }} probes of {{ $labels.registry }} ({{ $labels.ecosystem }}) within 15 minutes ended at its certificate: {{ $labels.reason }}. Clients refuse it as well.',
    },
    {
      alert: 'MirrorCertificateUnknown',
      why: 'Partner of MirrorCertificateExpires: it had one within a day; plain HTTP never has. Without `instance`, which a new pod changes.',
      expr: `max by (job, vantage, registry) (max_over_time(mirror_tls_certificate_expiry_timestamp_seconds[${window(parameters, day)}]))
  unless
max by (job, vantage, registry) (mirror_tls_certificate_expiry_timestamp_seconds)`,
      forSeconds: 30 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'a partner on absence',
      summary: 'The certificate of {{ $labels.registry }} is not seen any more',
      description:
        '{{ $labels.registry }} showed a certificate within the last day, valid until {{ $value | humanizeTimestamp }}, and shows none now.',
    },
  ];
}

const advice = (parameters: RuleParameters): readonly AlertRule[] => [
  {
    alert: 'MirrorAdvice',
    expr: 'mirror_advice_active == 1',
    forSeconds: minute,
    keepFiringSeconds: 0,
    severity: 'info',
    worth: 'scripts follow it by themselves, people when they look',
    summary: 'Advice: move from {{ $labels.from }} to {{ $labels.to }}',
    description:
      'Clients of {{ $labels.upstream }} ({{ $labels.ecosystem }}) should leave {{ $labels.from }} for {{ $labels.to }} because of: {{ $labels.cause }}. The line to paste is on the status page.',
  },
  {
    alert: 'MirrorAdviceUnheeded',
    why: 'Proposed is not yet accepted. Over all of an upstream, as advice that is replaced by better advice is still not heeded.',
    expr: 'sum by (job, instance, vantage, ecosystem, upstream) (mirror_advice_active == 1)',
    forSeconds: hour,
    keepFiringSeconds: 0,
    severity: 'warning',
    worth: 'an hour of builds that are dearer than they need be',
    summary: 'Advice for {{ $labels.upstream }} has waited for an hour',
    description:
      '{{ $value }} advice for clients of {{ $labels.upstream }} ({{ $labels.ecosystem }}) has been proposed for over an hour, and nobody has accepted it: they go on with a chain that is held to be bad.',
  },
  {
    alert: 'MirrorAdviceRegretted',
    why: 'Counted once for each accepted advice, when it ends or has stood for 3 × `advise.hold`; a day to see it.',
    expr: `increase(mirror_advice_regret_total[${window(parameters, day)}]) > 0`,
    forSeconds: 0,
    keepFiringSeconds: 0,
    severity: 'info',
    worth: 'news about our advice, nothing to repair',
    summary: 'A move of {{ $labels.upstream }} was not worth it',
    description:
      'Looking back, the mirror that clients of {{ $labels.upstream }} ({{ $labels.ecosystem }}) left on advice did better than the one they moved to, by our own canaries. It happened within the last day.',
  },
];

/** What one place says of one mirror, from the daemon's own verdicts. */
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
