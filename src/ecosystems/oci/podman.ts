import { phrase } from '../../words/tell.ts';
import { type Chain, type Client, offersHttp1, type Remedy, type Served, walkInOrder } from '../client.ts';
import {
  hostChain,
  isCut,
  isHung,
  isTaken,
  listCredentialNotes,
  type Place,
  type Places,
  placesOf,
  unpasteable,
} from './chain.ts';

const path = '/etc/containers/registries.conf.d/050-mirrorwatch.conf';

/** The `location` of a mirror: host and project. podman uses no path without `v2`. */
function locationOf({ host, project }: Place): string {
  return project === null || project === '' ? host : `${host}/${project}`;
}

/** podman cannot use a path before `v2`. */
function isReachable({ path: before }: Place): boolean {
  return before === '';
}

function registriesConf({ mirrors, isDirect }: Places, upstream: string): string {
  const usable = mirrors.filter(isReachable);
  const own = isDirect ? undefined : usable.at(-1);
  const listed = own === undefined ? usable : usable.slice(0, -1);
  return [
    `# ${path}`,
    '[[registry]]',
    `prefix = "${upstream}"`,
    `location = "${own === undefined ? upstream : locationOf(own)}"`,
    ...(own?.isPlain === true ? ['insecure = true'] : []),
    ...listed.flatMap((mirror) => [
      '',
      '[[registry.mirror]]',
      `location = "${locationOf(mirror)}"`,
      ...(mirror.isPlain ? ['insecure = true'] : []),
    ]),
  ].join('\n');
}

function remedy(before: Chain, after: Chain, _: readonly string[], { upstream = 'docker.io' }: Served = {}): Remedy {
  const [old, now] = [placesOf(before), placesOf(after)];
  const rollback = old === null ? phrase('back.mirrors') : registriesConf(old, upstream);
  const credentials = listCredentialNotes(after, '`podman login`');
  if (now === null) return { remedy: {}, rollback, notes: [unpasteable, ...credentials] };
  const lost = now.mirrors.filter((mirror) => !isReachable(mirror));
  const notes = [...lost.map(({ url }) => phrase('note.podmanPath', { url })), ...credentials];
  if (now.mirrors.length > 0 && lost.length === now.mirrors.length) return { remedy: {}, rollback, notes };
  const text = registriesConf(now, upstream);
  return {
    remedy: { 'registries.conf': text, json: JSON.stringify({ 'registries.conf': { path, text } }) },
    rollback,
    notes: [...notes, phrase('note.podmanReads')],
  };
}

/**
 * podman, CRI-O, buildah and skopeo: one mirror after the other until one returns a manifest, past any failure. They
 * stay with that mirror: a wrong hash or a missing blob ends the pull. They have no response timeout: a mirror that
 * accepts the connection and hangs ends the pull too.
 * @see containers/image docker/docker_image_src.go newImageSource
 */
export const podman: Client = {
  ...hostChain,
  id: 'podman',
  spec: ['https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md'],
  describes:
    'The mirrors of today in registries.conf, in their order. Default: the mirror of the highest weight, then `direct`.',
  // podman continues after a cut manifest, which containerd accepts; neither continues after a cut layer.
  walk: (chain, replyOf) =>
    walkInOrder(
      chain,
      replyOf,
      (reply) =>
        isHung(reply) || (isTaken(reply) && (!isCut(reply) || (reply.tag === 'failed' && reply.isArtifact === true))),
    ),
  protocols: () => offersHttp1,
  forms: ['registries.conf'],
  remedy,
};
