import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import {
  type Bypass,
  type Chain,
  type Client,
  memberOfUrl,
  offersHttp1,
  offersHttp2,
  parseOneUrl,
  pasteableHeadOf,
  type Remedy,
  walkInOrder,
} from '../client.ts';
import { publicCrates } from './context.ts';

/** cargo's prefix of the URL of a sparse index. */
export const sparse = /^sparse\+/;

function urlIn(chain: string): string {
  return chain.trim().replace(sparse, '');
}

/** Checks the chain of one index. Returns what was expected, or `null` if the text is valid. */
export function checkIndex(chain: string): Sentence | null {
  const url = urlIn(chain);
  return parseOneUrl(url).tag === 'ok' && baseUrl(url) !== null ? null : phrase('expected.cargoIndex');
}

/** The name of the mirror in settings of cargo. */
export const sourceName = 'mirrorwatch';
const file = '# ~/.cargo/config.toml';

/** Returns the settings for an index. An upstream of its own is no replacement: its crates are locked by its URL. */
function settingsFor(url: string, upstream: string): string {
  return upstream === publicCrates
    ? `${file}\n[source.crates-io]\nreplace-with = "${sourceName}"\n\n[source.${sourceName}]\nregistry = "sparse+${url}"`
    : `${file}\n[registries.${upstream}]\nindex = "sparse+${url}"`;
}

const withoutHttp2: Bypass = {
  client: 'cargo',
  setting: 'http.multiplexing=false',
  set: { cargo: `${file}\n[http]\nmultiplexing = false`, json: '{"http.multiplexing":false}' },
  unset: { cargo: `${file}\n# take \`multiplexing = false\` out of [http]`, json: '{}' },
  note: phrase('note.bypassCargo'),
};

function cargoRemedy(before: Chain, after: Chain, upstream: string): Remedy {
  const [url, old] = [pasteableHeadOf(after), pasteableHeadOf(before)];
  const rollback = old === null ? phrase('back.registry') : settingsFor(old, upstream);
  const notes: Sentence[] = [phrase('note.cratesFrom')];
  if ([...before.members, ...after.members].some(({ hasCredentials }) => hasCredentials))
    notes.push(phrase('note.credentials', { from: phrase('note.credentialsOfClient') }));
  if (url === null) return { remedy: {}, rollback, notes: [...notes, phrase('note.urlByHand')] };
  const json = JSON.stringify({ registry: `sparse+${url}`, upstream });
  const ofOwn = upstream === publicCrates ? [phrase('note.cargoWins')] : [phrase('note.cargoOwn', { upstream })];
  return { remedy: { cargo: settingsFor(url, upstream), json }, rollback, notes: [...notes, ...ofOwn] };
}

/**
 * cargo uses one index, and retries it three times (`net.retry`). No status makes it try another one.
 * @see https://doc.rust-lang.org/cargo/reference/source-replacement.html, test/real/cargo.test.ts: cargo 1.95
 */
export const cargoClient: Client = {
  id: 'cargo',
  describes: 'The index that cargo uses today. Default: the mirror of the highest weight.',
  expected: phrase('expected.npmChain'),
  parse: (chain) => parseOneUrl(urlIn(chain)),
  mistake: checkIndex,
  usual: (url) => url ?? '',
  member: memberOfUrl,
  walk: walkInOrder,
  headed: (_chain, to) => ({ members: [to], separators: [] }),
  // cargo compares each crate with the checksum in Cargo.lock.
  verifiesBytes: () => true,
  // Over plain HTTP there is no negotiation of HTTP/2.
  protocols: ({ url }) => (/^https:/i.test(url) ? offersHttp2 : offersHttp1),
  withoutHttp2: () => withoutHttp2,
  forms: ['cargo'],
  userFiles: { cargo: '/.cargo/config.toml' },
  variables: {},
  remedy: (before, after, _privatePatterns, of) => cargoRemedy(before, after, of?.upstream ?? publicCrates),
};
