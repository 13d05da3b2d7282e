import { z } from 'zod';
import { limits } from '../core/limits.ts';
import { baseUrl } from '../core/url.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { checked, errorOf, file, integer, list, mapping } from './fields.ts';
import { makeListenKey } from './schema-schedule.ts';

/** The key `door`: no front door where it is absent. */
export function makeDoorKey(registry: Registry) {
  const ids = registry.all.flatMap(({ id, door }) => (door === undefined ? [] : [id]));
  const expected = phrase('expected.oneOf', { words: ids.join(', ') });
  return mapping({
    listen: makeListenKey('127.0.0.1:10121', 'Off loopback a token or TLS is required, so the mapping form is.')
      .meta({ description: 'The address for clients: an address, or a mapping. Needs a restart.' })
      .prefault('127.0.0.1:10121'),
    ecosystems: list(
      z.enum(ids, errorOf(expected)).meta({ description: 'An ecosystem that the door serves.' }),
      phrase('expected.listEach', { what: expected }),
      ids.length,
    )
      .min(1, errorOf(phrase('expected.atLeastOf', { words: ids.join(', ') })))
      .meta({ description: 'The ecosystems whose clients it serves; default: all with mirrors.' })
      .optional(),
    daemon: checked(
      'URL of its daemon, on another machine for example; `listen.token` is sent to it. Default: where `listen` says.',
      phrase('expected.daemonUrl'),
      (value) => baseUrl(value)?.user === null,
    ).optional(),
    relay: z
      .boolean(errorOf(phrase('expected.boolean')))
      .meta({
        description: 'Responses pass through the door instead of a redirect. The option `--relay` does the same.',
      })
      .prefault(false),
    perMinute: integer(
      'Requests of one client (an address) in a minute; beyond them it gets 429.',
      60,
      100_000_000,
    ).prefault(limits.doorRequestsPerMinute),
    orderFile: file(
      'File that keeps the order of mirrors that was last in force. Default: `door.json` beside the state file. Needs a restart.',
    ).optional(),
  });
}
