import type { ProbeContext } from '../../core/ports.ts';

/** Of which machine a platform's manifest is taken from an index. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
}

/** The key of `own` settings. */
export interface OciSettings {
  readonly platform: Platform;
}

/** What conversations with a registry need beside its base. */
export interface OciOwn {
  readonly platform: Platform;
  /** Whether it is told by `?ns=` whose image is asked for, as containerd tells mirrors. */
  readonly ns: boolean;
}

/** The context of a conversation with a registry. */
export type OciContext = ProbeContext<OciOwn>;

/** Reads `os/architecture` or `os/architecture/variant`; `null` for anything else. */
export function parsePlatform(text: string): Platform | null {
  const [, os, architecture, variant = null] = /^([a-z0-9]+)\/([a-z0-9]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  return os === undefined || architecture === undefined ? null : { os, architecture, variant };
}
