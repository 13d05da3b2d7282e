import { z } from 'zod';
import type { ClientRunsRule, Config } from '../../core/config.ts';
import type { EcosystemId, Mirror } from '../../core/mirror.ts';
import { error, ok } from '../../core/result.ts';
import { Secret } from '../../core/secret.ts';
import type { Client } from '../../ecosystems/client.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import type { Registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { memberKeysOf } from '../chain.ts';
import { byEcosystem, checked, durationField, errorOf, mapping, readable, wordList } from '../fields.ts';
import type { Reading, Report } from '../issues.ts';

/** The user id of `nobody` and the group id of `nogroup`, on Debian and most other distributions. */
const unprivileged = { uid: 65534, gid: 65534 } as const;
const userForm = /^(\d{1,9}):(\d{1,9})$/;

export function makeClientRunsKey(registry: Registry) {
  const ids = registry.all.flatMap(({ realClients }) => realClients.map(({ id }) => id));
  const expected = phrase('expected.oneOf', { words: ids.join(', ') });
  return mapping(
    {
      every: durationField(
        'Interval of the runs of each client at each mirror of its ecosystem, varied by up to a tenth.',
        {
          min: 60_000,
          max: 7 * 86_400_000,
        },
      ).prefault('6h'),
      clients: wordList('A client that is installed here.', ids, expected).meta({
        description: 'The clients to run, each at every mirror of its ecosystem.',
      }),
      timeout: durationField('Timeout of a run: a longer run is killed and counts as failed.', {
        min: 1_000,
        max: 10 * 60_000,
      }).prefault('5m'),
      user: checked(
        'User that runs the clients if the daemon is root: `nobody`, `self` (root!) or `uid:gid`. If the daemon is not root, the clients run as its user.',
        phrase('expected.user', { user: 'nobody' }),
        (text) => ['nobody', 'self'].includes(text) || userForm.test(text),
      ).prefault('nobody'),
    },
    phrase('expected.mappingWith', { keys: 'clients' }),
  )
    .meta({
      description:
        'Runs real clients against one mirror at a time and compares their results with the probes. Default: none. See docs/detection.md.',
    })
    .optional();
}

/** Returns the user of `clientRuns.user`; `null`: the daemon's own user. */
function userOf(text: string): { readonly uid: number; readonly gid: number } | null {
  if (text === 'nobody') return unprivileged;
  const [, uid, gid] = userForm.exec(text) ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

export function readClientRuns(
  clientRuns: z.output<ReturnType<typeof makeClientRunsKey>>,
  mirrors: readonly Mirror[],
  { registry, error, warning }: Reading,
): Pick<Config, 'clientRuns'> {
  if (clientRuns === undefined) return {};
  const { every, clients, timeout, user } = clientRuns;
  const pairs: ClientRunsRule['pairs'][number][] = [];
  const leftOut: ClientRunsRule['leftOut'][number][] = [];
  const known = registry.all.flatMap(({ id: kind, realClients }) => realClients.map((client) => ({ kind, client })));
  for (const [at, id] of clients.entries()) {
    const path = ['clientRuns', 'clients', at];
    const isTwice = clients.indexOf(id) < at;
    if (isTwice) error(path, phrase('expected.clientOnce'));
    const found = known.find(({ client }) => client.id === id);
    if (found === undefined || isTwice) continue;
    const { kind, client } = found;
    const before = pairs.length;
    for (const mirror of mirrors.filter(({ ecosystem }) => ecosystem === kind)) {
      const because = client.cannot(mirror);
      const pair = { registry: mirror.name, client: id };
      if (because === null) pairs.push(pair);
      else leftOut.push({ ...pair, because });
    }
    if (pairs.length === before)
      warning(path, phrase('expected.runAgainst', { kind, client: id }), { needs: [['mirrors']] });
  }
  const order = new Map(mirrors.map(({ name }, at) => [name, at]));
  pairs.sort((a, b) => (order.get(a.registry) ?? 0) - (order.get(b.registry) ?? 0));
  return { clientRuns: { everyMs: every, pairs, leftOut, timeoutMs: timeout, user: userOf(user) } };
}

/** A chain as text, or as a mapping from the name of its client to the text. */
type FileChain = string | Readonly<Record<string, string>>;

export function makeClientsKey(registry: Registry) {
  return byEcosystem<FileChain>(registry, ({ clients }) => {
    const [first, ...others] = clients;
    if (others.length === 0) return chainOf(first).optional();
    const named = Object.fromEntries(clients.map((client) => [client.id, chainOf(client).optional()]));
    const one = mapping(named).refine(
      (value) => Object.values(value).filter((chain) => chain !== undefined).length === 1,
      errorOf(phrase('expected.chainOf', { clients: clients.map(({ id }) => id).join(', ') })),
    );
    return z
      .union([chainOf(first), one])
      .meta({ description: first.describes })
      .optional();
  })
    .meta({ description: 'The chains (mirrors in order) that clients are configured to use now.' })
    .prefault({});
}

function chainOf(client: Client) {
  return readable(client.describes, client.expected, (text) => {
    const mistake = client.mistake(text);
    return mistake === null ? ok(null) : error(mistake);
  });
}

/** Reads the chains by ecosystem, and the client of each chain if the file names one. */
export function readClients(written: z.output<ReturnType<typeof makeClientsKey>>): Pick<Config, 'clients' | 'client'> {
  const clients: Record<EcosystemId, Secret> = {};
  const client: Record<EcosystemId, string> = {};
  for (const [id, one] of Object.entries(written)) {
    if (typeof one === 'string') clients[id] = new Secret(one);
    else
      for (const [name, chain] of Object.entries(one ?? {})) {
        clients[id] = new Secret(chain);
        client[id] = name;
      }
  }
  return { clients, ...(Object.keys(client).length === 0 ? {} : { client }) };
}

/** Warns of chain members in `clients` that are not configured mirrors: they are never measured, and may be typos. */
export function warnOfUnknownMembers(config: Config, registry: Registry, report: Report): void {
  for (const kind of registry.all) {
    const chain = config.clients[kind.id]?.reveal();
    if (chain === undefined) continue;
    const client = leadingClientOf(kind, config);
    const monitored = new Set(config.mirrors.map(({ url }) => client.member(url).key));
    const unknown = memberKeysOf(client, chain).filter((key) => !monitored.has(key));
    if (unknown.length === 0) continue;
    report.warning(['clients', kind.id], phrase('expected.watched', { count: unknown.length }), {
      needs: [['mirrors']],
    });
  }
}
