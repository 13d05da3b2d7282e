import type { z } from 'zod';
import type { Config } from '../core/config.ts';
import { partOf } from '../core/part.ts';
import { phrase } from '../words/tell.ts';
import { errorOf, integer, mapping, text } from './fields.ts';
import type { Reading } from './reading.ts';
import { adviseKey, readAdvise } from './sections/advise.ts';
import { alertmanagerKey, readAlertmanager } from './sections/alertmanager.ts';
import { clientRunsKey, readClientRuns } from './sections/client-runs.ts';
import { clientsKey, readClients } from './sections/clients.ts';
import { controlsKey, readControls } from './sections/controls.ts';
import { detectKey, readDetect } from './sections/detect.ts';
import { doorKey, readDoor } from './sections/door.ts';
import { makeSettingsKeys, readSettings } from './sections/ecosystems.ts';
import { fleetKey, readFleetKeys } from './sections/fleet.ts';
import { labelsKey, readLabels } from './sections/labels.ts';
import { listenKey, readListen } from './sections/listen.ts';
import { mirrorsKey, readMirrors } from './sections/mirrors.ts';
import { type Modules, modulesKey, privateKey, readModules } from './sections/modules.ts';
import { onAdviceKey, readActions } from './sections/on-advice.ts';
import { pairKey } from './sections/pair.ts';
import { readPaces, scheduleKey, stepsKey } from './sections/schedule.ts';
import { readShard, shardKey } from './sections/shard.ts';
import { readState, stateKey } from './sections/state.ts';
import { readReceivers, webhooksKey } from './sections/webhooks.ts';

/** The schema of the configuration file. */
export const fileSchema = mapping(
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
    limits: mapping({
      lines: integer(
        'Maximum number of lines of /metrics. If there would be more, /metrics omits whole targets, the last configured first.',
        1000,
        10_000_000,
      ).prefault(500_000),
    })
      .meta({ description: 'Limits of this daemon.' })
      .prefault({}),
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
    advise: readAdvise(file.advise),
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
