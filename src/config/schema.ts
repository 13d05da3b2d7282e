import { z } from 'zod';
import { limits } from '../core/limits.ts';
import { baseUrl } from '../core/url.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import {
  checked,
  duration,
  dwellRange,
  errorOf,
  file,
  integer,
  list,
  mapping,
  name,
  secretText,
  share,
  text,
} from './fields.ts';
import { fleetKey, onAdviceKey, pairKey } from './schema-actions.ts';
import { clientRunsKey } from './schema-clients.ts';
import { makeDoorKey } from './schema-door.ts';
import { clientsKey, modulesKey, ownKeys, privateKey } from './schema-ecosystems.ts';
import { mirror } from './schema-mirror.ts';
import { makeListenKey, schedule, stepsKey } from './schema-schedule.ts';
import { webhook } from './schema-webhook.ts';
import { parseControlUrl } from './urls.ts';

const control = checked(
  'URL of a control; its name is host:port.',
  phrase('expected.urlControl'),
  (value) => parseControlUrl(value) !== null,
);

const detect = mapping({
  spike: mapping({
    consecutive: integer('So many slow samples in a row open a spike.', 1, 100).prefault(3),
    factor: z
      .number(errorOf(phrase('expected.number', { from: '1.1', to: 100 })))
      .min(1.1, errorOf(phrase('expected.number', { from: '1.1', to: 100 })))
      .max(100, errorOf(phrase('expected.number', { from: '1.1', to: 100 })))
      .meta({ description: 'Slow is above this many times the baseline …' })
      .prefault(2.5),
    floor: duration('… and at or above this.', { min: 0, max: limits.timeoutMsMax }).prefault('800ms'),
    clear: integer('So many samples below 1.5 × baseline close it.', 1, 100).prefault(3),
    window: integer('The baseline is the median of so many samples.', 5, 10_000).prefault(120),
    warmup: integer('No verdict before so many samples.', 1, 10_000).prefault(20),
    relearn: duration('A spike that lasts this long becomes a level shift.', {
      min: 60_000,
      max: 7 * 86_400_000,
    }).prefault('2h'),
  })
    .meta({ description: 'When slow responses are a spike.' })
    .prefault({}),
  outage: mapping({
    open: integer('So many canary failures in a row …', 1, 100).prefault(3),
    over: duration('… that span this long open an outage.', { min: 0, max: limits.roundMs }).prefault('4s'),
    close: integer('So many successes close it.', 1, 100).prefault(2),
    share: share('Or this share of failures among the last ten samples.').prefault('50%'),
  })
    .meta({ description: 'When failures are an outage.' })
    .prefault({}),
  lag: mapping({
    limit: duration('A lag whose lower bound exceeds this is a finding.', {
      min: 1_000,
      max: 30 * 86_400_000,
    }).prefault('1h'),
  })
    .meta({ description: 'The limit for lag.' })
    .prefault({}),
});

const advise = mapping({
  hold: duration(
    'Least time between two voluntary moves, and how long the preferred mirror must be well before failback.',
    dwellRange,
  ).prefault('10m'),
  ttl: duration('Advice expires after this.', { min: 60_000, max: 365 * 86_400_000 }).prefault('24h'),
  minGain: share('The minimum relative gain of expected time that justifies a switch.').prefault('20%'),
  failureCost: duration('The cost of a failed build for a person, compared with waiting time.', {
    min: 0,
    max: 86_400_000,
  }).prefault('5m'),
});

