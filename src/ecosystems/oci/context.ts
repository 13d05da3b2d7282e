import type { ProbeContext } from '../../core/ports.ts';

/** The platform whose manifest is chosen from an index. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** The variant of the architecture, such as `v8`; `null`: any, or not stated. */
  readonly variant: string | null;
}

export interface OciSettings {
  readonly platform: Platform;
}

export interface OciOwn {
  readonly platform: Platform;
  /** True if requests have `?ns=` with the name of the upstream registry, like those of containerd. */
  readonly ns: boolean;
}

export type OciContext = ProbeContext<OciOwn>;

/** Parses `os/architecture` or `os/architecture/variant`; `null` for any other text. */
export function parsePlatform(text: string): Platform | null {
  const [, os, architecture, variant = null] = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  return os === undefined || architecture === undefined ? null : { os, architecture, variant };
}
