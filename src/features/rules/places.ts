import type { Severity } from '../../core/finding.ts';
import { ratioNameOf, spentShareOf } from './budget.ts';
import { budgetShareOf, burnRates, type RuleParameters } from './parameters.ts';
import { slowShare, slowShareMin } from './round-trips.ts';
import { type AlertRule, by, type GroupOf, type Site, said, scaled, window } from './rule.ts';

const minute = 60;
const day = 86_400;
const perMirror = (site: Site) => site.vantages * site.mirrors;
const votes = (site: Site) => ({ reads: perMirror(site), writes: perMirror(site) });

/** A vantage that is suspected to be offline has no vote. */
const unlessSuspect = 'unless on (vantage) (max by (vantage) (mirror_vantage_suspect) == 1)';

/** 1 if the mirror burns its budget fast at a vantage, else 0. */
function burningVote(parameters: RuleParameters): string {
  const budget = budgetShareOf(parameters);
  const both = burnRates.fast.map(({ factor, longSeconds, shortSeconds }) =>
    [ratioNameOf(longSeconds), ratioNameOf(shortSeconds), spentShareOf(parameters, longSeconds)]
      .map((share) => `(${share} > bool ${factor} * ${budget})`)
      .join(' * '),
  );
  return `clamp_max(\n  ${both.join('\n    +\n  ')},\n  1\n)\n  ${unlessSuspect}`;
}

/** More than half of the vantages that monitor the mirror, and at least two. */
function most(parameters: RuleParameters, vote: string): string {
  const sum = `sum ${by('everywhere')} (${vote})`;
  return `${sum} >= 2
  and
${sum} > 0.5 * clamp_min(everywhere:mirror_state:count_vantages, ${parameters.vantages})`;
}

function mostAlert(
  parameters: RuleParameters,
  rule: {
    name: 'Down' | 'Slow' | 'ErrorBudget';
    vote: string;
    forSeconds: number;
    severity: Severity;
    worth: string;
    isEvidence: boolean;
  },
): AlertRule {
  return {
    ...said(parameters, `Mirror${rule.name}MostPlaces`),
    expr: most(parameters, rule.vote),
    forSeconds: rule.forSeconds,
    keepFiringSeconds: 5 * minute,
    severity: rule.severity,
    worth: rule.worth,
    ...(rule.isEvidence ? { isEvidence: true } : {}),
  };
}

const badHereAlone = `sum by (vantage) (
  registry:mirror_bad:bool == 1
    and on (ecosystem, registry)
  count ${by('everywhere')} (registry:mirror_bad:bool == 0) > sum ${by('everywhere')} (registry:mirror_bad:bool) - 1
)`;

const outlier = `${badHereAlone} >= 2
  and
${badHereAlone}
  > 0.5 *
count by (vantage) (
  registry:mirror_bad:bool
    and on (ecosystem, registry)
  count ${by('everywhere')} (registry:mirror_bad:bool) >= 2
)`;

