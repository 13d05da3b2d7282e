import { dirname } from 'node:path';
import type { z } from 'zod';
import { isLoopback } from '../core/addresses.ts';
import type { Config, Listen } from '../core/config.ts';
import { readHeaders } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import { definedOf, partOf } from '../core/part.ts';
import { Secret } from '../core/secret.ts';
import { baseUrl } from '../core/url.ts';
import { phrase } from '../words/tell.ts';
import {
  bareUrl,
  checkPlainUrl,
  durationField,
  dwellRange,
  errorOf,
  file,
  headers,
  integer,
  mapping,
  name,
  secretText,
  share,
  text,
} from './fields.ts';
import type { Reading, Report } from './reading.ts';
import { clientRunsKey, readClientRuns } from './sections/client-runs.ts';
import { clientsKey, readClients } from './sections/clients.ts';
import { controlsKey, readControls } from './sections/controls.ts';
import { detectKey, readDetect } from './sections/detect.ts';
import { doorKey, readDoor } from './sections/door.ts';
import { allowKey, makeSettingsKeys, readNeeds, readSettings } from './sections/ecosystems.ts';
import { bearerToken, listenKey, readListen } from './sections/listen.ts';
import { mirrorsKey, readMirrors } from './sections/mirrors.ts';
import { type Modules, modulesKey, privateKey, readModules } from './sections/modules.ts';
import { onAdviceKey, readActions } from './sections/on-advice.ts';
import { readPaces, scheduleKey, stepsKey } from './sections/schedule.ts';
import { readReceivers, webhooksKey } from './sections/webhooks.ts';

const adviseKey = mapping('When a switch is advised, and how long advice is valid.', {
  hold: durationField(
    'Minimum time from a switch to the failback (the switch back to the preferred mirror), or to a switch because of lag. Within this time, a switch because of slowness needs 1.5 times the evidence. A failback also needs 48 good responses in a row of the preferred mirror. After a bad response, it needs up to 98. So with a shorter value the failback is rarely earlier. Advice to leave a mirror that is down or serves wrong bytes never waits.',
    dwellRange,
  ).prefault('10m'),
  ttl: durationField(
    'How long advice is valid after it was issued, accepted or renewed. At the end, advice that still applies is renewed.',
    { min: 60_000, max: 365 * 86_400_000 },
  ).prefault('24h'),
  minGain: share('The minimum relative gain of expected time that justifies a switch.').prefault('20%'),
  failureCost: durationField(
    'The cost of a failed build, stated as waiting time: one failure counts as much as a build that takes this much longer.',
    {
      min: 0,
      max: 86_400_000,
    },
  ).prefault('5m'),
  allow: allowKey(),
}).prefault({});

function readAdvise({
  hold,
  ttl,
  minGain,
  failureCost,
}: z.output<typeof adviseKey>): Omit<Config['advise'], 'needs' | 'protections'> {
  return { holdMs: hold, ttlMs: ttl, minGain, failureCostMs: failureCost };
}

const alertmanagerKey = mapping(
  'Credentials for posts to `/api/v1/alertmanager`. The listen token is accepted too. See docs/loop.md.',
  {
    token: secretText('Bearer token that Alertmanager sends with its webhook.', phrase('expected.token')).optional(),
    tokenFile: file('File that contains the bearer token.').optional(),
    repeat: durationField(
      'The `repeat_interval` of the Alertmanager route to this daemon. An alert that is not received for 3 × this counts as ended. Alertmanager sends no end for silenced or inhibited alerts.',
      { min: 1_000, max: limits.alertAgeMsMax / limits.alertRepeats },
    ).prefault('10m'),
  },
  phrase('expected.mappingToken'),
).optional();

