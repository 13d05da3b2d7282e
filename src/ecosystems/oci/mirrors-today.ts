import { baseUrl } from '../../core/base-url.ts';
import type { Place } from '../../core/trap.ts';
import { dockerHub } from './image-name.ts';
import type { OciFound } from './settings-found.ts';

/** Mirrors of Docker Hub as clients here have them, in their order, and where. */
interface MirrorsToday {
  readonly urls: readonly string[];
  readonly place: Place;
}

/** Of containerd, else of Docker, else of podman; `null`: none of them has any. Credentials are left out. */
export function mirrorsToday(found: OciFound): MirrorsToday | null {
  const all = [...ofContainerd(found), ...ofDocker(found), ...ofPodman(found)];
  const usable = all.map(({ urls, place }) => ({ urls: urls.flatMap((url) => plainUrl(url) ?? []), place }));
  return usable.find(({ urls }) => urls.length > 0) ?? null;
}

function plainUrl(text: string): string | null {
  if (baseUrl(text) === null) return null;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}

/** Its `server`, which is asked last, is the registry itself as a rule. */
function ofContainerd({ hosts }: OciFound): readonly MirrorsToday[] {
  return hosts
    .filter(({ registry }) => registry === dockerHub)
    .map(({ file, lines }) => ({
      urls: lines.flatMap(({ text }) => /^\s*\[\s*host\s*\.\s*["']([^"']+)["']\s*\]/.exec(text)?.[1] ?? []),
      place: { file, line: null },
    }));
}

function ofDocker({ daemons }: OciFound): readonly MirrorsToday[] {
  return daemons.map(({ file, text }) => ({ urls: registryMirrors(text), place: { file, line: null } }));
}

function registryMirrors(text: string): readonly string[] {
  try {
    const mirrors = (JSON.parse(text) as { readonly 'registry-mirrors'?: unknown } | null)?.['registry-mirrors'];
    return Array.isArray(mirrors) ? mirrors.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** `[[registry.mirror]]` of the `[[registry]]` whose prefix, or else location, is Docker Hub; TLS unless it is told `insecure`. */
function ofPodman({ registries }: OciFound): readonly MirrorsToday[] {
  const urls: string[] = [];
  let isHub = false;
  let isMirror = false;
  for (const { text } of registries) {
    const [, table] = /^\s*\[\[\s*(registry(?:\.mirror)?)\s*\]\]/.exec(text) ?? [];
    if (table !== undefined) isMirror = table !== 'registry';
    if (table === 'registry') isHub = false;
    const [, key, value = ''] = /^\s*(prefix|location)\s*=\s*["']([^"']+)["']/.exec(text) ?? [];
    if (key !== undefined && !isMirror && value === dockerHub) isHub = true;
    if (key === 'location' && isMirror && isHub) urls.push(`https://${value}`);
  }
  const [first] = registries;
  return first === undefined ? [] : [{ urls, place: { file: first.file, line: null } }];
}