/** Distinguishes "bad from most vantages" from "this vantage is bad", by votes of the vantages that can judge. */
export const places: GroupOf = (parameters) => ({
  name: 'mirrorwatch-places',
  intervalSeconds: 60,
  about:
    'Votes of the places (the label `vantage` of the scrape target). A vote is 1 bad, 0 well, absent where the place cannot\ntell: unknown, warming, or its own network is suspect. Who cannot tell counts among "all", never as bad.',
  recordings: [
    {
      record: 'registry:mirror_down:bool',
      expr: `max ${by('registry')} (mirror_up == bool 0)
  and
max ${by('registry')} (mirror_probe_last_success_timestamp_seconds)
  ${unlessSuspect}`,
      says: 'The vote of a place on whether the mirror is down; one that has never answered is not voted on.',
      cost: (site) => ({ reads: perMirror(site) + site.vantages * site.targets, writes: perMirror(site) }),
    },
    {
      record: 'registry:mirror_slow:bool',
      expr: `max ${by('registry')} (${slowShare} >= bool ${slowShareMin})
  ${unlessSuspect}`,
      says: 'The vote of a place on whether the mirror has been slow for an hour.',
      cost: votes,
    },
    {
      record: 'registry:mirror_burning:bool',
      expr: burningVote(parameters),
      says: 'The vote of a place on whether the mirror burns its error budget fast.',
      cost: (site) => ({ reads: 8 * perMirror(site), writes: perMirror(site) }),
    },
    {
      record: 'registry:mirror_bad:bool',
      expr: `clamp_max(
  registry:mirror_down:bool + (registry:mirror_slow:bool or 0 * registry:mirror_down:bool),
  1
)`,
      says: 'Down or slow from a place.',
      cost: (site) => ({ reads: 3 * perMirror(site), writes: perMirror(site) }),
    },
    {
      record: 'everywhere:mirror_state:count_vantages',
      expr: `count ${by('everywhere')} (count ${by('registry')} (mirror_state{state="unknown"}))`,
      says: 'Places that watch the mirror, whether or not they can tell.',
      cost: (site) => ({ reads: perMirror(site), writes: site.mirrors }),
    },
    {
      record: 'place:mirrorwatch_build_info:last_seen',
      expr: `max ${by('place')} (
  timestamp(mirrorwatch_build_info)
    or
  place:mirrorwatch_build_info:last_seen > time() - ${scaled(parameters, day)}
)`,
      says: 'For `mirrorwatch fleet`: when a daemon was last scraped, seconds since 1970; forgotten a day after the last scrape.',
      cost: (site) => ({ reads: 2 * site.vantages, writes: site.vantages }),
    },
    {
      record: 'registry:mirror_lag_seconds:lower',
      expr: `max ${by('registry')} (mirror_lag_seconds{bound="lower"} or mirror_sync_lag_seconds{bound="lower"})`,
      says: 'For `mirrorwatch fleet`: how far behind a mirror is at least, by the module that is furthest behind; absent while unknown.',
      cost: (site) => ({ reads: site.vantages * (site.targets / site.steps + site.mirrors), writes: perMirror(site) }),
    },
  ],
  alerts: [
    mostAlert(parameters, {
      name: 'Down',
      vote: 'registry:mirror_down:bool',
      forSeconds: minute,
      severity: 'critical',
      worth: 'many sites are hit at once, and it is surely the mirror',
      isEvidence: false,
    }),
    mostAlert(parameters, {
      name: 'Slow',
      vote: 'registry:mirror_slow:bool',
      forSeconds: 20 * minute,
      severity: 'warning',
      worth: 'costs time in many places, breaks nothing',
      isEvidence: true,
    }),
    mostAlert(parameters, {
      name: 'ErrorBudget',
      vote: 'registry:mirror_burning:bool',
      forSeconds: 2 * minute,
      severity: 'warning',
      worth: 'a part of the probes fails, most answer',
      isEvidence: true,
    }),
    {
      ...said(parameters, 'VantageOutlier'),
      why: 'Bad here and well at most of the other places that can tell, for two mirrors or more and over half of those compared.',
      expr: outlier,
      forSeconds: 5 * minute,
      keepFiringSeconds: 5 * minute,
      severity: 'warning',
      worth: 'one place has a bad line; the others work',
    },
    {
      ...said(parameters, 'VantageMissing', { vantages: parameters.vantages }),
      why: 'Partner of the votes: fewer places report than are configured, or than did within a day.',
      expr: `count(count by (vantage) (mirrorwatch_build_info))
  <
clamp_min(count(count by (vantage) (max_over_time(mirrorwatch_build_info[${window(parameters, day)}]))), ${parameters.vantages})`,
      forSeconds: 10 * minute,
      keepFiringSeconds: 0,
      severity: 'warning',
      worth: 'fewer witnesses, not fewer mirrors',
    },
  ],
});
