import { limits } from '../../../core/limits.ts';
import { printable } from '../../../core/printable.ts';
import { phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { parseFields } from '../../parse-json.ts';
import { headTextOf } from '../format.ts';
import {
  type Head,
  headUrlOf,
  linesBy,
  type NamedArtifact,
  type Profile,
  type ProfileReading,
  sound,
  unsound,
} from '../profile.ts';

const sha256 = /^[0-9a-f]{64}$/;
const configFile = /(?:^|\/)config\.json$/;
/**
 * Matches the path of an index file, which depends on the length of the crate's name: `1/a`, `2/io`, `3/u/url`,
 * `se/rd/serde`.
 */
const indexFile = /(?:^|\/)(?:1\/[^/]|2\/[^/]{2}|3\/[^/]\/[^/]{3}|[^/]{2}\/[^/]{2}\/[^/]{4,})$/;

function read({ path, body, isWhole }: Pick<Head, 'path' | 'body' | 'isWhole'>): ProfileReading | null {
  const text = headTextOf(body, body.length);
  if (configFile.test(path)) {
    const dl = downloadIn(path, body);
    if (dl === null) return unsound(phrase('answer.cratesConfig'));
    return {
      ...sound(),
      unchecked: phrase('answer.cratesFrom', { host: printable(new URL(dl).host, limits.keyNameChars) }),
    };
  }
  if (!indexFile.test(path)) return null;
  const [first = '', more] = text.split('\n', 2);
  const unchecked = phrase('answer.cratesIndex');
  if (more === undefined && !isWhole) return { ...sound(), unchecked };
  const { name, vers, cksum } = json(first);
  const wanted = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const isLine = isText(name) && typeof vers === 'string' && typeof cksum === 'string' && sha256.test(cksum);
  return isLine && name.toLowerCase() === wanted ? { ...sound(), unchecked } : unsound(phrase('answer.crateVersions'));
}

/** Returns the URL of a usual crate, by config.json. */
function downloadIn(path: string, body: Uint8Array): string | null {
  return configFile.test(path) ? urlOf(json(headTextOf(body, body.length))['dl'], 'serde', '1.0.0', '') : null;
}

/** Returns the last crate of an index file that is not yanked. cargo ignores lines of a later format version. */
function newestIn(path: string, body: Uint8Array): NamedArtifact | null {
  if (!indexFile.test(path)) return null;
  for (const line of headTextOf(body, body.length).trim().split('\n').toReversed()) {
    const { name, vers, cksum, yanked, v = 1 } = json(line);
    if (yanked === true || Number(v) > 2 || !isText(name) || !isText(vers) || !isText(cksum)) continue;
    return { want: cksum, file: 'config.json', urlIn: (text) => urlOf(json(text)['dl'], name, vers, cksum) };
  }
  return null;
}

/**
 * Returns the URL at which cargo downloads a crate.
 * @see https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration
 */
function urlOf(dl: unknown, crate: string, version: string, sum: string): string | null {
  if (!isText(dl)) return null;
  const short = crate.length < 3 ? `${crate.length}` : `3/${crate[0]}`;
  const prefix = crate.length < 4 ? short : `${crate.slice(0, 2)}/${crate.slice(2, 4)}`;
  const values = { crate, version, prefix, lowerprefix: prefix.toLowerCase(), 'sha256-checksum': sum };
  const known = new Map(Object.entries(values));
  const text = dl.replaceAll(/\{([a-z0-9-]+)\}/g, (mark, key: string) => known.get(key) ?? mark);
  const url = text === dl ? `${dl}/${crate}/${version}/download` : text;
  return /^https?:/.test(url) ? (URL.parse(url)?.href ?? null) : null;
}

function json(text: string): Readonly<Record<string, unknown>> {
  const parsed = parseFields(text, phrase('answer.cratesConfig'));
  return parsed.tag === 'ok' ? parsed.value : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

const file = '# ~/.cargo/config.toml';

function cargoConfig(chain: Chain): string {
  return `${file}
[source.crates-io]
replace-with = "mirrorwatch"

[source.mirrorwatch]
registry = "sparse+${headUrlOf(chain, '/')}"`;
}

/** Mirrors with a sparse index of crates. Clients download the crates from the URL in the index's config.json. */
export const crates: Profile = {
  id: 'crates',
  // https://doc.rust-lang.org/cargo/reference/registry-index.html
  // https://doc.rust-lang.org/cargo/reference/source-replacement.html
  client: 'cargo',
  offersHttp2: true,
  withoutHttp2: {
    client: 'cargo',
    setting: 'http.multiplexing=false',
    set: { cargo: `${file}\n[http]\nmultiplexing = false`, json: '{"http.multiplexing":false}' },
    unset: { cargo: `${file}\n# take \`multiplexing = false\` out of [http]`, json: '{}' },
    note: phrase('note.bypassCargo'),
  },
  decodes: true,
  marker: null,
  read,
  newestIn,
  downloadIn,
  lines: linesBy(cargoConfig, phrase('note.cratesFrom')),
};
