import { reasons } from '../src/core/failure.ts';
import { registry } from '../src/ecosystems/registry.ts';
import { secondsBuckets } from '../src/export/catalog/values.ts';
import type { AlertName, RecordingRule } from '../src/features/rules/rule.ts';

// Texts of docs/rules.md that are not in the rules: the cost of each rule, and the reason for the severity of each
// alert.

/** The size of a site, from which the cost of a rule is computed. */
export interface Site {
  /** The number of daemons. Each of them monitors all targets. */
  readonly vantages: number;
  readonly mirrors: number;
  /** The number of targets (mirror × module × version × step) of one daemon. */
  readonly targets: number;
  /** The number of targets with light steps. Only these have baselines. */
  readonly lightTargets: number;
  /** The number of steps of each mirror. */
  readonly steps: number;
  /** The number of buckets of the histogram of round trips, `+Inf` included. */
  readonly buckets: number;
  /** The number of reasons of the failure counter. */
  readonly reasons: number;
}

/** The site for which costs are stated: one place, 10 Go mirrors, 10 000 targets. */
export const site: Site = {
  vantages: 1,
  mirrors: 10,
  targets: 10_000,
  lightTargets: 8_000,
  steps: Object.keys(registry.all[0].steps).length,
  buckets: secondsBuckets.length + 1,
  reasons: reasons.length,
};

const perTarget = site.vantages * site.targets;
const perStep = site.vantages * site.mirrors * site.steps;
const perMirror = site.vantages * site.mirrors;

/** By the name of a rule: how many series one evaluation reads and writes. */
const costs: readonly (readonly [record: RegExp, reads: number, writes: number])[] = [
  [/^registry_step:mirror_probe_rtt_seconds_bucket:rate1h$/, perTarget * site.buckets, perStep * site.buckets],
  [/^registry_step:mirror_probe_rtt_seconds:rate1h$/, 0, 0],
  [/^registry_step:mirror_probe_rtt_seconds:p\d+_1h$/, perStep * site.buckets, perStep],
  [/^target:mirror_probe_rtt_seconds:p95_1h$/, perTarget * site.buckets, perTarget],
  [
    /^registry:mirror_probe_rtt_seconds:slow_share1h$/,
    perTarget * (site.buckets + 2) + 2 * site.vantages * site.lightTargets,
    perMirror,
  ],
  [/^registry:mirror_probe_rtt_seconds:slow_share5m$/, perTarget * (site.buckets + 1), perMirror],
  [/^registry:mirror_probe_attempts:rate5m$/, 2 * perTarget, perMirror],
  [/^registry:mirror_probe_failures:rate5m$/, perMirror * site.steps * (site.reasons - 1) + perTarget, perMirror],
  [/^registry:mirror_probe_failures:ratio_rate\w+$/, 2 * perMirror, perMirror],
  [/^registry:mirror_down:bool$/, perMirror + perTarget, perMirror],
  [/^registry:mirror_slow:bool$/, perMirror, perMirror],
  [/^registry:mirror_burning:bool$/, 8 * perMirror, perMirror],
  [/^registry:mirror_bad:bool$/, 3 * perMirror, perMirror],
  [/^everywhere:mirror_state:count_vantages$/, perMirror, site.mirrors],
  [/^place:mirrorwatch_build_info:last_seen$/, 2 * site.vantages, site.vantages],
  [/^registry:mirror_lag_seconds:lower$/, site.vantages * (site.targets / site.steps + site.mirrors), perMirror],
];

/**
 * The cost of one evaluation of a rule at `site`.
 * @throws Error if `costs` has no row for the rule
 */
export function costOf({ record }: RecordingRule): { readonly reads: number; readonly writes: number } {
  const [, reads, writes] = costs.find(([name]) => name.test(record)) ?? [];
  if (reads === undefined || writes === undefined) throw new Error(`no cost is stated for ${record}`);
  return { reads, writes };
}

/** The reason for the severity of MirrorDown while advice says to leave the mirror. */
export const worthInUse =
  'clients use this mirror, so builds fail or wait now; the alert names the mirror to switch to';

/** The reason for the severity of each alert (page, ticket or information). */
export const worths: Readonly<Record<AlertName, string>> = {
  MirrorNoneUsable: 'builds fail now, and no program can switch them to another mirror',
  MirrorContentMismatch: 'wrong bytes may be in builds already, and each hour adds some',
  MirrorDownMostPlaces: 'builds fail at many places at once, and the mirror is the cause',
  MirrorwatchDown: 'nothing monitors the mirrors from that place, so its other alerts cannot fire',
  MirrorDown: 'clients can use another mirror, and the advice names it',
  MirrorStateUnknown: 'no mirror is known to be down; the daemon needs attention',
  MirrorSlow: 'builds take longer, but none fails; the daemon confirms the slowness by probing again',
  MirrorDegraded: 'builds take longer or fail sometimes, and no other mirror is better',
  MirrorRefuses: 'the cause is credentials, a quota or the operator of the mirror, which can wait for office hours',
  MirrorLagging: 'the mirror still serves its older content, and no advice says to leave it',
  MirrorQuotaLow: 'builds fail once the quota is used up, and only then another mirror is advised',
  MirrorCertificateExpires: 'the alert starts two weeks before the expiry',
  MirrorErrorBudgetFast: 'the daemon uses this alert as evidence for advice; if the mirror is down, MirrorDown fires',
  MirrorDegradedMostPlaces: 'most requests succeed; the operator of the mirror has to act',
  VantageOutlier: 'one place has a bad network; the others work',
  VantageSuspect: 'the network of one place has a problem; if no mirror works there, MirrorNoneUsable pages',
  MirrorwatchUnfit: 'the daemon does not judge mirrors by samples that it disturbed itself',
  MirrorwatchConfigurationIgnored: 'the daemon works, with another configuration than intended',
  MirrorwatchStateAtRisk: 'monitoring continues; only stored data are affected',
  MirrorwatchNoticesLost: 'critical alerts reach people through Prometheus, not through webhooks',
  MirrorwatchActionFailed: 'clients keep their settings, and a separate notice reports the advice',
  MirrorwatchDoorFails: 'if no mirror works, MirrorNoneUsable pages',
  MirrorwatchAbsent: 'the scrape job or a place is missing in Prometheus; if a daemon stops, MirrorwatchDown pages',
  MirrorNotMeasured:
    'normal for an origin that this place cannot reach; otherwise a measurement is missing, not a fault',
  MirrorAdvice: 'scripts can follow the advice without a person',
  MirrorErrorBudgetSlow: 'it shows a trend over days; mention it at the next contact with the operator of the mirror',
};
