import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import { upstreamKeyOf } from '../core/mirror.ts';
import { error, ok, type Result } from '../core/result.ts';
import type { WhatIf, WhatIfAsked, WhatIfProblem } from '../core/what-if.ts';
import { type Chain, type Client, showChain } from '../ecosystems/client.ts';
import { isPrivate } from '../ecosystems/names.ts';
import { usualHeavyMsOf } from './comparison/costs.ts';
import { pastMomentsFrom } from './comparison/moments.ts';
import { windowMs } from './comparison/record.ts';
import { advisedChainOf, type Group, mirrorAt } from './group.ts';
import { compareOutlooks, type Measured, outlookOf } from './outlook.ts';
import type { View } from './view.ts';

export interface Meant {
  readonly group: Group;
  readonly client: Client;
  readonly chain: Chain;
}

/** Finds the group and the client of a what-if, and parses the chain as that client does. */
export function readWhatIf(groups: readonly Group[], config: Config, asked: WhatIfAsked): Result<Meant, WhatIfProblem> {
  if (asked.chain.length > limits.whatIfChars) return problem('too_long', null, String(limits.whatIfChars));
  if (asked.chain.trim() === '') return problem('empty');
  const found = groupOf(groups, asked);
  if (found.tag === 'error') return found;
  const group = found.value;
  const client = asked.client === null ? group.client : group.kind.clients.find(({ id }) => id === asked.client);
  if (client === undefined) return problem('unknown_client', null, group.kind.clients.map(({ id }) => id).join(', '));
  if (namesPrivate(group, client, config, asked.chain)) return problem('private');
  const parsed = client.parse(asked.chain);
  if (parsed.tag === 'error') {
    const at = 'member' in parsed.error ? parsed.error.member : null;
    return problem(parsed.error.kind, at, client.expected);
  }
  if (parsed.value.members.length > limits.whatIfMembers)
    return problem('too_many_members', null, String(limits.whatIfMembers));
  return ok({ group, client, chain: parsed.value });
}

function problem(
  kind: WhatIfProblem['kind'],
  at: number | null = null,
  expected: WhatIfProblem['expected'] = '',
): { readonly tag: 'error'; readonly error: WhatIfProblem } {
  return error({ kind, at, expected });
}

/** The group that a what-if means, by its names and the mirrors of its chain. */
function groupOf(groups: readonly Group[], { ecosystem, upstream, chain }: WhatIfAsked): Result<Group, WhatIfProblem> {
  const named = groups.filter(
    (group) =>
      (ecosystem === null || group.kind.id === ecosystem) && (upstream === null || group.upstream === upstream),
  );
  const [only] = named;
  if (only === undefined) return problem('unknown_group', null, choices(groups));
  if (named.length === 1) return ok(only);
  const common = ecosystem === null ? undefined : named.find(({ kind, upstream: own }) => own === kind.publicUpstream);
  if (common !== undefined) return ok(common);
  const watching = named.filter((group) => watches(group, chain));
  return watching.length === 1 && watching[0] !== undefined
    ? ok(watching[0])
    : problem('which_group', null, choices(named));
}

function choices(groups: readonly Group[]): string {
  return groups.map(({ kind, upstream }) => upstreamKeyOf({ ecosystem: kind.id, upstream })).join(', ');
}

function watches(group: Group, text: string): boolean {
  const parsed = group.client.parse(text);
  return parsed.tag === 'ok' && parsed.value.members.some((member) => mirrorAt(group, member) !== null);
}

/** True for a chain with a private name that is no configured mirror. */
function namesPrivate(group: Group, client: Client, config: Config, text: string): boolean {
  const patterns = config.private[group.kind.id] ?? [];
  const words = text.split(/[\s,|]+/).filter((word) => word !== '');
  return words.some((word) => {
    const bare = word.replace(/^[a-z][a-z0-9+.-]*:\/\/([^/]*@)?/i, '').replace(/\/+$/, '');
    if (!isPrivate(group.kind.names, patterns, bare)) return false;
    const parsed = client.parse(word);
    return parsed.tag === 'error' || mirrorAt(group, parsed.value.members[0]) === null;
  });
}

/** The forecast for a chain, beside those for the chain in use and the advised chain. */
export function replayWhatIf(view: View, { client, chain }: Meant): WhatIf {
  const { group, config, now } = view;
  const over: Measured = {
    client,
    past: pastMomentsFrom(group.contest.past, now.monotonicMs - windowMs),
    nameOf: (member) => mirrorAt(group, member)?.name ?? null,
    by: view.by,
    usualHeavyMs: usualHeavyMsOf(group.contest, now.monotonicMs),
  };
  const edited = outlookOf(over, chain);
  const beside = (other: Chain | null) =>
    other === null ? null : compareOutlooks(edited, outlookOf(over, other), config.advise.minGain);
  const advised = advisedChainOf(group);
  const isSame = advised === null || group.chain === null || showChain(advised) === showChain(group.chain);
  return {
    ecosystem: group.kind.id,
    upstream: group.upstream,
    client: client.id,
    edited: edited.outlook,
    inUse: beside(group.chain),
    advised: isSame ? null : beside(advised),
    failureCostSeconds: config.advise.failureCostMs / 1000,
    vantageSuspect: view.vantage.suspect === true,
  };
}
