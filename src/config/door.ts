import { dirname, join, normalize } from 'node:path';
import type { Config, Listen } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import { baseUrl } from '../core/url.ts';
import { phrase } from '../words/tell.ts';
import { readListen, tokenOrTlsNeeded } from './listen.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';

/** The key `door`; nothing where the file has none. */
export function readDoor(
  file: FileConfig,
  mirrors: readonly Mirror[],
  main: Listen,
  reader: Reader,
  report: Report,
): Pick<Config, 'door'> {
  const { door } = file;
  if (door === undefined) return {};
  const watched = new Set(mirrors.map(({ ecosystem }) => ecosystem));
  for (const [at, id] of (door.ecosystems ?? []).entries())
    if (!watched.has(id)) report.warning(['door', 'ecosystems', at], phrase('expected.doorMirrors'));
  const path = reader.resolve(file.state.path);
  const listen = readListen(['door', 'listen'], door.listen, tokenOrTlsNeeded, reader, report);
  if (listen.port === main.port && listen.port !== 0 && listen.host === main.host)
    report.error(['door', 'listen'], phrase('expected.doorListen'));
  const orderPath = door.orderFile === undefined ? join(dirname(path), 'door.json') : reader.resolve(door.orderFile);
  // The door replaces this file as a whole.
  if (normalize(orderPath) === normalize(path)) report.error(['door', 'orderFile'], phrase('expected.doorOrder'));
  return {
    door: {
      listen,
      ecosystems: door.ecosystems ?? [...watched],
      daemon: door.daemon === undefined ? null : (baseUrl(door.daemon)?.url ?? null),
      relay: door.relay,
      perMinute: door.perMinute,
      orderPath,
    },
  };
}
