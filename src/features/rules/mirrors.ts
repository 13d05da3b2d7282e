import { reasons, reasonWeight } from '../../core/failure.ts';
import type { FindingKind } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { availability, lastSuccess, restartSeconds, sameMirror, toLeave } from './availability.ts';
import { day, hour, minute, type RuleParameters } from './parameters.ts';
import {
  roundTripsSeconds,
  slowFactor,
  slowShare,
  slowShareMin,
  slowShareNow,
  slowThresholdFor,
} from './round-trips.ts';
import {
  type AlertKey,
  type AlertRule,
  by,
  casesOf,
  type GroupOf,
  muteForOwnNetwork,
  rangeFromZero,
  renderCases,
  sayIn,
  textFor,
  window,
} from './rule.ts';

const certificateSeconds = limits.certificateWarnMs / 1000;

/** Excludes mirrors that proposed advice says to leave, because the alert about that advice explains the problem. */
const unlessAdvised = `  unless ${toLeave}`;

function openUnlessAdvised(...kinds: readonly FindingKind[]): string {
  const matcher = kinds.length === 1 ? `="${kinds[0]}"` : `=~"${kinds.join('|')}"`;
  return `mirror_findings_open{kind${matcher}} > 0\n${unlessAdvised}`;
}

/** A mirror must be slow for this time before MirrorSlow fires. */
const slowSeconds = 20 * minute;

/**
 * Returns a condition: half of the targets were slow at each evaluation of the last 20 minutes, and one is slow now.
 * The first part is true for 15 minutes after the slowness ends. The second part may be false between slow responses,
 * so it must not restart the wait, as it would with `for`.
 */
function slowUntilNow(parameters: RuleParameters): string {
  const range = `${window(parameters, slowSeconds)}:${window(parameters, roundTripsSeconds)}`;
  return `sum_over_time((${slowShare} >= bool ${slowShareMin})[${range}]) >= ${slowSeconds / roundTripsSeconds}
  and
${slowShareNow} > 0`;
}

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorSlow',
      fills: { factor: slowFactor },
      why: 'The 95th percentile is slow, over an hour and over its last quarter. No streak of slow samples is needed, as for a spike.\nThe mirror was slow for 20 minutes and still is. A `for` would start again at each pause between slow responses.\nSilent while a finding says that the network of the place is the problem, and while that time is in the last quarter.',
      expr: `max ${by('registry')} (
  target:mirror_probe_rtt_seconds:p95_1h > ${slowThresholdFor(parameters)}
)
  and
${slowUntilNow(parameters)}
${muteForOwnNetwork(parameters)}`,
      keepFiringSeconds: 10 * minute,
      isEvidence: true,
    },
    {
      alert: 'MirrorDegraded',
      fills: casesOf(parameters, { unreliable: {}, level_shift: {}, throughput: {} }, 'kind'),
      why: 'Silent if proposed advice says to leave the mirror, because MirrorAdvice fires then.',
      expr: openUnlessAdvised('unreliable', 'level_shift', 'throughput'),
      forSeconds: 10 * minute,
      keepFiringSeconds: 30 * minute,
    },
  ];
}

const refusalReasons = reasons.filter((reason) => reasonWeight[reason] === 'refusal').join('|');

/**
 * Returns a sentence for an alert's description: the most frequent way in which a mirror refuses requests. Without
 * refusals, the sentence is omitted.
 */
function refusals(parameters: RuleParameters): string {
  const failures = `mirror_probe_failures_total{instance='%[1]s',registry='%[2]s',reason=~'${refusalReasons}'}`;
  const counted = `sum by (reason) (increase(${rangeFromZero(parameters, failures, 15 * minute)}))`;
  return textFor(parameters, `printf "topk(1, ${counted} > 0)" $labels.instance $labels.registry`, 'alert.refusedMost');
}

function responseRules(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorRefuses',
      fills: { more: refusals(parameters) },
      expr: 'mirror_findings_open{kind="refusal"} > 0',
      forSeconds: 5 * minute,
    },
    {
      alert: 'MirrorContentMismatch',
      why: 'Mismatches with the causes `peers` and `retag` are left out, because it is not known which content is right.',
      expr: 'mirror_integrity_mismatch_active{cause!~"peers|retag"} == 1',
      severity: 'critical',
    },
  ];
}

