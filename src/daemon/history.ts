import { createHash } from 'node:crypto';
import type { Config } from '../core/config.ts';
import type { Now, Store } from '../core/ports.ts';

/** An id for this life of the daemon: its start, told apart from another that began in the same millisecond. */
export function lifeOf(store: Store, now: Now): string {
  let id = Math.max(0, Math.floor(now.wallMs)).toString(36);
  while (store.get('answer', `${id}-000001`) !== null) id += 'x';
  return id;
}

/**
 * What is judged by and asked, as twelve hex digits: equal where two configurations would judge alike. Nothing secret
 * goes into it.
 */
export function settingsOf(config: Config): string {
  const { detect, advise, schedule, steps, controls, modules } = config;
  const mirrors = config.mirrors.map(({ name, upstream, url, role, weight }) => [name, upstream, url, role, weight]);
  const text = JSON.stringify({ detect, advise, schedule, steps, controls, modules, mirrors });
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
