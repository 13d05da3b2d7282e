import { createHash } from 'node:crypto';
import type { Config } from '../core/config.ts';
import type { Now, Store } from '../core/ports.ts';

/** An id of this daemon process: its start time, made unique within a millisecond. */
export function lifeOf(store: Store, now: Now): string {
  let id = Math.max(0, Math.floor(now.wallMs)).toString(36);
  while (store.get('answer', `${id}-000001`) !== null) id += 'x';
  return id;
}

/**
 * A fingerprint of what is probed and how it is judged, as twelve hex digits: equal for two configurations that judge in
 * the same way. It contains no secrets.
 */
export function settingsOf(config: Config): string {
  const { detect, advise, schedule, steps, controls, modules } = config;
  const mirrors = config.mirrors.map(({ name, upstream, url, role, weight }) => [name, upstream, url, role, weight]);
  const text = JSON.stringify({ detect, advise, schedule, steps, controls, modules, mirrors });
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
