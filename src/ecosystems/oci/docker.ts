import { phrase } from '../../words/tell.ts';
import { type Chain, type Client, offersHttp1, type Remedy, type Served, walkInOrder } from '../client.ts';
import { hostChain, listCredentialNotes, type Place, type Places, placesOf, unpasteable } from './chain.ts';
import { dockerHub } from './names.ts';

const path = '/etc/docker/daemon.json';

/** The daemon accepts only a URL without a path, and does not start with any other. */
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
  const credentials = listCredentialNotes(after, '`docker login`');
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
 * Docker: its mirrors in order, then always Docker Hub, past any failure of a mirror, including a wrong manifest
 * (except an image with an unsupported media type).
 * @see moby 23.0 distribution/errors.go continueOnError
 */
export const docker: Client = {
  ...hostChain,
  id: 'docker',
  spec: ['https://docs.docker.com/docker-hub/image-library/mirror/'],
  describes:
    'The registry-mirrors of today in daemon.json, in their order. Default: the mirror of the highest weight, then `direct`.',
  walk: walkInOrder,
  // Observed by hand: Debian's dockerd 20.10 sends no ALPN.
  protocols: () => offersHttp1,
  forms: ['daemon.json'],
  remedy,
};
