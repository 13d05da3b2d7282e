import type { ProbeContext } from '../../core/ports.ts';
import type { Given } from '../ecosystem.ts';
import type { Expect } from './names.ts';

/** The inputs of conversations with a file mirror besides the base URL. */
export interface HttpOwn {
  /** The id of the mirror's profile; `null`: plain files. */
  readonly profile: string | null;
  /** What is expected of files of this mirror's upstream, by path; an absent path has no expectations. */
  readonly expect: Readonly<Record<string, Expect>>;
}

/** The context of a conversation with a file mirror. */
export type HttpContext = ProbeContext<HttpOwn>;

/** The inputs of conversations with a mirror: its profile, and the expectations for files of its upstream. */
export function buildHttpContext({ mirror, modules }: Given<unknown>): HttpOwn {
  const profile = mirror.own?.['profile'];
  const own = modules.filter(({ upstream, expect }) => upstream === mirror.upstream && expect !== undefined);
  return {
    profile: typeof profile === 'string' ? profile : null,
    expect: Object.fromEntries(own.map(({ module, expect }) => [module, expect as Expect])),
  };
}
