import type { Config } from '../core/config.ts';
import type { EcosystemId } from '../core/mirror.ts';
import type { Chain, Client } from '../ecosystems/client.ts';
import { leadingClient } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { type Group, rosterOf } from './group.ts';
import { groupKey } from './ledger.ts';
import { newContest } from './paired/contest.ts';
import { newPeeks } from './paired/peeks.ts';

/** The chain that clients use by configuration, credentials included. */
export type Declared = (ecosystem: EcosystemId, upstream: string) => string;

/** A chain as a client reads it; `null` where it cannot. */
export function parsedOf(client: Client, text: string): Chain | null {
  const parsed = client.parse(text);
  return parsed.tag === 'ok' ? parsed.value : null;
}

/** A fresh group for each upstream that has mirrors, by its key. */
export function groupsOf(config: Config, registry: Registry, declared: Declared): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const kind of registry.all) {
    const ecosystem = kind.id;
    const client = leadingClient(kind, config);
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem);
    for (const upstream of new Set(mirrors.map((mirror) => mirror.upstream))) {
      const chain = parsedOf(client, declared(ecosystem, upstream));
      groups.set(groupKey(ecosystem, upstream), {
        ecosystem,
        upstream,
        kind,
        client,
        roster: rosterOf(config, ecosystem, upstream, client),
        declared: chain,
        chain,
        open: null,
        accepted: null,
        read: null,
        audit: null,
        lastAcceptMs: null,
        lastAcceptWallMs: null,
        moves: { departures: [], lastMs: null },
        muted: [],
        lookedBack: [],
        contest: newContest(null),
        peeks: newPeeks(null),
        rotas: new Map(),
        isTurnTaken: false,
        around: null,
        outlook: '',
        heard: [],
        targets: new Map(),
        late: new Map(),
        heardLate: new Set(),
        served: new Set(),
        asides: new Map(),
        downloads: new Map(),
      });
    }
  }
  return groups;
}
