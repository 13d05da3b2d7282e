import { limits } from '../core/limits.ts';
import { scaled, window } from './duration.ts';
import type { RuleParameters } from './parameters.ts';
import { slowFactor, slowShare, slowShareMin, slowThreshold } from './round-trips.ts';
import { type AlertRule, by, type GroupOf } from './rule.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
/** Three paces of the slowest light step by default. */
const silentSeconds = 15 * minute;
const certificateSeconds = limits.certificateWarnMs / 1000;
const lastSuccess = 'max without (module, version, step) (mirror_probe_last_success_timestamp_seconds)';
const sameMirror = 'on (job, instance, ecosystem, registry)';
const ofUpstream = 'by (job, instance, vantage, ecosystem, upstream)';
const ofPlace = 'by (job, instance, vantage, ecosystem, registry)';
/** How long ago the last good answer was, in a description; nothing where there was none. */
const lastGood = `{{ with printf "time() - max(mirror_probe_last_success_timestamp_seconds{instance='%s',registry='%s'})" $labels.instance $labels.registry | query }} Its last good answer was {{ . | first | value | humanizeDuration }} ago.{{ end }}`;

/** Mirrors that are left alone on purpose: pause, maintenance, Retry-After. */
function leftAlone(parameters: RuleParameters): string {
  return `sum without (step, because) (increase(mirror_probe_unknown_total{because="paused"}[${window(parameters, 10 * minute)}])) > 0`;
}

function availability(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorDown',
      why: 'A mirror that never answered since start has no last success and belongs to MirrorNeverAnswered.',
      expr: `mirror_up == 0
  and ${sameMirror}
${lastSuccess}`,
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      summary: 'Mirror {{ $labels.registry }} is down',
      description: `{{ $labels.registry }} ({{ $labels.ecosystem }}, upstream {{ $labels.upstream }}) has been down for over a minute, confirmed.${lastGood}`,
    },
    {
      alert: 'MirrorNoneUp',
      why: 'Of those that have answered from here since the daemon started; one that is up, or whose state nobody knows, is enough to doubt it.',
      expr: `count ${ofUpstream} (
  mirror_up
    and ${sameMirror}
  ${lastSuccess}
)
  unless
count ${ofUpstream} (mirror_up == 1)
  unless
count ${ofUpstream} (mirror_state{state="unknown"} == 1)`,
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'critical',
      summary: 'No mirror of {{ $labels.upstream }} is up',
      description:
        'All mirrors of {{ $labels.upstream }} ({{ $labels.ecosystem }}) are down, {{ $value }} of which answered before: there is nothing to move to.',
    },
    {
      alert: 'MirrorStateUnknown',
      why: 'Partner of MirrorDown. A mirror that is left alone on purpose (pause, maintenance, Retry-After) counts as paused.',
      expr: `mirror_state{state="unknown"} == 1
  unless ${sameMirror}
${leftAlone(parameters)}`,
      forSeconds: silentSeconds,
      keepFiringSeconds: 0,
      severity: 'warning',
      summary: 'The state of {{ $labels.registry }} is unknown',
      description: `{{ $labels.registry }} ({{ $labels.ecosystem }}) has had no judged sample for over 15 minutes, and nobody paused it.${lastGood}`,
    },
    {
      alert: 'MirrorNoSuccess',
      why: 'A mirror that is left alone on purpose is asked nothing, so it answers nothing.',
      expr: `time() - ${lastSuccess} > ${scaled(parameters, silentSeconds)}
  unless ${sameMirror}
${leftAlone(parameters)}`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      summary: 'No good answer from {{ $labels.registry }}',
      description:
        'The last good answer of {{ $labels.registry }} ({{ $labels.ecosystem }}) was {{ $value | humanizeDuration }} ago.',
    },
    {
      alert: 'MirrorNeverAnswered',
      why: 'Partner of MirrorNoSuccess and MirrorDown: configured, and not one good answer since the daemon started.',
      expr: `sum without (module, version, step) (mirror_probe_attempts_total)
  unless ${sameMirror}
${lastSuccess}`,
      forSeconds: 30 * minute,
      keepFiringSeconds: 0,
      severity: 'info',
      summary: '{{ $labels.registry }} has never answered',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) gave no good answer in {{ $value }} attempts since the daemon started.',
    },
  ];
}

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorSpike',
      why: 'The finding says that the streak is long enough by `detect.spike` and not over yet; the value is the streak.',
      expr: `max ${ofPlace} (mirror_probe_rtt_spike_streak)
  and ${sameMirror}
mirror_findings_open{kind="spike"} > 0`,
      forSeconds: minute,
      keepFiringSeconds: 5 * minute,
      severity: 'warning',
      summary: '{{ $labels.registry }} is slow now',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) is in a spike: {{ $value }} slow samples in a row on its worst target.',
    },
    {
      alert: 'MirrorLevelShift',
      expr: 'mirror_findings_open{kind="level_shift"} > 0',
      forSeconds: minute,
      keepFiringSeconds: 0,
      severity: 'warning',
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
      isEvidence: true,
      summary: '{{ $labels.registry }} has been slow for an hour',
      description: `On half of the judged targets of {{ $labels.registry }} ({{ $labels.ecosystem }}), or more, the 95th percentile of the last hour is above ${slowFactor} × their baselines: {{ printf "%.1f" $value }} s on the worst.`,
    },
  ];
}

/** What a mirror refuses most, in a description; nothing where no such failure was counted. */
function refusals(quarter: string): string {
  const counted = `sum by (reason) (increase(mirror_probe_failures_total{instance='%s',registry='%s',reason=~'throttled|denied|status|absent|tls_client'}[${quarter}]))`;
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
      summary: '{{ $labels.registry }} refuses us',
      description: `{{ $labels.registry }} ({{ $labels.ecosystem }}) answers its canary with a refusal: throttled, denied, or absent where others have it.${refusals(quarter)}`,
    },
    {
      alert: 'MirrorMaskedUpstream',
      why: 'More than two in a quarter of an hour: a single one may be the upstream of a single module.',
      expr: `sum ${ofPlace} (increase(mirror_probe_failures_total{reason="masked_upstream"}[${quarter}])) > 2`,
      forSeconds: 5 * minute,
      keepFiringSeconds: 15 * minute,
      severity: 'warning',
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
      summary: '{{ $labels.registry }} serves wrong bytes',
      description:
        '{{ $labels.registry }} ({{ $labels.ecosystem }}) served {{ $labels.module }} {{ $labels.version }} with a wrong hash twice, over two connections. It stays until acknowledged.',
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
    ...certificates(parameters),
    ...advice(parameters),
  ],
});
