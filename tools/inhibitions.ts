import { levels } from '../src/features/rules/rule.ts';

/** A rule that mutes some alerts while another alert (`source`) fires. */
export interface Inhibition {
  /** The reason. It is printed as a comment. */
  readonly why: string;
  readonly source: string;
  /** The value of the label `what` that the firing alert must have; absent: every alert of that name counts. */
  readonly what?: string;
  /** The muted alerts: a list of names, or every alert about a mirror with additions and exceptions. */
  readonly mutes: readonly string[] | EveryMirrorAlert;
  /** Labels that must have the same value in both alerts. A label that neither alert has counts as the same. */
  readonly equal: readonly string[];
}

/** Every alert whose name begins with `Mirror` and a capital letter. `besides`: further alerts. */
export interface EveryMirrorAlert {
  readonly besides: readonly string[];
  /** Exceptions, as regular expressions that match whole names. */
  readonly but: readonly string[];
}

const onePlace = levels.registry;
const allPlaces = levels.everywhere;

/** All inhibitions: Alertmanager's `inhibit_rules` in deploy/alertmanager.yml, and the table in docs/rules.md. */
export const inhibitions: readonly Inhibition[] = [
  {
    why: 'A place with a suspect network cannot judge mirrors. Findings from a hash or a certificate stay valid, and so does "no mirror is usable from here".',
    source: 'VantageSuspect',
    what: 'suspect',
    mutes: {
      besides: ['VantageOutlier'],
      but: ['MirrorNoneUsable', 'MirrorContentMismatch', 'MirrorCertificateExpires'],
    },
    equal: ['vantage'],
  },
  {
    why: 'If no mirror is usable, one alert is enough; the alerts of the single mirrors are muted.',
    source: 'MirrorNoneUsable',
    mutes: ['MirrorDown'],
    equal: ['vantage', 'ecosystem', 'upstream'],
  },
  {
    why: 'A mirror that is down also fails and is slow, and MirrorDown says where to switch. These alerts add nothing.',
    source: 'MirrorDown',
    mutes: ['MirrorAdvice', 'MirrorSlow', 'MirrorDegraded', 'MirrorErrorBudgetFast', 'MirrorErrorBudgetSlow'],
    equal: onePlace,
  },
  {
    why: 'If a mirror is down from most places, one alert is enough; the alerts of the single places are muted.',
    source: 'MirrorDownMostPlaces',
    mutes: ['MirrorDown', 'MirrorDegradedMostPlaces'],
    equal: allPlaces,
  },
  {
    why: 'The same applies to a mirror that is slow from most places.',
    source: 'MirrorDegradedMostPlaces',
    what: 'slow',
    mutes: ['MirrorSlow'],
    equal: allPlaces,
  },
  {
    why: 'The same applies to an error budget that burns at most places.',
    source: 'MirrorDegradedMostPlaces',
    what: 'burning',
    mutes: ['MirrorErrorBudgetFast', 'MirrorErrorBudgetSlow'],
    equal: allPlaces,
  },
  {
    why: 'The network of the place has a problem, so its alerts about mirrors are not caused by the mirrors.',
    source: 'VantageOutlier',
    mutes: ['MirrorDown', 'MirrorSlow', 'MirrorErrorBudgetFast'],
    equal: ['vantage'],
  },
  {
    why: 'If the error budget burns fast, the alert about a slow burn adds nothing.',
    source: 'MirrorErrorBudgetFast',
    mutes: ['MirrorErrorBudgetSlow'],
    equal: onePlace,
  },
  {
    why: 'A daemon that is down is also absent, so one alert is enough.',
    source: 'MirrorwatchDown',
    mutes: ['MirrorwatchAbsent'],
    equal: [],
  },
];

const isNamed = (mutes: Inhibition['mutes']): mutes is readonly string[] => Array.isArray(mutes);

function targetMatchers({ mutes }: Inhibition): readonly string[] {
  if (isNamed(mutes)) return [`alertname=~"${mutes.join('|')}"`];
  const { besides, but } = mutes;
  return [`alertname=~"${['Mirror[A-Z].*', ...besides].join('|')}"`, `alertname!~"${but.join('|')}"`];
}

function sourceMatchers({ source, what }: Inhibition): string {
  return [`'alertname="${source}"'`, ...(what === undefined ? [] : [`'what="${what}"'`])].join(', ');
}

/** The value of Alertmanager's `inhibit_rules`, without the line of the key. It ends with a line end. */
export function inhibitRulesText(): string {
  const lines = inhibitions.flatMap((one) => [
    `  # ${one.why}`,
    `  - source_matchers: [${sourceMatchers(one)}]`,
    `    target_matchers: [${targetMatchers(one)
      .map((matcher) => `'${matcher}'`)
      .join(', ')}]`,
    `    equal: [${one.equal.join(', ')}]`,
  ]);
  return `${lines.join('\n')}\n`;
}

/** The text in docs/rules.md for the alert that mutes others. */
export function firingWords({ source, what }: Inhibition): string {
  return what === undefined ? `\`${source}\`` : `\`${source}\`, \`what="${what}"\``;
}

/** The text in docs/rules.md for the muted alerts. */
export function mutedWords({ mutes }: Inhibition): string {
  if (isNamed(mutes)) return mutes.join(', ');
  const but = mutes.but.map((name) => `\`${name}\``).join(' and ');
  return `all alerts \`Mirror[A-Z].*\` except ${but}; also ${mutes.besides.join(', ')}`;
}
