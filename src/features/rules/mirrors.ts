import { reasons, reasonWeight } from '../../core/failure.ts';
import type { FindingKind } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import { day, hour, minute, type RuleParameters } from './parameters.ts';
import {
  isSlowQuery,
  mirrorOnly,
  roundTripsSeconds,
  slowFactor,
  slowShareNow,
  slowThresholdFor,
} from './round-trips.ts';
import {
  type AlertKey,
  type AlertRule,
  casesOf,
  type GroupOf,
  muteForOwnNetwork,
  rangeFromZero,
  renderCases,
  sayIn,
  scaled,
  textFor,
  window,
} from './rule.ts';

/** An alert fires if the state of a mirror is unknown for longer than this time. */
const silentSeconds = 15 * minute;
/**
 * An alert keeps firing for this time after its condition was last true. A restart of the daemon is shorter: it makes
 * one or two scrapes fail.
 */
const restartSeconds = 3 * minute;
/** If the state of a mirror is unknown and its last ok response is more recent than this, the mirror may be up. */
const lateSeconds = 5 * minute;
const lastSuccess = 'max without (step) (mirror_probe_last_success_timestamp_seconds)';
const ofUpstream = 'by (job, instance, vantage, ecosystem, upstream)';
const sameMirror = 'on (job, instance, ecosystem, registry)';
/** Selects mirrors that advice says to leave: the first ones of chains in use that cost clients time. */
const toLeave = `${sameMirror}
max without (upstream, from, to, cause) (label_replace(mirror_advice_active == 1, "registry", "$1", "from", "(.+)"))`;

function lastGood(parameters: RuleParameters): string {
  const query = `printf "time() - max(mirror_probe_last_success_timestamp_seconds{instance='%s',registry='%s'})" $labels.instance $labels.registry`;
  return textFor(parameters, query, 'alert.lastGood');
}

/** Returns a sentence for an alert's description if the mirror responds again but still counts as down. */
function respondsAgain(parameters: RuleParameters): string {
  const query = `printf "mirror_canary_recovered{instance='%s',registry='%s'}" $labels.instance $labels.registry`;
  return textFor(parameters, query, 'alert.respondsAgain');
}

/** Returns a clause for an alert's summary: the mirror to switch to; empty if the advice changes something else. */
function switchTo(parameters: RuleParameters): string {
  const query = `printf "mirror_advice_active{instance='%s',from='%s',to!='%s'}" $labels.instance $labels.registry $labels.registry`;
  return textFor(parameters, query, 'alert.switchTo');
}

/** Returns the alert that a mirror is down. It wakes a person only while clients use the mirror and should leave it. */
function down(parameters: RuleParameters, isInUse: boolean): AlertRule {
  const times = `${lastGood(parameters)}${respondsAgain(parameters)}`;
  return {
    alert: 'MirrorDown',
    fills: isInUse
      ? { switch: switchTo(parameters), more: `${times}${sayIn(parameters, 'alert.lineToSet')}` }
      : { switch: '', more: times },
    why: isInUse
      ? 'The mirror that clients use: advice says to leave it.'
      : 'A mirror that clients do not use, or that costs them nothing. MirrorNotMeasured covers a mirror without any success so far.\nThe alert keeps firing for longer than a restart takes.',
    expr: `mirror_up == 0
  and ${sameMirror}
${lastSuccess}
  ${isInUse ? 'and' : 'unless'} ${toLeave}`,
    forSeconds: minute,
    keepFiringSeconds: restartSeconds,
    ...(isInUse ? { severity: 'critical' } : {}),
  };
}

/**
 * Returns the alert that no mirror of an upstream is usable: none is up, and at least one is down, or its probes fail
 * because of this host's network. A mirror prevents the alert if it counts as down although its canary succeeds again.
 * A mirror of unknown state prevents it while its last ok response is less than `lateSeconds` old.
 */