function readAlertmanager(
  alertmanager: z.output<typeof alertmanagerKey>,
  listen: Listen,
  reading: Reading,
): Pick<Config, 'alertmanager'> {
  if (alertmanager === undefined) return {};
  const { token, tokenFile, repeat } = alertmanager;
  if ((token === undefined) === (tokenFile === undefined)) {
    reading.error(['alertmanager'], phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
    return {};
  }
  const secret = bearerToken(['alertmanager'], { token, tokenFile }, isLoopback(listen.host) ? null : 'error', reading);
  return secret === null ? {} : { alertmanager: { token: new Secret(secret), repeatMs: repeat } };
}

/** A key of 1.0, which the next minor version does not accept any more. See decision 0218. */
const pairKey = mapping(
  'Ended: two daemons of a place no longer agree which of them acts. While this key is set, all actions are dry runs. Give actions to one daemon only, and remove the key. See docs/actions.md.',
  {
    etcd: bareUrl('Ended, as `pair`.').optional(),
    lease: durationField('Ended, as `pair`.', { min: 3_000, max: 20_000 }).prefault('15s'),
  },
).optional();

const fleetKey = mapping(
  'The store with the metrics of all places, for `when.places` of actions. See docs/actions.md.',
  {
    store: bareUrl('URL of a store that is compatible with Prometheus.'),
    headers,
  },
).optional();

function readFleetKeys(fleet: z.output<typeof fleetKey>, report: Report): Pick<Config, 'fleet'> {
  if (fleet === undefined) return {};
  checkPlainUrl(['fleet', 'store'], fleet.store, fleet.headers, report);
  const store = baseUrl(fleet.store);
  return store === null ? {} : { fleet: { store: store.url, headers: readHeaders(fleet.headers) ?? {} } };
}

const shardKey = mapping(
  'Settings of one of several daemons that share the targets of one place. The environment variable `MIRRORWATCH_SHARD` overrides this key: `0/3`, or `NAME-0/3` with the name of a pod of a StatefulSet. See docs/guides/many-places.md.',
  {
    index: integer('Index of this daemon, from 0.', 0, limits.shards - 1),
    count: integer('Number of daemons that share the targets of this place.', 1, limits.shards),
  },
).optional();

const shardPattern = /^(?:.*-)?(\d{1,4})\/(\d{1,4})$/;

/**
 * Reads the shard (the part of the targets that this daemon probes) from the environment, else from the file; empty:
 * this daemon probes all targets.
 */
function readShard(shard: z.output<typeof shardKey>, { env, error }: Reading): Pick<Config, 'shard'> {
  const set = env['MIRRORWATCH_SHARD'] ?? '';
  const [, index, count] = shardPattern.exec(set) ?? [];
  const wanted = set === '' ? shard : { index: Number(index ?? 1), count: Number(count ?? 0) };
  if (wanted === undefined) return {};
  if (wanted.index < wanted.count && wanted.count <= limits.shards) return wanted.count === 1 ? {} : { shard: wanted };
  const seen = set === '' ? `${wanted.index}` : `MIRRORWATCH_SHARD=${set}`;
  error(['shard'], phrase('expected.shard', { most: limits.shards }), { seen });
  return {};
}

const labelsKey = mapping('Labels of this place for `mirrorwatch fleet`. See docs/guides/many-places.md.', {
  group: name('The group of this place. `when.places` of actions counts the places of one group.').optional(),
  network: name('Places with the same value share an egress, so they count as one observer.').optional(),
  page: bareUrl('URL of the page of this daemon, for links. Default: the address that Prometheus scrapes.').optional(),
}).optional();

function readLabels(labels: z.output<typeof labelsKey>): Pick<Config, 'labels'> {
  if (labels === undefined) return {};
  const { group, network, page } = labels;
  return { labels: definedOf({ group, network, page: page?.replace(/(?<!\/)\/+$/, '') }) };
}

const stateKey = mapping('The state file.', {
  path: file('Path of the state file (SQLite), readable for its owner only. A change needs a restart.').prefault(
    './data/mirrorwatch.db',
  ),
  keep: durationField('How long stored probes and history are kept.', {
    min: 3_600_000,
    max: 3650 * 86_400_000,
  }).prefault('30d'),
}).prefault({});

/** Reads `state`. A missing folder is no mistake: it is created at start. */
export function readState({ path, keep }: z.output<typeof stateKey>, reading: Reading): Config['state'] {
  const at = ['state', 'path'];
  const absolute = reading.resolve(path);
  if (path.endsWith('/') || reading.kind(absolute) === 'folder')
    reading.error(at, phrase('expected.pathFolder'), { usual: path });
  else if (reading.kind(dirname(absolute)) === 'file_or_below_file')
    reading.error(at, phrase('expected.pathIn'), { usual: path });
  // Only a warning, because 1.0 accepts this path too, as the name of a file.
  else if (path === ':memory:') reading.warning(at, phrase('expected.pathMemory'));
  return { path: absolute, keepMs: keep };
}

/** The schema of the configuration file. */
export const fileSchema = mapping(
  null,
  {
    vantage: text(
      'Name of the place where this daemon runs, shown on pages and in notices.',
      phrase('expected.shortText'),
      64,
    ).prefault('local'),
    listen: listenKey,
    contact: text('Contact address of the operators, sent in the User-Agent.', phrase('expected.emailUrl'), 200)
      .regex(/^[\x21-\x7e]+$/, errorOf(phrase('expected.contact')))
      .optional(),
    schedule: scheduleKey,
    steps: stepsKey,
    mirrors: mirrorsKey,
    controls: controlsKey,
    clients: clientsKey,
    modules: modulesKey,
    private: privateKey,
    ...makeSettingsKeys(),
    detect: detectKey,
    advise: adviseKey,
    webhooks: webhooksKey,
    alertmanager: alertmanagerKey,
    clientRuns: clientRunsKey,
    onAdvice: onAdviceKey,
    fleet: fleetKey,
    pair: pairKey,
    door: doorKey,
    shard: shardKey,
    labels: labelsKey,
    state: stateKey,
    limits: mapping('Limits of this daemon.', {
      lines: integer(
        'Maximum number of lines of /metrics. If there would be more, /metrics omits whole targets, the last configured first.',
        1000,
        10_000_000,
      ).prefault(500_000),
    }).prefault({}),
  },
  phrase('expected.mappingOf'),
);

/**
 * A file that fits the schema. Units are converted and defaults are filled in; relations between keys are not checked
 * yet.
 */
export type FileConfig = z.output<typeof fileSchema>;

/**
 * Builds the configuration from a checked file. @param path  the path of the file; `null`: the text comes from no file
 */
export function buildConfig(
  file: FileConfig,
  path: string | null,
  reading: Reading,
): { readonly config: Config; readonly modules: Modules } {
  const clients = readClients(file.clients);
  const mirrors = readMirrors(file.mirrors, { timeZone: file.schedule.timeZone, clients }, reading);
  const modules = readModules({ modules: file.modules, private: file.private, mirrors, ...clients }, reading);
  const listen = readListen(['listen'], file.listen, 'daemon', reading);
  const state = readState(file.state, reading);
  const besideActions = {
    mirrors,
    hasFleet: file.fleet !== undefined,
    isHeld: file.pair !== undefined,
  };
  const config: Config = {
    path,
    vantage: file.vantage,
    listen,
    contact: file.contact ?? null,
    ...readPaces({ schedule: file.schedule, steps: file.steps, mirrors }, reading),
    mirrors,
    controls: readControls(file.controls, reading),
    ...clients,
    ...partOf(modules, 'modules', 'pinned', 'pinnedAt'),
    private: file.private,
    settings: readSettings(file, reading),
    detect: readDetect(file.detect, reading),
    advise: { ...readAdvise(file.advise), ...readNeeds(file, file.advise.allow) },
    webhooks: readReceivers(file.webhooks, mirrors, reading),
    ...readAlertmanager(file.alertmanager, listen, reading),
    ...readClientRuns(file.clientRuns, mirrors, reading),
    ...readActions(file.onAdvice, besideActions, reading),
    ...readFleetKeys(file.fleet, reading),
    ...readDoor(file.door, { mirrors, listen, state }, reading),
    ...readShard(file.shard, reading),
    ...readLabels(file.labels),
    state,
    limits: file.limits,
  };
  return { config, modules };
}
