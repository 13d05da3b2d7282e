import { budgetShareOf, burnRates, day, minute, type RuleParameters } from './parameters.ts';
import { isSlowQuery } from './round-trips.ts';
import { casesOf, everywhere, type GroupOf, ratioNameOf, renderCases, scaled, spentShareOf, without } from './rule.ts';

/** Excludes vantages (places where daemons run) whose own network is suspect, because they have no vote. */
const unlessSuspect = 'unless on (vantage) (max by (vantage) (mirror_vantage_suspect) == 1)';

/** Returns a query for a vantage's vote: 1 if the mirror uses up its error budget fast there, else 0. */
function burningVote(parameters: RuleParameters): string {
  const budget = budgetShareOf(parameters);
  const both = burnRates.fast.map(({ factor, longSeconds, shortSeconds }) =>
    [ratioNameOf(longSeconds), ratioNameOf(shortSeconds), spentShareOf(parameters, longSeconds)]
      .map((share) => `(${share} > bool ${factor} * ${budget})`)
      .join(' * '),
  );
  return `clamp_max(\n  ${both.join('\n    +\n  ')},\n  1\n)\n  ${unlessSuspect}`;
}

/**
 * Returns a condition: at least two vantages vote 1, and more than half of the vantages that monitor the mirror vote 1.
 * If fewer than `vantages` monitor it, more than half of `vantages` must vote 1.
 */
function most(parameters: RuleParameters, vote: string): string {
  const sum = `sum ${everywhere} (${vote})`;
  return `${sum} >= 2
  and
${sum} > 0.5 * clamp_min(everywhere:mirror_state:count_vantages, ${parameters.vantages})`;
}

const badHereAlone = `sum by (vantage) (
  registry:mirror_bad:bool == 1
    and on (ecosystem, registry)
  count ${everywhere} (registry:mirror_bad:bool == 0) > sum ${everywhere} (registry:mirror_bad:bool) - 1
)`;

const outlier = `${badHereAlone} >= 2
  and
${badHereAlone}
  > 0.5 *
count by (vantage) (
  registry:mirror_bad:bool
    and on (ecosystem, registry)
  count ${everywhere} (registry:mirror_bad:bool) >= 2
)`;

/**
 * Rules that compare the vantages. They distinguish "a mirror is bad from most vantages" from "only this vantage sees
 * bad mirrors".
 */
export const places: GroupOf = (parameters) => ({
  name: 'mirrorwatch-places',
  intervalSeconds: 60,
  about:
    'Votes of the places (the label `vantage` of the scrape target). A vote is 1 (bad) or 0 (good). It is absent if its\nmetrics are absent, for example if the state of the mirror is unknown, or if the network of the place is suspect.\nA place without a vote counts among "all", never as bad.',
  recordings: recordingsOf(parameters),
  alerts: alertsOf(parameters),
});

function recordingsOf(parameters: RuleParameters): ReturnType<GroupOf>['recordings'] {
  return [
    {
      record: 'registry:mirror_down:bool',
      expr: `max ${without('upstream')} (mirror_up == bool 0)
  and
max ${without('step')} (mirror_probe_last_success_timestamp_seconds)
  ${unlessSuspect}`,
      text: 'The vote of a place on whether the mirror is down. A mirror without any successful probe gets no vote.',
    },
    {
      record: 'registry:mirror_slow:bool',
      expr: `(${isSlowQuery})
  ${unlessSuspect}`,
      text: 'The vote of a place on whether the mirror has been slow for an hour.',
    },
    {
      record: 'registry:mirror_burning:bool',
      expr: burningVote(parameters),
      text: 'The vote of a place on whether the mirror burns its error budget fast.',
    },
    {
      record: 'registry:mirror_bad:bool',
      expr: `clamp_max(
  registry:mirror_down:bool + (registry:mirror_slow:bool or 0 * registry:mirror_down:bool),
  1
)`,
      text: 'The vote of a place on whether the mirror is down or slow.',
    },
    {
      record: 'everywhere:mirror_state:count_vantages',
      expr: `count ${everywhere} (count ${without('upstream', 'state')} (mirror_state{state="unknown"}))`,
      text: 'The number of places that monitor the mirror, including those without a verdict.',
    },
    {
      record: 'place:mirrorwatch_build_info:last_seen',
      expr: `max without (version, node, pod) (
  timestamp(mirrorwatch_build_info)
    or
  place:mirrorwatch_build_info:last_seen > time() - ${scaled(parameters, day)}
)`,
      text: 'For `mirrorwatch fleet`: the time of the last scrape of a daemon, seconds since 1970; absent a day after the last scrape.',
    },
    {
      record: 'registry:mirror_lag_seconds:lower',
      expr: `max ${without('module', 'bound')} (mirror_lag_seconds{bound="lower"} or mirror_sync_lag_seconds{bound="lower"})`,
      text: 'For `mirrorwatch fleet`: the minimum lag of a mirror in seconds, by the module that is furthest behind; absent while unknown.',
    },
  ];
}

function alertsOf(parameters: RuleParameters): ReturnType<GroupOf>['alerts'] {
  return [
    {
      alert: 'MirrorDownMostPlaces',
      expr: most(parameters, 'registry:mirror_down:bool'),
      forSeconds: minute,
      keepFiringSeconds: 5 * minute,
      severity: 'critical',
    },
    {
      alert: 'MirrorDegradedMostPlaces',
      fills: casesOf(parameters, { slow: {}, burning: {} }),
      expr: renderCases({
        slow: most(parameters, 'registry:mirror_slow:bool'),
        burning: most(parameters, 'registry:mirror_burning:bool'),
      }),
      forSeconds: 20 * minute,
      keepFiringSeconds: 5 * minute,
      isEvidence: true,
    },
    {
      alert: 'VantageOutlier',
      why: 'Two mirrors or more, and over half of those compared, are bad here and good at most of the other places with a vote.',
      expr: outlier,
      forSeconds: 5 * minute,
      keepFiringSeconds: 5 * minute,
    },
  ];
}