/**
 * Returns a sentence for an alert's description: the lower bound of a mirror's lag. If this bound is 0 or unknown, the
 * sentence is omitted.
 */
function lagLower(parameters: RuleParameters): string {
  const lags = `{__name__=~'mirror_lag_seconds|mirror_sync_lag_seconds',instance='%s',registry='%s',bound='lower'}`;
  return textFor(parameters, `printf "max(${lags}) > 0" $labels.instance $labels.registry`, 'alert.lagLower');
}

function freshness(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorLagging',
      fills: { more: lagLower(parameters) },
      why: 'The finding applies `detect.lag.limit`, and covers contents that went backwards. Silent if proposed advice says to\nleave the mirror, because MirrorAdvice fires then.',
      expr: openUnlessAdvised('lag'),
      forSeconds: 10 * minute,
      keepFiringSeconds: 10 * minute,
    },
  ];
}

/**
 * Returns a query for series that had a sample within the last day and have none now. It ignores the label `instance`,
 * because a new pod has another one.
 */
function lost(parameters: RuleParameters, selector: string, labels: string): string {
  const known = `max by (${labels}) (max_over_time(${selector}[${window(parameters, day)}]))`;
  return `${known}\n  unless\nmax by (${labels}) (${selector})`;
}

/**
 * Returns the alert on missing measurements of a mirror. Without measurements, the other alerts about the mirror cannot
 * fire.
 */
function notMeasured(parameters: RuleParameters): AlertRule {
  const ofMirror = 'job, vantage, ecosystem, registry';
  const lag = lost(parameters, 'mirror_lag_seconds{bound="lower"}', ofMirror);
  return {
    alert: 'MirrorNotMeasured',
    fills: casesOf(parameters, { success: {}, lag: {}, certificate: {} }),
    why: 'Partner on absence: of MirrorDown (no success so far, also before the last restart), of MirrorLagging (a lag was known within\na day, and the mirror is up) and of MirrorCertificateExpires (a certificate was known within a day; plain HTTP has none).',
    expr: renderCases({
      success: `sum without (module, version, step) (mirror_probe_attempts_total)\n  unless ${sameMirror}\n${lastSuccess}`,
      lag: `${lag}\n  and\nmax by (${ofMirror}) (mirror_up) == 1`,
      certificate: lost(parameters, 'mirror_tls_certificate_expiry_timestamp_seconds', 'job, vantage, registry'),
    }),
    forSeconds: hour,
    severity: 'info',
  };
}

/** Returns a template by the alert's value: the text `over` if it is negative, else the text `lasts`. */
function textByValue(parameters: RuleParameters, over: AlertKey, lasts: AlertKey): string {
  return `{{ if lt $value 0.0 }}${sayIn(parameters, over)}{{ else }}${sayIn(parameters, lasts)}{{ end }}`;
}

function certificates(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorCertificateExpires',
      fills: {
        expires: textByValue(parameters, 'alert.expired', 'alert.expiresSoon'),
        expiresWhen: textByValue(parameters, 'alert.expiredAgo', 'alert.expiresIn'),
      },
      expr: `mirror_tls_certificate_expiry_timestamp_seconds - time() < ${certificateSeconds}`,
      forSeconds: hour,
    },
  ];
}

function advice(): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorAdvice',
      why: 'It ends with the cause of the advice.\nThe label `registry` is the mirror to leave, so that MirrorDown of this mirror mutes the alert.\nThe alert keeps firing for longer than a restart takes.',
      expr: 'label_replace(mirror_advice_active, "registry", "$1", "from", "(.+)")',
      forSeconds: minute,
      keepFiringSeconds: restartSeconds,
      severity: 'info',
    },
  ];
}

export const mirrors: GroupOf = (parameters) => ({
  name: 'mirrorwatch-mirrors',
  intervalSeconds: null,
  about: 'One mirror as seen from one place.',
  recordings: [],
  alerts: [
    ...availability(parameters),
    ...speed(parameters),
    ...responseRules(parameters),
    ...freshness(parameters),
    ...certificates(parameters),
    notMeasured(parameters),
    ...advice(),
  ],
});
