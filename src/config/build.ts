import type { Config } from '../core/config.ts';
import type { Reading } from './reading.ts';
import type { FileConfig } from './schema.ts';
import { readAdvise } from './sections/advise.ts';
import { readAlertmanager } from './sections/alertmanager.ts';
import { readClientRuns } from './sections/client-runs.ts';
import { readClients } from './sections/clients.ts';
import { readControls } from './sections/controls.ts';
import { readDetect } from './sections/detect.ts';
import { readDoor } from './sections/door.ts';
import { readSettings } from './sections/ecosystems.ts';
import { readFleetKeys } from './sections/fleet.ts';
import { readLabels } from './sections/labels.ts';
import { readListen } from './sections/listen.ts';
import { readMirrors } from './sections/mirrors.ts';
import { type Modules, readModules } from './sections/modules.ts';
import { readActions } from './sections/on-advice.ts';
import { readPaces } from './sections/schedule.ts';
import { readShard } from './sections/shard.ts';
import { readState } from './sections/state.ts';
import { readReceivers } from './sections/webhooks.ts';

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
    modules: modules.modules,
    pinned: modules.pinned,
    pinnedAt: modules.pinnedAt,
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
