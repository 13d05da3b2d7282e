import { phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { parseFields } from '../../parse-json.ts';
import { headTextOf } from '../format.ts';
import { type Head, headUrlOf, linesBy, type Profile, type ProfileReading, sound, unsound } from '../profile.ts';

const sha256 = /^[0-9a-f]{64}$/;
/**
 * Matches the path of an index file, which depends on the length of the crate's name: `1/a`, `2/io`, `3/u/url`,
 * `se/rd/serde`.
 */
const indexFile = /(?:^|\/)(?:1\/[^/]|2\/[^/]{2}|3\/[^/]\/[^/]{3}|[^/]{2}\/[^/]{2}\/[^/]{4,})$/;

function read({ path, body, isWhole }: Pick<Head, 'path' | 'body' | 'isWhole'>): ProfileReading | null {
  const text = headTextOf(body, body.length);
  if (/(^|\/)config\.json$/.test(path))
    return isText(json(text)['dl']) ? sound() : unsound(phrase('answer.cratesConfig'));
  if (!indexFile.test(path)) return null;
  const [first = '', more] = text.split('\n', 2);
  if (more === undefined && !isWhole) return sound();
  const { name, vers, cksum } = json(first);
  const wanted = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const isLine = isText(name) && typeof vers === 'string' && typeof cksum === 'string' && sha256.test(cksum);
  return isLine && name.toLowerCase() === wanted ? sound() : unsound(phrase('answer.crateVersions'));
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
  spec: [
    'https://doc.rust-lang.org/cargo/reference/registry-index.html',
    'https://doc.rust-lang.org/cargo/reference/source-replacement.html',
  ],
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
  lines: linesBy(cargoConfig, phrase('note.cratesFrom')),
};
