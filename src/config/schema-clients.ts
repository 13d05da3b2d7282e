import { z } from 'zod';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { checked, duration, errorOf, list, mapping } from './fields.ts';

/** nobody and nogroup of Debian, and of most others. */
const nobody = { uid: 65534, gid: 65534 } as const;
const userForm = /^(\d{1,9}):(\d{1,9})$/;

/** The key `clientRuns`: off where it is absent. */
export function clientRunsKey(registry: Registry) {
  const ids = registry.all.flatMap(({ realClients }) => realClients.map(({ id }) => id));
  const expected = phrase('expected.oneOf', { words: ids.join(', ') });
  return mapping(
    {
      every: duration('The interval of each client at each mirror of its ecosystem, varied by up to a tenth.', {
        min: 60_000,
        max: 7 * 86_400_000,
      }).prefault('6h'),
      clients: list(
        z.enum(ids, errorOf(expected)).meta({ description: 'A client that is installed here.' }),
        phrase('expected.listEach', { what: expected }),
        ids.length,
      )
        .min(1, errorOf(phrase('expected.atLeastOf', { words: ids.join(', ') })))
        .meta({ description: 'The clients to run, each at every mirror of its ecosystem.' }),
      timeout: duration('Timeout of a run: a longer run is killed and counts as failed.', {
        min: 1_000,
        max: 10 * 60_000,
      }).prefault('5m'),
      user: checked(
        'Whom clients run as where the daemon is root: `nobody`, `self` (root!), or `uid:gid`. Elsewhere they run as the daemon does.',
        phrase('expected.user', { user: 'nobody' }),
        (text) => ['nobody', 'self'].includes(text) || userForm.test(text),
      ).prefault('nobody'),
    },
    phrase('expected.mappingWith', { keys: 'clients' }),
  );
}

/** `null`: as the daemon itself. */
export function userOf(text: string): { readonly uid: number; readonly gid: number } | null {
  if (text === 'nobody') return nobody;
  const [, uid, gid] = userForm.exec(text) ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}
