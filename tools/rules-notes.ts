import { reasons } from '../src/core/failure.ts';
import { registry } from '../src/ecosystems/registry.ts';
import { secondsBuckets } from '../src/export/catalog/values.ts';
import type { AlertName, RecordingRule } from '../src/features/rules/rule.ts';

// What docs/rules.md says beside the rules themselves: what each costs, and why each alert has its severity.

/** How large a site is, for the cost of a rule. */
export interface Site {
  /** Daemons in different networks, each monitoring everything below. */
  readonly vantages: number;
  readonly mirrors: number;
  /** Mirror × module × version × step, of one daemon. */
  readonly targets: number;
  /** Those with light steps, which have baselines. */
  readonly lightTargets: number;
  /** Steps of a mirror. */
  readonly steps: number;
  /** Buckets of the histogram of round trips, `+Inf` included. */
  readonly buckets: number;
  /** Reasons of the failure counter. */
  readonly reasons: number;
}

/** The site that costs are stated for: one place, 10 Go mirrors, 10 000 targets. */
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

/** Series that one evaluation of a rule reads and writes, by its name. */
const costs: readonly (readonly [record: RegExp, reads: number, writes: number])[] = [
  [/^registry_step:mirror_probe_rtt_seconds_bucket:rate1h$/, perTarget * site.buckets, perStep * site.buckets],
  [/^registry_step:mirror_probe_rtt_seconds:p\d+_1h$/, perStep * site.buckets, perStep],
  [/^target:mirror_probe_rtt_seconds:p95_1h$/, perTarget * site.buckets, perTarget],
  [
    /^registry:mirror_probe_rtt_seconds:slow_share1h$/,
    perTarget * (site.buckets + 2) + 2 * site.vantages * site.lightTargets,
    perMirror,
  ],
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

/** The cost of one evaluation at `site`. @throws Error for a rule without a row */
export function costOf({ record }: RecordingRule): { readonly reads: number; readonly writes: number } {
  const [, reads, writes] = costs.find(([name]) => name.test(record)) ?? [];
  if (reads === undefined || writes === undefined) throw new Error(`no cost is stated for ${record}`);
  return { reads, writes };
}

/** Why an alert is a page, a ticket or information. */
export const worths: Readonly<Record<AlertName, string>> = {
  MirrorNoneUsable: 'builds fail now, and no machine can move them',
  MirrorDown: 'clients have another mirror, and the advice says which',
  MirrorStateUnknown: 'nothing is known to be broken; somebody should see why nothing is known',
  MirrorNoSuccess: 'what MirrorDown and MirrorStateUnknown do not see; clients have other mirrors',
  MirrorNeverAnswered: 'normal for an origin out of reach; else a typing mistake from the day it was configured',
  MirrorSpike: 'whether to move is what advice says; this is what was seen',
  MirrorLevelShift: 'a choice for working hours: is it still the mirror to prefer',
  MirrorSlow: 'costs time, breaks nothing; the daemon is told at once',
  MirrorRefuses: 'credentials, a quota or an operator to write to: nothing a night helps',
  MirrorUnreliable: 'builds fail now and then; whether to move is what advice says',
  MirrorSlowDownloads: 'costs time, breaks nothing; whether to move is what advice says',
  MirrorMaskedUpstream: 'clients fall through to the next in their chain',
  MirrorContentMismatch: 'wrong bytes may be in builds already, and each hour adds some',
  MirrorLagging: 'it serves what it has; whether to move is what advice says',
  MirrorLagUnknown: 'a partner on absence',
  MirrorRegression: 'builds see now one state, now another; nothing a night helps',
  MirrorCertificateExpires: 'two weeks are left when it begins',
  MirrorCertificateInvalid: 'clients refuse it and go on to the next; advice follows',
  MirrorCertificateUnknown: 'a partner on absence',
  MirrorAdvice: 'scripts follow it by themselves, people when they look',
  MirrorAdviceUnheeded: 'an hour of builds that are dearer than they need be',
  MirrorAdviceRegretted: 'news about our advice, nothing to repair',
  MirrorErrorBudgetFast: 'evidence for the daemon; what is down has MirrorDown',
  MirrorErrorBudgetSlow: 'a trend over days, for the next talk with the operator',
  VantageOutlier: 'one place has a bad line; the others work',
  VantageMissing: 'fewer witnesses, not fewer mirrors',
  VantageSuspect: 'our line; where nothing works any more, MirrorNoneUsable pages',
  VantageUnknown: 'a partner on absence',
  MirrorwatchUnfit: 'it says so itself and judges nothing wrong meanwhile',
  MirrorwatchSchedulerBehind: 'measurements are late, not wrong',
  MirrorwatchReloadFailed: 'the old configuration goes on; who changed it is at work',
  MirrorwatchStateNotWritable: 'it goes on from memory; only a restart would lose something',
  MirrorwatchStateSetAside: 'it began anew by itself; what it forgot is in the file beside it',
  MirrorwatchWebhookStuck: 'notices are kept for a day',
  MirrorwatchNoticesLost: 'somebody was not told; what is urgent pages by itself',
  MirrorwatchActionFailed: 'clients go on with what they have; the advice is notified by itself',
  MirrorwatchActionsStopped: 'an operator stopped them; this is a reminder',
  MirrorwatchLinesDropped: 'a number to raise',
  MirrorwatchDoorFails: 'builds fail with every mirror; MirrorNoneUsable pages for that',
  MirrorwatchDoorAlone: 'the last order of mirrors stays in force',
  MirrorwatchDown: 'nothing watches from there, and every other alert falls silent',
  MirrorwatchAbsent:
    'a daemon that dies is MirrorwatchDown; this is a scrape job that is gone, which somebody took out',
  MirrorDownMostPlaces: 'many sites are hit at once, and it is surely the mirror',
  MirrorSlowMostPlaces: 'costs time in many places, breaks nothing',
  MirrorErrorBudgetMostPlaces: 'a part of the probes fails, most answer',
};
