import type { ProbeContext } from '../../core/ports.ts';

/** The platform whose manifest is chosen from an image index, which lists one manifest for each platform. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /**
   * The variant of the architecture, such as `v8`. `null`: in a setting, any variant; in an index, no variant is
   * stated.
   */
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
