import type { ProbeContext } from '../../core/ports.ts';
import type { Given } from '../ecosystem.ts';

/** What npm's conversations need to know beside the base URL and pinned hashes. */
export interface NpmOwn {
  /** Host names beside the mirror's own that its packuments may lead to, lower-case, without ports. */
  readonly tarballHosts: readonly string[];
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;

/** What npm's conversations need: where artifacts of this mirror may lie. */
export function npmContext({ mirror }: Given): NpmOwn {
  const hosts = mirror.own?.['tarballHosts'];
  return { tarballHosts: Array.isArray(hosts) ? hosts.map((host) => String(host).toLowerCase()) : [] };
}
