import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { source } from './frame.ts';
import { selector, stepChoices } from './promql.ts';

type Variable = { build(): dashboard.VariableModel };

const [firstStep = { text: '', value: '' }] = stepChoices;

/** `All` is every value and none: series without the label are in it. */
const everything = '.*';

/** Where the numbers come from. */
export const datasource: Variable = new dashboard.DatasourceVariableBuilder('datasource')
  .label('Data source')
  .description('The Prometheus that scrapes mirrorwatch.')
  .type('prometheus');

function choice(name: string, label: string, says: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(says)
    .datasource(source)
    .query({ query, refId: name })
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc);
}

function anyOf(name: string, label: string, says: string, query: string): Variable {
  return choice(name, label, says, query)
    .multi(true)
    .includeAll(true)
    .allValue(everything)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

function oneOf(name: string, label: string, says: string, query: string, first: string): Variable {
  return choice(name, label, says, query).multi(false).includeAll(false).current({ text: first, value: first });
}

const attempts = (...narrowed: Parameters<typeof selector>[0]) => selector(narrowed)('mirror_probe_attempts_total');

/** Where we watch from: the label that Prometheus sets on its scrape targets. */
export const vantage = anyOf(
  'vantage',
  'Vantage',
  'The place where the daemon runs: a label of the scrape target. Without this label, select All.',
  'label_values(mirrorwatch_build_info, vantage)',
);

export const ecosystem = anyOf(
  'ecosystem',
  'Ecosystem',
  'The kind of content that the mirrors serve.',
  `label_values(${attempts('vantage')}, ecosystem)`,
);

export const registry = anyOf(
  'registry',
  'Mirror',
  'The mirrors by their name in the configuration.',
  `label_values(${attempts('vantage', 'ecosystem')}, registry)`,
);

export const module = anyOf(
  'module',
  'Module',
  'The modules as configured.',
  `label_values(${attempts('vantage', 'ecosystem', 'registry')}, module)`,
);

export const version = anyOf(
  'version',
  'Version',
  'The versions as configured; latest is the value "latest".',
  `label_values(${attempts('vantage', 'ecosystem', 'registry', 'module')}, version)`,
);

/** One kind of request: times of different steps have no common mean. What each ecosystem calls it is no reason to miss its mirrors. */
export const step: Variable = new dashboard.CustomVariableBuilder('step')
  .label('Step')
  .description(
    'One kind of request. Times of different kinds have no meaningful mean. canary and artifact stand for the steps of every ecosystem.',
  )
  .values(stepChoices.map(({ text, value }) => `${text} : ${value}`).join(', '))
  .options(stepChoices.map((choice, index) => ({ ...choice, selected: index === 0 })))
  .current({ selected: true, ...firstStep })
  .multi(false)
  .includeAll(false);

/** A fresh or a kept connection: times of both have no common mean either. */
export const connection = oneOf(
  'connection',
  'Connection',
  'cold: a new connection for each probe. warm: a kept connection.',
  `label_values(${selector(['vantage', 'ecosystem'])('mirror_probe_last_rtt_seconds')}, connection)`,
  'cold',
);

/** How far back quantiles and shares look. */
export const window: Variable = new dashboard.IntervalVariableBuilder('window')
  .label('Look back')
  .description('How much time each point covers. Use at least 40 intervals of the step: 20 min at 30 s, 4 h at 5 min.')
  .values('20m,1h,4h,1d')
  .auto(false)
  .current({ text: '20m', value: '20m' });

const ofVantage = selector(['vantage']);

/** The daemon's own pages, for links from a number to the probes behind it. */
export const daemonUrl = choice(
  'daemon_url',
  'Daemon',
  'The page of the daemon: labels.page of its configuration, else the address that Prometheus scrapes. Links lead to its pages of mirrors and probes.',
  `query_result(max by (page) (${ofVantage('mirrorwatch_place_info', { page: '!=' })} or on (job, instance) label_replace(${ofVantage('mirrorwatch_build_info')}, "page", "http://$1", "instance", "(.+)")))`,
)
  .regex('/page="([^"]+)"/')
  .multi(false)
  .includeAll(false);
