import type { ProbeContext } from '../../core/ports.ts';

/** The platform whose manifest is chosen from an index. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** The key of `own` settings. */
export interface OciSettings {
  readonly platform: Platform;
}

/** The inputs of conversations with a registry besides the base URL. */
export interface OciOwn {
  readonly platform: Platform;
  /** Whether requests carry `?ns=` with the upstream registry, as containerd sends it to mirrors. */
  readonly ns: boolean;
}

/** The context of a conversation with a registry. */
export type OciContext = ProbeContext<OciOwn>;

/** Reads `os/architecture` or `os/architecture/variant`; `null` for anything else. */
export function parsePlatform(text: string): Platform | null {
  const [, os, architecture, variant = null] = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  return os === undefined || architecture === undefined ? null : { os, architecture, variant };
}
