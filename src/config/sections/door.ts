import { dirname, join, normalize } from 'node:path';
import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { baseUrl } from '../../core/url.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { bareUrl, file, flag, integer, mapping, word, wordList } from '../fields.ts';
import type { Reading } from '../reading.ts';
import { makeListenKey, readListen } from './listen.ts';

const ids = registry.all.flatMap(({ id, door }) => (door === undefined ? [] : [id]));

export const doorKey = mapping('Settings of `mirrorwatch door`. Default: no door. See docs/door.md.', {
  listen: makeListenKey('127.0.0.1:10121', 'Off loopback a token or TLS is required, so use the mapping form.', {})
    .describe(
      'The address at which clients reach the front door: an address with port, or a mapping. A change needs a restart.',
    )
    .prefault('127.0.0.1:10121'),
  ecosystems: wordList('An ecosystem that the door serves.', ids, phrase('expected.oneOf', { words: ids.join(', ') }))
    .describe('The ecosystems whose clients the front door serves. Default: all that have mirrors.')
    .optional(),
  daemon: bareUrl(
    'URL of the daemon, for example on another machine. Over https the door sends `listen.token` to it; over http it proves the token. Default: the address in `listen`.',
  ).optional(),
  relay: flag(
    'Whether the front door relays responses itself instead of redirecting clients. The option `--relay` does the same.',
  ).prefault(false),
  perMinute: integer(
    'Maximum number of requests of one client address per minute. Above it, requests get 429. A change needs a restart.',
    60,
    100_000_000,
  ).prefault(limits.doorRequestsPerMinute),
  withdrawn: word(
    'What the door does with requests for a version that the origin withdrew for an hour. `warn`: it serves them, and its access log shows them. `refuse`: it responds 451. The daemon must know the origin.',
    ['warn', 'refuse'],
  ).prefault('warn'),
  orderFile: file(
    'File that stores the last order of mirrors. Default: `door.json` beside the state file. A change needs a restart.',
  ).optional(),
}).optional();

export function readDoor(
  door: z.output<typeof doorKey>,
  { mirrors, listen: main, state }: Pick<Config, 'mirrors' | 'listen' | 'state'>,
  reading: Reading,
): Pick<Config, 'door'> {
  if (door === undefined) return {};
  const monitored = new Set(mirrors.map(({ ecosystem }) => ecosystem));
  for (const [at, id] of (door.ecosystems ?? []).entries())
    if (!monitored.has(id)) reading.warning(['door', 'ecosystems', at], phrase('expected.doorMirrors'));
  const listen = readListen(['door', 'listen'], door.listen, 'door', reading);
  if (listen.port === main.port && listen.port !== 0 && listen.host === main.host)
    reading.error(['door', 'listen'], phrase('expected.doorListen'));
  const orderPath =
    door.orderFile === undefined ? join(dirname(state.path), 'door.json') : reading.resolve(door.orderFile);
  // The order file must not be the state file, because the door replaces the whole order file.
  if (normalize(orderPath) === normalize(state.path))
    reading.error(['door', 'orderFile'], phrase('expected.doorOrder'));
  return {
    door: {
      listen,
      ecosystems: door.ecosystems ?? [...monitored],
      daemon: door.daemon === undefined ? null : (baseUrl(door.daemon)?.url ?? null),
      relay: door.relay,
      perMinute: door.perMinute,
      refusesWithdrawn: door.withdrawn === 'refuse',
      orderPath,
    },
  };
}
