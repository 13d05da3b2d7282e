import type { z } from 'zod';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { errorOf, integer, mapping, text } from './fields.ts';
import { adviseKey } from './sections/advise.ts';
import { alertmanagerKey } from './sections/alertmanager.ts';
import { makeClientRunsKey } from './sections/client-runs.ts';
import { makeClientsKey } from './sections/clients.ts';
import { controlsKey } from './sections/controls.ts';
import { detectKey } from './sections/detect.ts';
import { makeDoorKey } from './sections/door.ts';
import { makeSettingsKeys } from './sections/ecosystems.ts';
import { fleetKey } from './sections/fleet.ts';
import { labelsKey } from './sections/labels.ts';
import { listenKey } from './sections/listen.ts';
import { makeMirrorsKey } from './sections/mirrors.ts';
import { makeModulesKey, makePrivateKey } from './sections/modules.ts';
import { onAdviceKey } from './sections/on-advice.ts';
import { pairKey } from './sections/pair.ts';
import { makeStepsKey, scheduleKey } from './sections/schedule.ts';
import { shardKey } from './sections/shard.ts';
import { stateKey } from './sections/state.ts';
import { webhooksKey } from './sections/webhooks.ts';

function made(registry: Registry) {
  return mapping(
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
      steps: makeStepsKey(registry),
      mirrors: makeMirrorsKey(registry),
      controls: controlsKey,
      clients: makeClientsKey(registry),
      modules: makeModulesKey(registry),
      private: makePrivateKey(registry),
      ...makeSettingsKeys(registry),
      detect: detectKey,
      advise: adviseKey,
      webhooks: webhooksKey,
      alertmanager: alertmanagerKey,
      clientRuns: makeClientRunsKey(registry),
      onAdvice: onAdviceKey,
      fleet: fleetKey,
      pair: pairKey,
      door: makeDoorKey(registry),
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
}

const schemas = new WeakMap<Registry, ReturnType<typeof made>>();

/** The schema of the configuration file, with the keys of the ecosystems in `registry`. */
export function schemaOf(registry: Registry): ReturnType<typeof made> {
  const known = schemas.get(registry) ?? made(registry);
  schemas.set(registry, known);
  return known;
}

/**
 * A file that fits the schema. Units are converted and defaults are filled in; relations between keys are not checked
 * yet.
 */
export type FileConfig = z.output<ReturnType<typeof made>>;
