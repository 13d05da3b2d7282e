import type { Finding } from '../../core/finding.ts';
import { messageFor } from '../../words/tell.ts';
import { openFinding } from '../memory/lookups.ts';
import type { FindingRule } from '../memory/rule.ts';
import { type FindingStatement, formatTime, scopeOf, secondsIn, sortByCanary } from '../memory/says.ts';
import { speedOf } from '../rules/speed.ts';
import { seriesOfSpeed, spike, spikeEvidenceOf } from './spike.ts';
import { isSpikeActionable, type SpeedSeries, slowestOf } from './spike-says.ts';

/** Finds mirrors that have been slow for so long that the new latency is the usual one. */
export const levelShift: FindingRule<null> = {
  name: 'level_shift',
  kind: 'level_shift',
  none: () => null,
  follows: spike.name,
  endsByAcknowledgement: true,
  refresh(_, { view, mirror }) {
    const { name } = mirror.mirror;
    const known = openFinding(view, 'level_shift', name)?.evidence ?? null;
    const own = seriesOfSpeed(mirror).filter(({ shift }) => shift?.isShared !== true);
    return { statement: shiftStatement(name, own, { known, spike: spikeEvidenceOf(mirror) }) };
  },
  resume: (_, __, { mirror }) =>
    [...mirror.series.values()].some((series) => speedOf(series).shift !== null) ? {} : 'gone',
};

function shiftStatement(
  name: string,
  series: readonly SpeedSeries[],
  { known, spike }: { readonly known: Finding['evidence'] | null; readonly spike: Finding['evidence'] | null },
): FindingStatement {
  const all = sortByCanary(series.filter(({ shift }) => shift !== null));
  const [first] = all;
  if (first === undefined) return { tag: 'well', ...messageFor('found.shift.well', { name }) };
  const shifted = all.filter((one) => one.isJudge);
  const judged = series.filter((one) => one.isJudge && (one.baseline.medianMs !== null || one.shift !== null));
  const { slow } = first;
  const fromMs = first.shift?.fromMs ?? null;
  return {
    tag: 'trouble',
    scope: scopeOf(all.map(({ target }) => target)),
    cause: 'relearned',
    evidence: known ?? {
      samples: slow.samples,
      failures: slow.slowSamples,
      observedSeconds: secondsIn(slow.observedMs),
      baselineSeconds: secondsIn(fromMs),
      ...slowestOf([spike ?? slow]),
    },
    actionable: isSpikeActionable(shifted, judged.length),
    ...messageFor('found.shift', { name, observed: formatTime(slow.observedMs), usual: formatTime(fromMs) }),
  };
}
