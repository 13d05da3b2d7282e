import type { ProbeContext } from '../../core/ports.ts';
import type { Given } from '../ecosystem.ts';
import type { Expect } from './names.ts';

export interface HttpOwn {
  /** The id of the mirror's profile; `null`: plain files. */
  readonly profile: string | null;
  /** What is expected of the files of the mirror's upstream, by path. */
  readonly expect: Readonly<Record<string, Expect>>;
}

export type HttpContext = ProbeContext<HttpOwn>;

export function buildHttpContext({ mirror, modules }: Given<unknown>): HttpOwn {
  const profile = mirror.own?.['profile'];
  const own = modules.filter(({ upstream, expect }) => upstream === mirror.upstream && expect !== undefined);
  return {
    profile: typeof profile === 'string' ? profile : null,
    expect: Object.fromEntries(own.map(({ module, expect }) => [module, expect as Expect])),
  };
}
