import type { Mirror, Upstream } from '../core/mirror.ts';
import known from './known-mirrors.json' with { type: 'json' };

export interface KnownMirror extends Pick<Mirror, 'name' | 'url' | 'role' | 'weight' | 'region'> {
  readonly operator: string;
}

export interface KnownKind extends Upstream {
  /** Keys of `mirrors` that the ecosystem adds. */
  readonly keys: Readonly<Record<string, string>>;
  readonly mirrors: readonly KnownMirror[];
  /** Entries of the key `modules`: what the mirrors serve and probes can request. */
  readonly modules: readonly (string | Readonly<Record<string, string>>)[];
}

export const knownGoMirrors = known.go as readonly KnownMirror[];

/** Mirrors and origins of ecosystems that are not in the built-in configuration. */
export const knownKinds = known.kinds as readonly KnownKind[];

/** Returns the known mirrors of an ecosystem, with the upstream that each mirrors. */
export function listKnownMirrors(ecosystem: string): readonly { readonly url: string; readonly upstream: string }[] {
  return knownKinds
    .filter((kind) => kind.ecosystem === ecosystem)
    .flatMap(({ upstream, mirrors }) => mirrors.map(({ url }) => ({ url, upstream })));
}
