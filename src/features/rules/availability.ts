import { minute, type RuleParameters } from './parameters.ts';
import { type AlertRule, sayIn, scaled, textFor, window } from './rule.ts';

/** An alert fires if the state of a mirror is unknown for longer than this time. */
const silentSeconds = 15 * minute;
/**
 * An alert keeps firing for this time after its condition was last true. A restart of the daemon is shorter: it makes
 * one or two scrapes fail.
 */
export const restartSeconds = 3 * minute;
/** If the state of a mirror is unknown and its last ok response is more recent than this, the mirror may be up. */
const lateSeconds = 5 * minute;
export const lastSuccess = 'max without (step) (mirror_probe_last_success_timestamp_seconds)';
const ofUpstream = 'by (job, instance, vantage, ecosystem, upstream)';
export const sameMirror = 'on (job, instance, ecosystem, registry)';
/** Selects mirrors that advice says to leave: the first ones of chains in use that cost clients time. */
export const toLeave = `${sameMirror}
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
 * Selects mirrors that were deliberately not probed in the last 10 minutes: paused, in maintenance, or after
 * Retry-After.
 */
function leftAlone(parameters: RuleParameters): string {
  return `sum without (because) (increase(mirror_probe_unknown_total{because="paused"}[${window(parameters, 10 * minute)}])) > 0`;
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

export function availability(parameters: RuleParameters): readonly AlertRule[] {
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
${leftAlone(parameters)}`,
      forSeconds: silentSeconds,
    },
  ];
}
