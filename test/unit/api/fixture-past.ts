import type { Advice } from '../../../src/core/advice.ts';
import type { Finding, FindingKind } from '../../../src/core/finding.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { nowMs } from './fixture-config.ts';
import type { FixtureChange } from './fixture-deps.ts';
import { fixtureFindings } from './fixture-findings.ts';

const hour = 3_600_000;

const texts: Readonly<Partial<Record<FindingKind, string>>> = {
  lag: 'was behind the origin',
  vantage: 'could not tell mirrors from its own network',
  outage: 'was down: no connection came about',
  unreliable: 'failed too often',
  level_shift: 'settled at 318 ms, where 230 ms was usual',
  spike: 'answered in 930 ms where 205 ms was usual',
  refusal: 'asked us to slow down',
};

function ended(
  id: string,
  kind: FindingKind,
  registry: string | null,
  [fromHours, toHours]: [number, number],
): Finding {
  const [first] = fixtureFindings;
  if (first === undefined) throw new Error('there is a finding');
  return {
    ...first,
    id,
    kind,
    registry,
    ...(registry === null ? { ecosystem: null, upstream: null, scope: [] } : {}),
    state: 'closed',
    cause: kind === 'outage' ? 'timeout_connect' : kind === 'lag' ? 'behind' : 'slow',
    openedAtMs: nowMs - fromHours * hour,
    closedAtMs: nowMs - toHours * hour,
    text: `${registry ?? 'shanghai-ci'} ${texts[kind]}`,
  };
}

function settled(
  id: string,
  state: Advice['state'],
  [fromHours, toHours]: [number, number],
  more: Partial<Advice>,
): Advice {
  return {
    ...fixtureAdvice,
    id,
    state,
    issuedAtMs: nowMs - fromHours * hour,
    settledAtMs: nowMs - toHours * hour,
    ...more,
  };
}

/** What was found in the week that fixture-trends.ts tells of, the newest change first. */
export const fixtureWeek: readonly Finding[] = [
  ...fixtureFindings,
  ended('w1', 'lag', 'coast', [2.4, 0.2]),
  ended('w2', 'vantage', null, [20, 19.5]),
  ended('w3', 'outage', 'campus', [33.6, 30]),
  ended('w4', 'unreliable', 'campus', [36, 29]),
  ended('w5', 'level_shift', 'inland', [48, 40]),
  ended('w6', 'lag', 'inland', [70, 60]),
  ended('w7', 'spike', 'coast', [110.4, 108]),
  ended('w8', 'refusal', 'campus', [150, 149]),
];

/** And advised. */
const advice: readonly Advice[] = [
  fixtureAdvice,
  settled('a1', 'withdrawn', [33, 30], { from: 'campus', to: 'coast', cause: 'outage' }),
  settled('a2', 'expired', [109, 85], { to: 'campus' }),
];

/** The fixture with a week behind it. */
export const fixturePast: FixtureChange = {
  findings: ({ history }) => ({ items: fixtureWeek.filter(({ state }) => history || state === 'open'), next: null }),
  advice: ({ history }) => ({ items: history ? advice : [fixtureAdvice], next: null }),
};