function noneUsable(parameters: RuleParameters): AlertRule {
  const failsForUs = `sum without (because) (increase(mirror_probe_unknown_total{because=~"vantage|resolver"}[${window(parameters, 5 * minute)}])) > 0`;
  return {
    alert: 'MirrorNoneUsable',
    why: 'At least one mirror that responded before is down, or its probes fail because of the network of the daemon. No mirror is up,\nno mirror that counts as down responds again, and no mirror of unknown state had an ok response in the last 5 minutes.\nIf it is the network, VantageSuspect says so.',
    expr: `count ${ofUpstream} (
  (
    mirror_up == 0
      or
    mirror_state{state="unknown"} == 1
      and ${sameMirror}
    ${failsForUs}
  )
    and ${sameMirror}
  ${lastSuccess}
)
  unless
count ${ofUpstream} (mirror_up == 1 or mirror_canary_recovered == 1)
  unless
count ${ofUpstream} (
  mirror_state{state="unknown"} == 1
    and ${sameMirror}
  time() - ${lastSuccess} < ${scaled(parameters, lateSeconds)}
)`,
    forSeconds: minute,
    keepFiringSeconds: restartSeconds,
    severity: 'critical',
  };
}

function availability(parameters: RuleParameters): readonly AlertRule[] {
  return [
    down(parameters, true),
    down(parameters, false),
    noneUsable(parameters),
    {
      alert: 'MirrorStateUnknown',
      fills: { more: lastGood(parameters) },
      why: 'Partner of MirrorDown. A mirror that is not probed on purpose (pause, maintenance, Retry-After) causes no alert.',
      expr: `mirror_state{state="unknown"} == 1
  unless ${sameMirror}
sum without (because) (increase(mirror_probe_unknown_total{because="paused"}[${window(parameters, 10 * minute)}])) > 0`,
      forSeconds: silentSeconds,
    },
  ];
}

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
  return `sum_over_time((${isSlowQuery})[${range}]) >= ${slowSeconds / roundTripsSeconds}
  and
${slowShareNow} > 0`;
}

function speed(parameters: RuleParameters): readonly AlertRule[] {
  return [
    {
      alert: 'MirrorSlow',
      fills: { factor: slowFactor },
      why: 'The 95th percentile is slow, over an hour and over its last quarter. No streak of slow samples is needed, as for a spike.\nThe mirror was slow for 20 minutes and still is. A `for` would start again at each pause between slow responses.\nSilent while a finding says that the network of the place is the problem, and while that time is in the last quarter.',
      expr: `max ${mirrorOnly} (
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

function freshness(parameters: RuleParameters): AlertRule {
  return {
    alert: 'MirrorLagging',
    fills: { more: lagLower(parameters) },
    why: 'The finding applies `detect.lag.limit`, and covers contents that went backwards. Silent if proposed advice says to\nleave the mirror, because MirrorAdvice fires then.',
    expr: openUnlessAdvised('lag'),
    forSeconds: 10 * minute,
    keepFiringSeconds: 10 * minute,
  };
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

function certificates(parameters: RuleParameters): AlertRule {
  return {
    alert: 'MirrorCertificateExpires',
    fills: {
      expires: textByValue(parameters, 'alert.expired', 'alert.expiresSoon'),
      expiresWhen: textByValue(parameters, 'alert.expiredAgo', 'alert.expiresIn'),
    },
    expr: `mirror_tls_certificate_expiry_timestamp_seconds - time() < ${certificateSeconds}`,
    forSeconds: hour,
  };
}

/** Below this rest of its quota, a mirror may refuse builds soon. */
const quotaRatio = 0.2;

function quotas(): AlertRule {
  return {
    alert: 'MirrorQuotaLow',
    fills: { left: '{{ $value | humanizePercentage }}' },
    why: 'Five minutes, because a limit of some seconds is used up and free again between two probes.',
    expr: `mirror_quota_remaining_ratio < ${quotaRatio}`,
    forSeconds: 5 * minute,
    keepFiringSeconds: 10 * minute,
  };
}

function advice(): AlertRule {
  return {
    alert: 'MirrorAdvice',
    why: 'It ends with the cause of the advice.\nThe label `registry` is the mirror to leave, so that MirrorDown of this mirror mutes the alert.\nThe alert keeps firing for longer than a restart takes.',
    expr: 'label_replace(mirror_advice_active == 1, "registry", "$1", "from", "(.+)")',
    forSeconds: minute,
    keepFiringSeconds: restartSeconds,
    severity: 'info',
  };
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
    freshness(parameters),
    certificates(parameters),
    quotas(),
    notMeasured(parameters),
    advice(),
  ],
});
