import { type Link, openLink } from '../support/link.ts';
import { commandPath } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';

/** A place behind a link of its own, in an address prefix of its own: as independent as two hosts of the world. */
export interface FarPlace {
  readonly link: Link;
  /** Namespace and address of servers there. */
  readonly ns: string;
  readonly host: string;
  readonly close: () => Promise<void>;
}

/**
 * Opens a link from this network to a new namespace and gives its far end an address outside the link's own prefix:
 * links lie side by side in one /24, which would make all mirrors behind them one (docs/decisions/0009).
 * @param place  from 1 to 100, another one for each place of a test
 */
export async function openFarPlace(place: number): Promise<FarPlace> {
  const link = await openLink({ near: 'host' });
  // 10.77.x.y belongs to this link alone, so 10.(100 + place).x.y does too.
  const [, , third, fourth] = link.addrB.split('.');
  const host = `10.${100 + place}.${third}.${fourth}`;
  const ip = commandPath('ip');
  await mustRun(ip, ['-n', link.nsB, 'addr', 'add', `${host}/32`, 'dev', 'lo']);
  await mustRun(ip, ['route', 'replace', `${host}/32`, 'via', link.addrB]);
  return { link, ns: link.nsB, host, close: link.close };
}
