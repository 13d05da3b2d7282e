import { built } from './board.ts';
import { adviceStates, columnsOf, stateWords } from './columns.ts';
import { whenKnown } from './frame.ts';
import { addressOf, columnName, link, rowKey } from './links.ts';
import { ink } from './palette.ts';
import { colouredCell, colouredText, table } from './panels.ts';
import { orNone, selector, stateCodes } from './promql.ts';
import { daemonUrl, datasource, ecosystem, registry, vantage, window } from './variables.ts';

const select = selector(['vantage', 'ecosystem', 'registry']);
const noDaemon = 'no daemon is scraped';
const states = stateCodes.map((state, code) => `${select('mirror_state', { state })} * ${code}`).join(' or ');
const clock = select('mirrorwatch_clock_timestamp_seconds');

const crossed = {
  id: 'groupingToMatrix',
  options: { columnField: 'vantage', rowField: 'registry', valueField: 'Value', emptyValue: 'null' },
};
const ordered = (field: string) => ({ id: 'sortBy', options: { fields: {}, sort: [{ field }] } });

const matrix = table({
  id: 1,
  title: 'Mirrors × places',
  says: 'The current state of each mirror from each place. A red row: the mirror has a problem. A red column: the network of that place has a problem. Grey: that place has no verdict. A cell links to the mirror as that place measures it.',
  size: [24, 10],
  unit: 'none',
  none: 'no verdict yet: no daemon is scraped, or it is starting',
  queries: [{ expr: `max by (vantage, registry) (${states})`, as: 'table' }],
})
  .withTransformation(ordered('vantage'))
  .withTransformation(crossed)
  .withTransformation({
    id: 'organize',
    options: { excludeByName: {}, indexByName: {}, renameByName: { 'registry\\vantage': 'Mirror' } },
  })
  .thresholds(whenKnown())
  .mappings([stateWords])
  .overrideByFieldType('number', [
    colouredCell,
    {
      id: 'links',
      value: [link('This mirror from this place', addressOf('mirror', { vantage: columnName, registry: rowKey }))],
    },
    { id: 'custom.align', value: 'center' },
  ]);

const since = table({
  id: 2,
  title: 'Not up, and since when',
  says: 'Mirrors that are degraded, down or unknown from a place, and for how long. If the start is the same at several places, check the mirror, not the places.',
  size: [12, 8],
  unit: 'dtdurations',
  none: 'every mirror with a verdict is up',
  queries: [
    {
      expr: `time() - max by (vantage, registry, state) (${select('mirror_state_since_timestamp_seconds', { state: '!=up' })})`,
      as: 'table',
    },
  ],
})
  .withTransformation(ordered('registry'))
  .withTransformation(columnsOf(['registry', 'vantage', 'state', 'Value'], {}, { registry: 'Mirror', Value: 'For' }));

const advice = table({
  id: 3,
  title: 'Advice in force, by place',
  says: 'The advice that each place proposes or has accepted, and its age. While the cause of a proposal is over, clients that have not switched need not switch. The command `mirrorwatch fleet` shows whether one setting suits all places of a group.',
  size: [12, 8],
  unit: 'dtdurations',
  none: 'no place has advice in force',
  queries: [
    {
      expr: orNone(
        `time() - max by (vantage, upstream, from, to, state) (${select('mirror_advice_since_timestamp_seconds')})`,
        `max(${select('mirrorwatch_build_info')})`,
        'upstream',
        'nothing is advised',
      ),
      as: 'table',
    },
  ],
})
  .minWidth(80)
  .withTransformation(columnsOf(['vantage', 'upstream', 'from', 'to', 'state', 'Value'], {}, { Value: 'For' }))
  .overrideByName('State', [...adviceStates]);

const themselves = table({
  id: 4,
  title: 'The places themselves',
  says: 'Places with the same hash monitor the same mirrors and modules by the same rules; compare the configurations of others before you compare verdicts. Group: advice is decided together. Places of one network count as one observer. Shards are daemons that share the targets of a place: if a number from 0 to the count minus 1 is missing, no daemon probes its targets. Clock off by more than 30 s: repair the time synchronisation, because the times of findings and advice are wrong by as much.',
  size: [24, 8],
  unit: 'none',
  none: noDaemon,
  queries: [
    { expr: `max by (vantage, instance, hash) (${select('mirrorwatch_config_info')})`, as: 'table' },
    { expr: `max by (vantage, instance, group, network, page) (${select('mirrorwatch_place_info')})`, as: 'table' },
    { expr: `max by (vantage, instance, index, count) (${select('mirrorwatch_shard_info')})`, as: 'table' },
    { expr: `max by (vantage, instance) (abs(${clock} - timestamp(${clock})))`, as: 'table' },
  ],
})
  .withTransformation({ id: 'merge', options: {} })
  .withTransformation(ordered('vantage'))
  .withTransformation(
    columnsOf(
      ['vantage', 'instance', 'hash', 'group', 'network', 'page', 'index', 'count', 'Value #D'],
      { 'Value #A': true, 'Value #B': true, 'Value #C': true },
      { hash: 'Configuration', index: 'Shard', count: 'Of', 'Value #D': 'Clock off by' },
    ),
  )
  .overrideByName('Clock off by', [{ id: 'unit', value: 's' }, ...colouredText([null, 'text'], [30, ink.bad])]);

/** Is it the mirror or the place: all places side by side. */
export const places = built({
  board: 'places',
  title: 'mirrorwatch / Places',
  says: 'All places side by side: from where a mirror has a problem, and which place differs from the others.',
  from: 'now-6h',
  variables: [datasource, vantage, ecosystem, registry, window, daemonUrl],
  select,
  sections: [{ id: 0, title: '', panels: [matrix, since, advice, themselves] }],
});
