import type { Machine } from '../../core/trap.ts';
import { baseUrl } from '../../core/url.ts';
import { readToml, readYaml, tablesAt, textsAt } from '../chain-forms.ts';
import { type ChainSetting, plainUrlOf } from '../doctor.ts';
import { type Fields, fieldsOf } from '../parse-json.ts';
import { dockerHub } from './names.ts';
import type { OciFound } from './settings-found.ts';

/** The hosts that a client tries for an image of Docker Hub, in order. An empty text is Docker Hub itself. */
type Hosts = readonly string[];

/** Matches the URL of Docker Hub. */
const hub = /^(?:https?:\/\/)?(?:(?:registry-1|index)\.)?docker\.io\/?$/;

/** Reads a hosts.toml of containerd. Docker Hub follows the hosts, unless `server` names another registry. */
function ofHosts(file: Fields): Hosts {
  const hosts = Object.entries(fieldsOf(file['host']) ?? {}).filter(([, host]) => {
    const can = textsAt(fieldsOf(host), 'capabilities');
    return can.length === 0 || can.includes('pull');
  });
  const server = textsAt(file, 'server');
  return [...hosts.map(([url]) => url), ...(server.length === 0 ? [''] : server)];
}

/** Reads `mirrors` as containerd's old configuration and k3s have it: Docker Hub follows the endpoints. */
function ofMirrors([mirrors = {}]: readonly Fields[]): Hosts {
  return [...textsAt(mirrors, dockerHub in mirrors ? dockerHub : '*', 'endpoint'), ''];
}

/**
 * Reads a registries.conf: the mirrors, then `location`. If `prefix` is Docker Hub, and `location` another registry,
 * clients never use Docker Hub.
 * @see https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
 */
function ofPodman(file: Fields): Hosts {
  const urlOf = ({ location, insecure }: Fields): string => {
    const [host = '', ...path] = String(location).split('/');
    const project = path.length === 0 ? '' : `/v2/${path.join('/')}`;
    return location === undefined ? '' : `${insecure === true ? 'http' : 'https'}://${host}${project}`;
  };
  const own = tablesAt(file, 'registry').find(({ prefix, location }) => (prefix ?? location) === dockerHub);
  if (own === undefined || own['blocked'] === true) return [];
  return [...tablesAt(own, 'mirror').map(urlOf), urlOf(own)];
}

/** Returns `mirrors` of containerd's plugins. The name of the plugin depends on the version of the file. */
function pluginsOf(plugins: unknown): readonly Fields[] {
  return Object.values(fieldsOf(plugins) ?? {}).flatMap((one) => tablesAt(fieldsOf(one), 'registry', 'mirrors'));
}

/** The forms of settings files, in the order in which they count: the path, the parser, and what the file sets. */
const forms: readonly (readonly [RegExp, (text: string) => Fields | null, (file: Fields) => Hosts])[] = [
  [/\/certs\.d\/docker\.io\/hosts\.toml$/, readToml, ofHosts],
  [/\/certs\.d\/_default\/hosts\.toml$/, readToml, ofHosts],
  [/\/containerd\/config\.toml$/, readToml, ({ plugins }) => ofMirrors(pluginsOf(plugins))],
  [/\/rancher\/(?:k3s|rke2)\/registries\.yaml$/, readYaml, (file) => ofMirrors(tablesAt(file, 'mirrors'))],
  // JSON is YAML too.
  [/\/daemon\.json$/, readYaml, (file) => [...textsAt(file, 'registry-mirrors'), '']],
  [/\/registries\.conf(?:\.d\/[^/]+)?$/, readToml, ofPodman],
];

const systemFiles = ['containerd/config.toml', 'rancher/k3s/registries.yaml', 'rancher/rke2/registries.yaml'];

/** Returns the mirrors of Docker Hub in the settings of containerd, k3s, Docker and podman, in this order. */
export async function findHubMirrors(
  { hosts, daemons, registries }: OciFound,
  machine: Pick<Machine, 'read' | 'system'>,
): Promise<{ readonly chains: readonly ChainSetting[]; readonly unread: readonly string[] }> {
  const named = [...hosts, ...daemons, ...registries].map(({ file }) => file);
  const files: (readonly [file: string, text: string])[] = [];
  for (const file of new Set([...systemFiles.map((path) => machine.system(`/etc/${path}`)), ...named])) {
    const read = await machine.read(file);
    if (read.tag === 'ok') files.push([file, read.text]);
  }
  const unread: string[] = [];
  const chains = forms.flatMap(([path, parse, hostsOf]) =>
    // Of several files of one form, the last one overrides the others.
    files.toReversed().flatMap(([file, content]): readonly ChainSetting[] => {
      if (!path.test(file)) return [];
      const parsed = parse(content);
      if (parsed === null) unread.push(file);
      const all = (parsed === null ? [] : hostsOf(parsed)).map((url) => (hub.test(url) ? '' : url));
      const urls = (all.includes('') ? all.slice(0, all.indexOf('')) : all).flatMap((url) => {
        // containerd and k3s use https for a host without a scheme.
        const named = /^https?:/i.test(url) ? url : `https://${url}`;
        return baseUrl(named) === null ? [] : plainUrlOf(named).replace(/\/$/, '');
      });
      const text = [...urls, ...(all.includes('') ? ['direct'] : [])].join('|');
      return urls.length === 0 ? [] : [{ text, place: { file, line: null }, isDefault: false }];
    }),
  );
  return { chains, unread };
}
