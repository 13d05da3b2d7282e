import { createHash } from 'node:crypto';
import type { Config } from '../core/config.ts';

/**
 * Returns eight hexadecimal digits. They are equal for places that monitor the same mirrors and modules by the same
 * rules. Settings that differ by place are left out: name, listener, receivers, credentials, routes.
 */
export function configHashOf({ mirrors, modules, schedule, steps, detect, advise, settings }: Config): string {
  const hash = createHash('sha256');
  const add = (part: unknown): void => void hash.update(JSON.stringify(part) ?? '');
  for (const { name, ecosystem, upstream, url, role, weight } of mirrors)
    add([name, ecosystem, upstream, url, role, weight]);
  for (const module of modules) add(module);
  for (const part of [schedule.pace, steps, detect, advise, settings]) add(part);
  return hash.digest('hex').slice(0, 8);
}