/** The file as written: every documented key, its type, default and meaning. What spans several keys is checked afterwards. */
function keysOf(registry: Registry) {
  return {
    vantage: text(
      'The name of the place where this daemon runs, for pages and notices.',
      phrase('expected.shortText'),
      64,
    ).prefault('local'),
    listen: makeListenKey('127.0.0.1:10120', 'Off loopback a token is required, so the mapping form is.')
      .meta({ description: 'HTTP interface: an address, or a mapping. Needs a restart.' })
      .prefault('127.0.0.1:10120'),
    contact: text('Contact address of the operators, sent in the User-Agent.', phrase('expected.emailUrl'), 200)
      .regex(/^[\x21-\x7e]+$/, errorOf(phrase('expected.contact')))
      .optional(),
    schedule: schedule.meta({ description: 'Interval of the canary, and limits on the load of mirrors.' }).prefault({}),
    steps: stepsKey(registry)
      .meta({ description: 'Intervals of single steps: a duration, or { every or cron, timeout }.' })
      .prefault({}),
    mirrors: list(mirror(registry), phrase('expected.listMirrors'), limits.mirrors)
      .min(1, errorOf(phrase('expected.atLeastMirror')))
      .meta({ description: 'The mirrors to monitor.' }),
    controls: list(
      z.union([control, mapping({ name: name('Name of the control, unique.'), url: control })]),
      phrase('expected.listUrls', { block: '{ name, url }' }),
      32,
    )
      .meta({ description: 'Hosts that are not mirrors: they show whether a mirror or this network fails.' })
      .prefault([]),
    clients: clientsKey(registry).meta({ description: 'The chains that clients use today.' }).prefault({}),
    modules: modulesKey(registry).meta({ description: 'The modules to probe at the mirrors.' }).prefault({}),
    private: privateKey(registry)
      .meta({ description: 'Names that are never sent to a public mirror or database.' })
      .prefault({}),
    ...ownKeys(registry),
    detect: detect.meta({ description: 'Verdicts.' }).prefault({}),
    advise: advise.meta({ description: 'Advice.' }).prefault({}),
    webhooks: list(webhook, phrase('expected.listReceivers'), 64)
      .meta({ description: 'Receivers of findings and advice.' })
      .prefault([]),
    alertmanager: mapping(
      {
        token: secretText(
          'Bearer token that Alertmanager sends with its webhook.',
          phrase('expected.token'),
        ).optional(),
        tokenFile: file('File that holds the token.').optional(),
        repeat: duration(
          'The `repeat_interval` of its route to us. An alert not heard of for three of them is taken as ended: one that ends while silenced or inhibited is never said to.',
          { min: 1_000, max: limits.alertAgeMsMax / limits.alertRepeats },
        ).prefault('10m'),
      },
      phrase('expected.mappingToken'),
    )
      .meta({
        description:
          'Who may post alerts to `/api/v1/alertmanager`, beside whoever has the listen token. See docs/loop.md.',
      })
      .optional(),
    clientRuns: clientRunsKey(registry)
      .meta({
        description:
          'Runs real clients against one mirror at a time and compares what they say with our own steps; absent: none. See docs/detection.md.',
      })
      .optional(),
    onAdvice: onAdviceKey,
    fleet: fleetKey,
    pair: pairKey,
    door: makeDoorKey(registry)
      .meta({ description: 'The front door that `mirrorwatch door` opens; absent: none. See docs/door.md.' })
      .optional(),
    shard: mapping({
      index: integer('Which of them this one is, from 0.', 0, limits.shards - 1),
      count: integer('How many daemons share the targets of this place.', 1, limits.shards),
    })
      .meta({
        description:
          'One of several daemons that share the targets of a place. The environment comes first: `MIRRORWATCH_SHARD=0/3`, or `NAME-0/3` with the name of a pod of a StatefulSet. See docs/guides/many-places.md.',
      })
      .optional(),
    labels: mapping({
      group: name('Places of one group get the same advice if one mirror suits all of them.').optional(),
      network: name('Places with the same value share an egress, and count as one witness.').optional(),
      page: checked(
        'URL of the page of this daemon, for links. Default: the scraped address.',
        phrase('expected.daemonUrl'),
        (value) => baseUrl(value)?.user === null,
      ).optional(),
    })
      .meta({ description: 'Labels of this place for `mirrorwatch fleet`. See docs/guides/many-places.md.' })
      .optional(),
    state: mapping({
      path: file('The state file. Needs a restart.').prefault('./data/mirrorwatch.db'),
      keep: duration('How long probes and history are kept.', { min: 3_600_000, max: 3650 * 86_400_000 }).prefault(
        '30d',
      ),
    })
      .meta({ description: 'The state file.' })
      .prefault({}),
    limits: mapping({
      lines: integer(
        'Most lines of /metrics; beyond it whole targets are dropped, last configured first.',
        1000,
        10_000_000,
      ).prefault(500_000),
    })
      .meta({ description: 'Bounds.' })
      .prefault({}),
  };
}

function made(registry: Registry) {
  return mapping(keysOf(registry), phrase('expected.mappingOf'));
}

const schemas = new WeakMap<Registry, ReturnType<typeof made>>();

/** The schema of the file with the keys of these ecosystems; made once for each registry. */
export function schemaOf(registry: Registry): ReturnType<typeof made> {
  const known = schemas.get(registry) ?? made(registry);
  schemas.set(registry, known);
  return known;
}

/** A checked file, units read, defaults filled in; files and cross-checks are still to come. */
export type FileConfig = z.output<ReturnType<typeof made>>;
/** One entry of `mirrors`, checked. */
export type FileMirror = FileConfig['mirrors'][number];
