import type { Config } from '../../core/config.ts';
import { needsToken } from './hands.ts';

/** Where the command line looks by itself. */
const usual = 'http://127.0.0.1:10120';

/** What a `mirrorwatch` command needs to reach this daemon from this machine: nothing at the usual place. */
export function reach(config: Config): string {
  const { host, port, tls } = config.listen;
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `${tls === null ? 'http' : 'https'}://${here.includes(':') ? `[${here}]` : here}:${port}`;
  return `${url === usual ? '' : ` --url ${url}`}${needsToken(config) ? ' --token-file FILE' : ''}`;
}
