import { built } from './board.ts';
import { stateWords } from './columns.ts';
import { words } from './frame.ts';
import { toDaemonMirror, toMirrorBoard } from './links.ts';
import { adviceTable, lists, mirrors, numbers } from './overview-now.ts';
import { verdict } from './palette.ts';
import { timeline } from './panels.ts';
import { canarySteps, selector, stateCode } from './promql.ts';
import { failures, percentiles } from './shared.ts';
import { daemonUrl, datasource, ecosystem, registry, vantage, window } from './variables.ts';

const select = selector(['vantage', 'ecosystem', 'registry']);

const states = timeline({
  id: 10,
  title: 'State of each mirror',
  says: 'The state over time: the worst one of the selected vantages. A gap is a time without a scrape. Unknown means a pause, a maintenance window, or no verdict; see "Unknown probes" on Mirror detail.',
  size: [24, 7],
  unit: 'none',
  none: 'no verdict yet: no daemon is scraped, or it is starting',
  queries: [{ expr: stateCode(select), legend: '{{registry}}' }],
})
  .mappings([stateWords])
  .dataLinks([toMirrorBoard]);

const ownView = timeline({
  id: 15,
  title: 'Our own view',
  says: 'Whether the network of the daemon is trusted, and whether each control responded. If this is red while mirrors fail, check this network first.',
  size: [24, 5],
  unit: 'none',
  none: 'not known yet: the first pass over the canaries has not ended',
  queries: [
    { expr: `1 - max(${select('mirror_vantage_suspect')})`, legend: 'our network' },
    { expr: `min by (control) (${select('mirror_control_up')})`, legend: 'control {{control}}' },
  ],
}).mappings([words({ 0: ['no', verdict.bad], 1: ['yes', verdict.fine] })]);

/** What is wrong now, what to set, since when, and why. */
export const overview = built({
  board: 'overview',
  title: 'mirrorwatch / Overview',
  says: 'The state of each mirror, the settings that clients should use now and why, and the changes of the last day. It also shows whether the verdicts can be trusted.',
  from: 'now-24h',
  variables: [datasource, vantage, ecosystem, registry, window, daemonUrl],
  select,
  sections: [
    { id: 0, title: '', panels: [...numbers(select), adviceTable(select), mirrors(select), ...lists(select)] },
    {
      id: 101,
      title: 'Since when, and why',
      panels: [
        states,
        failures(12, select, [12, 8]),
        percentiles(11, select, {
          path: { step: canarySteps, connection: 'cold' },
          quantiles: [0.95],
          size: [12, 8],
        }).dataLinks([toMirrorBoard, toDaemonMirror]),
        ownView,
      ],
    },
  ],
});
