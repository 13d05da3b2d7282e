import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import type { EcosystemId } from '../../core/mirror.ts';
import { error, ok } from '../../core/result.ts';
import { Secret } from '../../core/secret.ts';
import type { Client } from '../../ecosystems/client.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { memberKeysOf } from '../chain.ts';
import { byEcosystem, errorOf, mapping, readable } from '../fields.ts';
import type { Report } from '../reading.ts';

/** A chain as text, or as a mapping from the name of its client to the text. */
type FileChain = string | Readonly<Record<string, string>>;

export const clientsKey = byEcosystem<FileChain>(({ clients }) => {
  const [first, ...others] = clients;
  if (others.length === 0) return chainOf(first).optional();
  const named = Object.fromEntries(clients.map((client) => [client.id, chainOf(client).optional()]));
  const one = mapping(null, named).refine(
    (value) => Object.values(value).filter((chain) => chain !== undefined).length === 1,
    errorOf(phrase('expected.chainOf', { clients: clients.map(({ id }) => id).join(', ') })),
  );
  return z
    .union([chainOf(first), one])
    .describe(first.describes)
    .optional();
})
  .describe('The chains (mirrors in order) that clients are configured to use now.')
  .prefault({});

function chainOf(client: Client) {
  return readable(client.describes, client.expected, (text) => {
    const mistake = client.mistake(text);
    return mistake === null ? ok(null) : error(mistake);
  });
}

/** Reads the chains by ecosystem, and the client of each chain if the file names one. */
export function readClients(written: z.output<typeof clientsKey>): Pick<Config, 'clients' | 'client'> {
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
export function warnOfUnknownMembers(config: Config, report: Report): void {
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
