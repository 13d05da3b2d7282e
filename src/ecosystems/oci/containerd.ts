import { phrase } from '../../words/tell.ts';
import { type Chain, type Client, offersHttp1, type Remedy, type Served } from '../client.ts';
import { walkInOrder } from '../walk.ts';
import { hostChain, isHung, isTaken } from './chain.ts';
import { credentialNotes, type Place, type Places, placesOf, unpasteable } from './place.ts';

const folder = '/etc/containerd/certs.d';

/** The folder of one registry's hosts. */
function pathOf(upstream: string | undefined): string {
  return `${folder}/${upstream ?? '<registry>'}/hosts.toml`;
}

/**
 * The text of a hosts.toml. Without `server` containerd asks the registry itself last, whatever the registry is called;
 * a chain without `direct` ends at its last mirror instead. One mirror alone is a host as well: containerd 1.6 reads no file
 * without a host.
 */
function hostsToml({ mirrors, isDirect }: Places, path: string): string {
  const last = mirrors.at(-1);
  const server = isDirect || last === undefined ? [] : [`server = "${last.url}"`, ''];
  const hosts = isDirect || mirrors.length === 1 ? mirrors : mirrors.slice(0, -1);
  return [`# ${path}`, ...server, ...hosts.flatMap(hostTable)].join('\n').trimEnd();
}

function hostTable({ url, project }: Place): readonly string[] {
  const override = project === null ? [] : ['  override_path = true'];
  return [`[host."${url}"]`, '  capabilities = ["pull", "resolve"]', ...override, ''];
}

function remedy(before: Chain, after: Chain, _: readonly string[], { upstream }: Served = {}): Remedy {
  const path = pathOf(upstream);
  const [old, now] = [placesOf(before), placesOf(after)];
  const rollback = old === null ? phrase('back.hosts') : hostsToml(old, path);
  const credentials = credentialNotes(after, phrase('note.ociLogin'));
  if (now === null) return { remedy: {}, rollback, notes: [unpasteable, ...credentials] };
  const text = hostsToml(now, path);
  return {
    remedy: { 'hosts.toml': text, json: JSON.stringify({ 'hosts.toml': { path, text } }) },
    rollback,
    notes: [phrase('note.containerdReads', { folder }), phrase('note.containerdResolve'), ...credentials],
  };
}

/**
 * containerd (and with it Kubernetes, nerdctl and k3s): one host after the other, past whatever fails. What a host answered
 * well and wrongly is taken: a wrong hash ends the pull. It has no timeout for a response: a host that hangs ends the pull too.
 * @see containerd core/remotes/docker/resolver.go: Resolve goes on past errors and every status from 400 on
 * @see test/real/oci-containerd.test.ts: containerd 1.6
 */
export const containerd: Client = {
  ...hostChain,
  id: 'containerd',
  spec: ['https://github.com/containerd/containerd/blob/main/docs/hosts.md'],
  describes:
    'The hosts of today in hosts.toml, in their order. Default: the mirror of the highest weight, then `direct`.',
  walk: (chain, replyOf) => walkInOrder(chain, replyOf, (reply) => isHung(reply) || isTaken(reply)),
  protocols: () => offersHttp1,
  forms: ['hosts.toml'],
  remedy,
};
