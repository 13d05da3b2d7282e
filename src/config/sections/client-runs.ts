import type { z } from 'zod';
import type { ClientRunsRule, Config } from '../../core/config.ts';
import type { Mirror } from '../../core/mirror.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import { checked, durationField, mapping, wordList } from '../fields.ts';
import type { Reading } from '../reading.ts';

/** The user id of `nobody` and the group id of `nogroup`, on Debian and most other distributions. */
const unprivileged = { uid: 65534, gid: 65534 } as const;
const userForm = /^(\d{1,9}):(\d{1,9})$/;

const known = registry.all.flatMap(({ id: kind, realClients }) => realClients.map((client) => ({ kind, client })));
const ids = known.map(({ client }) => client.id);

export const clientRunsKey = mapping(
  'Runs real clients against one mirror at a time and compares their results with the probes. Default: none. See docs/detection.md.',
  {
    every: durationField(
      'Interval of the runs of each client at each mirror of its ecosystem, varied by up to a tenth.',
      {
        min: 60_000,
        max: 7 * 86_400_000,
      },
    ).prefault('6h'),
    clients: wordList(
      'A client that is installed here.',
      ids,
      phrase('expected.oneOf', { words: ids.join(', ') }),
    ).describe('The clients to run, each at every mirror of its ecosystem.'),
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
).optional();

/** Returns the user of `clientRuns.user`; `null`: the daemon's own user. */
function userOf(text: string): { readonly uid: number; readonly gid: number } | null {
  if (text === 'nobody') return unprivileged;
  const [, uid, gid] = userForm.exec(text) ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

export function readClientRuns(
  clientRuns: z.output<typeof clientRunsKey>,
  mirrors: readonly Mirror[],
  { error, warning }: Reading,
): Pick<Config, 'clientRuns'> {
  if (clientRuns === undefined) return {};
  const { every, clients, timeout, user } = clientRuns;
  const pairs: ClientRunsRule['pairs'][number][] = [];
  const leftOut: ClientRunsRule['leftOut'][number][] = [];
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
