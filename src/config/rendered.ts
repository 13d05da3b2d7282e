import { isPlainAbroad } from '../core/addresses.ts';
import type { Upstream } from '../core/mirror.ts';
import { snippetOf } from '../core/snippet.ts';
import { type Chain, type Client, isPlainUrl, type Remedy } from '../ecosystems/client.ts';
import { registry } from '../ecosystems/registry.ts';
import { saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';

/** A remedy of a daemon, with the chains of clients before and after it. */
export interface ForeignRemedy extends Upstream {
  readonly chain?: { readonly before: string; readonly after: string };
  readonly remedy: Readonly<Record<string, string>>;
  /** In English. */
  readonly rollback: string;
}

/**
 * True if the lines of a remedy, their file and the rollback are those that this program itself renders for the same
 * mirrors. A daemon that is taken over can then choose the mirrors, and nothing else. Their URLs must be plain, and no line
 * may accept unverified connections to another machine: it would apply to a registry of this name that has a certificate.
 */
export function isAsRendered(foreign: ForeignRemedy): boolean {
  const { ecosystem, chain, remedy, rollback } = foreign;
  const snippet = snippetOf(remedy);
  const urls = `${chain?.before} ${chain?.after}`.split(/[\s,|]+/).filter((word) => URL.canParse(word));
  if (/^[ "]*insecure/m.test(`${snippet?.text}\n${rollback}`) && urls.some(isPlainAbroad)) return false;
  const all = (registry.of(ecosystem)?.clients ?? []).flatMap((client) =>
    chain ? rendered(client, foreign, chain) : [],
  );
  const hasLines = ({ remedy: own }: Remedy): boolean => {
    const text = own[snippet?.form ?? 'json'];
    if (snippet === null || text === undefined) return snippet === null;
    const known = snippetOf({ [snippet.form]: text, json: own['json'] ?? '{}' });
    return snippet.text === text && snippet.file === known?.file;
  };
  return all.some(hasLines) && all.some((one) => saySentence(one.rollback, english) === rollback);
}

/**
 * All remedies that a client can have for two chains: of each profile, for clients that switch or not, and with the lines
 * of its own setting against HTTP/2.
 */
function rendered(
  client: Client,
  { upstream }: ForeignRemedy,
  chains: NonNullable<ForeignRemedy['chain']>,
): readonly Remedy[] {
  const [before, after] = [chains.before, chains.after].map((text) => readPlain(client, text));
  if (before == null || after == null || !/^[a-z0-9][\w.:-]*$/i.test(upstream)) return [];
  return [undefined, ...Object.keys(client.profileForms ?? {})].flatMap((profile) => {
    const mirror = { url: after.members[0]?.plain ?? '', own: { profile } };
    const plain = [after, before].map((to) => client.remedy(before, to, [], { upstream, mirrors: [mirror] }));
    const { set, unset } = client.withoutHttp2?.(mirror) ?? {};
    const none = { remedy: {}, rollback: '', notes: [] };
    const more = [set, unset].flatMap((lines) =>
      lines === undefined ? [] : [...plain, none].map((one) => add(one, lines)),
    );
    return [...plain, ...more];
  });
}

function readPlain(client: Client, text: string): Chain | null {
  const chain = client.parse(text);
  const isPlain = ({ kind, plain }: Chain['members'][number]) => kind !== 'url' || isPlainUrl(plain);
  return chain.tag === 'ok' && chain.value.members.every(isPlain) ? chain.value : null;
}

function add({ remedy, rollback, notes }: Remedy, lines: Readonly<Record<string, string>>): Remedy {
  const both = (first: string, second: string): string => (first === '' ? second : `${first}\n${second}`);
  const { json: _, ...texts } = lines;
  const all = Object.entries(texts).map(([form, text]) => [form, both(remedy[form] ?? '', text)]);
  const [text = ''] = Object.values(texts);
  return {
    remedy: { ...remedy, ...Object.fromEntries(all) },
    rollback: both(saySentence(rollback, english), text),
    notes,
  };
}
