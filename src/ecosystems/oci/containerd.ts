import { phrase } from '../../words/tell.ts';
import { type Chain, type Client, offersHttp1, type Remedy, type Served, walkInOrder } from '../client.ts';
import {
  hostChain,
  isHung,
  isTaken,
  listCredentialNotes,
  type Place,
  type Places,
  placesOf,
  unpasteable,
} from './chain.ts';

const folder = '/etc/containerd/certs.d';

/** The folder of one registry's hosts.toml. */
function pathOf(upstream: string | undefined): string {
  return `${folder}/${upstream ?? '<registry>'}/hosts.toml`;
}

/**
 * The text of a hosts.toml. Without `server` containerd tries the registry itself last; a chain without `direct` names
 * its last mirror there instead. A single mirror is listed as a host as well, because containerd 1.6 ignores a file
 * without hosts.
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
  const credentials = listCredentialNotes(after, phrase('note.ociLogin'));
  if (now === null) return { remedy: {}, rollback, notes: [unpasteable, ...credentials] };
  const text = hostsToml(now, path);
  return {
    remedy: { 'hosts.toml': text, json: JSON.stringify({ 'hosts.toml': { path, text } }) },
    rollback,
    notes: [phrase('note.containerdReads', { folder }), phrase('note.containerdResolve'), ...credentials],
  };
}

/**
 * containerd (also in Kubernetes, nerdctl and k3s): one host after the other, past any failure. A successful response
 * with wrong bytes is accepted, and its hash ends the pull. It has no response timeout: a host that hangs ends the pull
 * too.
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
