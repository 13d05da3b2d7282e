import { utf8 } from '../../core/body.ts';
import type { Sentence } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import { parseFields } from '../parse-json.ts';
import type { Platform } from './context.ts';
import { parseDigest } from './digest.ts';

/**
 * The media types of manifests. If `Accept` lacks one of them, some registries respond "not found", or with a manifest
 * of another digest.
 */
const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;
const imageTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** The `Accept` header of every manifest request. @see docs/protocols/oci.md#accept */
export const acceptManifests = [indexTypes[0], imageTypes[0], indexTypes[1], imageTypes[1]].join(', ');

/** What a manifest or index states about a layer, the config or another manifest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** True if the layer must be fetched from another server (`urls`), so it is not probed. */
  readonly isForeign: boolean;
  /** The platform of a manifest in an index; `null`: not stated. */
  readonly platform: Platform | null;
}

export type Manifest =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'image'; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

/** The maximum number of manifests or layers in a list. Real lists have some tens. */
const descriptorsMax = 1000;

type Unreadable = { readonly expected: Sentence };

/**
 * Parses a manifest from its exact bytes.
 * @param contentType  the header `Content-Type`: clients choose the format by it, so it must name a type of manifest
 * @see docs/protocols/common.md#shapes-of-bodies, docs/protocols/oci.md#accept
 */
export function readManifest(body: Uint8Array, contentType: string | undefined): Manifest | Unreadable {
  const expected = phrase('answer.schema');
  const parsed = parseFields(utf8(body) ?? '', expected);
  if (parsed.tag === 'error') return { expected: parsed.error };
  const { schemaVersion, mediaType, manifests, layers, config, annotations } = parsed.value;
  const notes = [mediaType ?? '', ...Object.values(annotations ?? {})];
  if (typeof (schemaVersion ?? 2) !== 'number' || notes.some((one) => typeof one !== 'string')) return { expected };
  const sent = contentType?.split(';')[0]?.trim() ?? '';
  const isList = indexTypes.some((type) => type === sent);
  if (!isList && !imageTypes.some((type) => type === sent)) return { expected: phrase('answer.contentType') };
  // skopeo refuses an OCI manifest under the Docker type, but not the reverse.
  if (isList !== Array.isArray(manifests) || (sent === imageTypes[1] && mediaType === imageTypes[0]))
    return { expected: phrase('answer.mediaType') };
  // A manifest with `manifests` and also `layers` or `config` is refused: clients could get different images under one
  // digest.
  if (manifests !== undefined && (layers !== undefined || config !== undefined))
    return { expected: phrase('answer.listOrImage') };
  if (Array.isArray(manifests)) {
    const all = descriptors(manifests);
    return all === null ? { expected: phrase('answer.manifestList') } : { kind: 'index', manifests: all };
  }
  const all = Array.isArray(layers) ? descriptors(layers) : null;
  const about = descriptor(config);
  if (all === null || about === null) return { expected: phrase('answer.layers') };
  return { kind: 'image', config: about, layers: all };
}

function descriptors(list: readonly unknown[]): readonly Descriptor[] | null {
  if (list.length > descriptorsMax) return null;
  const read = list.map(descriptor);
  return read.includes(null) ? null : read.filter((one) => one !== null);
}

function descriptor(value: unknown): Descriptor | null {
  if (typeof value !== 'object' || value === null) return null;
  const { mediaType: type, digest, size, urls, platform } = value as Record<string, unknown>;
  const mediaType = typeof type === 'string' ? type : '';
  if (typeof digest !== 'string' || parseDigest(digest) === null) return null;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
  const isForeign = (Array.isArray(urls) && urls.length > 0) || mediaType.includes('.foreign.');
  return { mediaType, digest, size, isForeign, platform: platformOf(platform) };
}

function platformOf(value: unknown): Platform | null {
  if (typeof value !== 'object' || value === null) return null;
  const { os, architecture, variant } = value as Record<string, unknown>;
  if (typeof os !== 'string' || typeof architecture !== 'string') return null;
  return { os, architecture, variant: typeof variant === 'string' ? variant : null };
}

/**
 * Selects the entry of an index to fetch next: the image of the wanted platform, else a nested index, else any image.
 * `null`: there is none. Attestations have the platform `unknown` and are no images.
 */
export function entryFor(manifests: readonly Descriptor[], wanted: Platform): Descriptor | null {
  const isWanted = ({ platform }: Descriptor): boolean =>
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === null || platform.variant === wanted.variant);
  const isList = ({ mediaType }: Descriptor): boolean => indexTypes.some((type) => type === mediaType);
  const isImage = ({ mediaType, platform }: Descriptor): boolean =>
    imageTypes.some((type) => type === mediaType) && platform?.os !== 'unknown';
  return manifests.find(isWanted) ?? manifests.find(isList) ?? manifests.find(isImage) ?? null;
}
