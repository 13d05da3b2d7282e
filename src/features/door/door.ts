import { createBuckets } from '../../api/buckets.ts';
import { routesOf } from '../../config/door-routes.ts';
import { isLoopback } from '../../core/addresses.ts';
import type { Config, DoorRule } from '../../core/config.ts';
import { descriptorBoundsFor } from '../../core/descriptors.ts';
import { limits } from '../../core/limits.ts';
import type { Log, WireAccess } from '../../core/ports.ts';
import { ok, type Result } from '../../core/result.ts';
import { urlOfListener } from '../../core/url.ts';
import { bookAccessOf } from '../../daemon/book.ts';
import { systemClock } from '../../io/clock.ts';
import { countOpenDescriptors, readDescriptorLimit } from '../../io/machine.ts';
import { listen } from '../../io/server.ts';
import { systemTimers } from '../../io/timers.ts';
import { createPassages } from '../../wire/passage.ts';
import { daemonOf, followDaemon } from './daemon.ts';
import { createFollowing } from './following.ts';
import { createDoorHandler } from './handler.ts';
import { createDoorMetrics } from './metrics.ts';
import { createStays } from './stay.ts';

export interface Door {
  /** The URL for clients, without a trailing slash. */
  readonly url: string;
  /** Returns the path prefixes that the door serves, such as `/go/`. */
  prefixes(): readonly string[];
  /** Applies a new configuration, except for `listen`, `perMinute` and `orderFile`, which need a restart. */
  reconfigure(config: Config): void;
  /** Waits at most `limits.drainMs` for running requests, then closes. */
  close(): Promise<void>;
}

/** Returns what a door needs. @param version  the version of this program, for the header `User-Agent` */
export function doorPortsWith(log: Log, version: string) {
  return { clock: systemClock, timers: systemTimers, log, version };
}

/**
 * Opens a configuration's front door, which passes responses through instead of redirecting clients.
 * @throws Error if none is configured, or it cannot be opened
 */
export async function openRelay(config: Config, log: Log, version: string): Promise<Door> {
  const { door } = config;
  const opened = door && (await openDoor(config, door, doorPortsWith(log, version), { relay: true }));
  if (opened?.tag !== 'ok') throw new Error('the front door cannot be opened');
  return opened.value;
}

/**
 * Opens the front door. The daemon reports the order of mirrors. Without its report the stored order applies, else the
 * configured one.
 * @param options  `relay`: true passes responses through, even if the configuration sets redirects
 * @returns the error code if the listener cannot be opened
 */
export async function openDoor(
  first: Config,
  rule: DoorRule,
  { clock, timers, log, version }: ReturnType<typeof doorPortsWith>,
  options: { readonly relay: boolean },
): Promise<Result<Door, { readonly code: string }>> {
  const nowMs = (): number => clock.monotonicMs();
  const descriptors = readDescriptorLimit();
  const { outgoing, exchanges } = descriptorBoundsFor(descriptors);
  const metrics = createDoorMetrics({ maxDescriptors: descriptors, countDescriptors: countOpenDescriptors });
  const following = await createFollowing(rule.orderPath, { clock, log, metrics });
  let access: ReadonlyMap<string, WireAccess> = new Map();
  const passages = createPassages({ clock, timers, socketsMax: outgoing });
  const mayUseSecrets = rule.listen.token !== null || isLoopback(rule.listen.host);
  let isOpen = true;
  let door: Config['door'];

  function configure(config: Config): { close(): void } {
    door = config.door;
    access = accessIn(config, mayUseSecrets, version);
    following.configure(routesOf(config));
    return followDaemon(daemonOf(config), following, timers);
  }

  const handler = createDoorHandler({
    listen: rule.listen,
    following,
    ...bucketsOf(rule, nowMs),
    stays: createStays(nowMs),
    isRelay: () => options.relay || door?.relay === true,
    refusesWithdrawn: () => door?.refusesWithdrawn === true,
    passing: { count: 0, max: Math.min(limits.doorPassing, exchanges) },
    pass: {
      passages,
      timers,
      accessOf: (name) => access.get(name) ?? null,
      usualMs: (name) => following.usualMs(name),
      held: { bytes: 0 },
      unread: new Map(),
      pending: new Set(),
      nowMs,
    },
    metrics,
    log,
    isReady: () => isOpen,
    nowMs,
  });
  const listening = await listen(handler, rule.listen);
  if (listening.tag === 'error') return listening;
  if (descriptors !== null) log.info('descriptors', { descriptors });
  metrics.followed(false);
  let followed = configure(first);
  return ok({
    url: urlOfListener({ ...rule.listen, port: listening.value.port }),
    prefixes: () => following.routes.map(({ prefix }) => prefix),
    reconfigure(config) {
      if (!isOpen) return;
      followed.close();
      followed = configure(config);
    },
    async close() {
      isOpen = false;
      followed.close();
      await listening.value.close(limits.drainMs);
      await passages.close();
      await following.done();
    },
  });
}

/** The access to mirrors that the door may use: without `mayUseSecrets`, only to those without credentials. */
function accessIn(config: Config, mayUseSecrets: boolean, version: string): ReadonlyMap<string, WireAccess> {
  const usable = config.mirrors.filter(
    ({ access: { auth, tls } }) => mayUseSecrets || (auth === null && tls.client === null),
  );
  return new Map(usable.map((mirror) => [mirror.name, bookAccessOf(config, mirror, version)]));
}

function bucketsOf({ perMinute }: DoorRule, nowMs: () => number) {
  return {
    requests: createBuckets(perMinute, nowMs),
    refused: createBuckets(limits.refusedRequestsPerMinute, nowMs),
    refusedLines: createBuckets(limits.doorRefusedLinesPerMinute, nowMs),
  };
}
