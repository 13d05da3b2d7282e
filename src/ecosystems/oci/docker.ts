import { phrase } from '../../words/tell.ts';
import { type Chain, type Client, offersHttp1, type Remedy, type Served } from '../client.ts';
import { walkInOrder } from '../walk.ts';
import { hostChain } from './chain.ts';
import { dockerHub } from './image-name.ts';
import { credentialNotes, type Place, type Places, placesOf, unpasteable } from './place.ts';

const path = '/etc/docker/daemon.json';

/** The daemon takes a root URL alone, and refuses to start with any other. */
function isRoot({ path: before, project }: Place): boolean {
  return before === '' && project === null;
}

function daemonKeys({ mirrors }: Places): Readonly<Record<string, readonly string[]>> {
  const usable = mirrors.filter(isRoot);
  const plain = usable.filter(({ isPlain }) => isPlain).map(({ host }) => host);
  return {
    'registry-mirrors': usable.map(({ url }) => url),
    ...(plain.length === 0 ? {} : { 'insecure-registries': plain }),
  };
}

function remedy(before: Chain, after: Chain, _: readonly string[], { upstream }: Served = {}): Remedy {
  const [old, now] = [placesOf(before), placesOf(after)];
  const rollback = old === null ? '{}' : JSON.stringify(daemonKeys(old), null, 2);
  if (upstream !== undefined && upstream !== dockerHub)
    return {
      remedy: {},
      rollback,
      notes: [phrase('note.dockerHub', { upstream })],
    };
  const credentials = credentialNotes(after, '`docker login`');
  if (now === null) return { remedy: {}, rollback, notes: [unpasteable, ...credentials] };
  const lost = now.mirrors.filter((mirror) => !isRoot(mirror));
  const notes = [...lost.map(({ url }) => phrase('note.dockerPath', { url })), ...credentials];
  if (now.mirrors.length > 0 && lost.length === now.mirrors.length) return { remedy: {}, rollback, notes };
  const keys = daemonKeys(now);
  return {
    remedy: {
      'daemon.json': JSON.stringify(keys, null, 2),
      json: JSON.stringify({ 'daemon.json': { path, keys } }),
    },
    rollback,
    notes: [...notes, phrase('note.dockerKeys', { path }), phrase('note.dockerSlow')],
  };
}

/**
 * Docker: its mirrors in their order, then always Docker Hub, past whatever a mirror fails with, a wrong manifest too (but not
 * past an image whose media type it does not support).
 * @see moby 23.0 distribution/errors.go continueOnError
 */
export const docker: Client = {
  ...hostChain,
  id: 'docker',
  spec: ['https://docs.docker.com/docker-hub/image-library/mirror/'],
  describes:
    'The registry-mirrors of today in daemon.json, in their order. Default: the mirror of the highest weight, then `direct`.',
  walk: walkInOrder,
  // Seen by hand: Debian's dockerd 20.10 sends no ALPN.
  protocols: () => offersHttp1,
  forms: ['daemon.json'],
  remedy,
};
