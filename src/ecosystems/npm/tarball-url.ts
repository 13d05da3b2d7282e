import type { ProbeFailure } from '../../core/failure.ts';
import { readForeignUrl } from '../../core/foreign-url.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { NpmContext } from './context.ts';

/**
 * The artifact's URL as the packument has it, without its fragment; an error in words where it leads clients past the
 * mirror: to a host that is neither its own nor named in `tarballHosts`, from https to http, or with credentials in it.
 * @see protocols.md 2.2 and 2.8
 */
export function tarballUrl(text: string, { baseUrl, own }: NpmContext): Result<string, ProbeFailure> {
  const url = readForeignUrl(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return wrong('a whole URL');
  if (url.username !== '' || url.password !== '') return wrong('a URL without credentials');
  const base = new URL(baseUrl);
  if (base.protocol === 'https:' && url.protocol === 'http:') return wrong('by https, as the mirror is');
  if (url.hostname !== base.hostname && !own.tarballHosts.includes(url.hostname))
    return wrong("on the mirror's own host or one of its tarballHosts");
  url.hash = '';
  return ok(url.href);
}

function wrong(expected: string): Result<never, ProbeFailure> {
  return error({ kind: 'malformed', expected: `dist.tarball ${expected}` });
}
