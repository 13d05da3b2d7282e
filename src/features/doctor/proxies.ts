import { addressBytesOf, isLoopback, isWithin, parseNetwork } from '../../core/addresses.ts';
import { formatCommand } from '../../core/command-line.ts';
import { maskText } from '../../core/secret.ts';
import type { Diagnosis, MachineSurroundings, SettingPlace, Trap } from '../../core/trap.ts';
import { isInnerHost } from '../../core/url.ts';
import { type KnownTraps, trapOf } from '../../ecosystems/doctor.ts';
import type { Say } from '../../words/words.ts';

export const proxyKinds = {
  'proxy-catches-localhost': { severity: 'warning', isFixable: false },
  'proxy-catches-mirror': { severity: 'warning', isFixable: false },
  'proxy-case-differs': { severity: 'warning', isFixable: false },
  'proxy-except-url': { severity: 'warning', isFixable: false },
  'proxy-not-a-url': { severity: 'error', isFixable: false },
} as const satisfies KnownTraps;

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'] as const;
const loopback = ['localhost', '127.0.0.1'] as const;

type Surroundings = Pick<MachineSurroundings, 'machine' | 'assignments'>;

/** Finds traps in the proxy variables of this environment. @param hosts  host names of the configured mirrors */
export function examineProxies(surroundings: Surroundings, hosts: readonly string[], say: Say): Diagnosis {
  const { env } = surroundings.machine;
  const places = (name: string): readonly SettingPlace[] => placesOf(name, surroundings);
  const traps: Trap[] = [];
  const named = proxies.flatMap((name) => [name, name.toLowerCase()]).filter((name) => (env[name] ?? '') !== '');
  for (const name of named) {
    const value = env[name] ?? '';
    if (!/^(https?|socks5?h?):\/\//i.test(value) && !/^[\w.-]+:\d+$/.test(value))
      traps.push(
        trapOf('proxy-not-a-url', say('trap.proxy-not-a-url.what', { name, value: maskText(value) }), places(name), [
          formatCommand`export ${name}=http://proxy.example.com:3128`,
          formatCommand`unset ${name}`,
        ]),
      );
  }
  for (const name of proxies) {
    const [upper, lower] = [env[name] ?? '', env[name.toLowerCase()] ?? ''];
    if (upper === '' || lower === '' || upper === lower) continue;
    const small = name.toLowerCase();
    const seen = { upper: name, one: maskText(upper), lower: small, other: maskText(lower) };
    const where = [...places(name), ...places(small)];
    const what = say('trap.proxy-case-differs.what', seen);
    traps.push(trapOf('proxy-case-differs', what, where, [formatCommand`export ${small}="$${name}"`]));
  }
  const except = entriesOf(env['no_proxy'] || env['NO_PROXY']);
  if (named.length === 0) return { traps, unchecked: [] };
  for (const name of ['NO_PROXY', 'no_proxy']) traps.push(...exceptTraps(name, surroundings, say));
  const caught = loopback.filter((host) => !isExcepted(host, except));
  const wanted = [...except.map(hostOfEntry), ...caught, ...(caught.length > 0 ? ['::1'] : [])];
  const catches = (id: keyof typeof proxyKinds, of: readonly string[], exceptions: readonly string[]): void => {
    if (of.length === 0) return;
    const list = [...new Set(exceptions)].join(',');
    const what = say('trap.proxy-catches.what', { names: named.join(', '), hosts: of.join(say('list.and')) });
    const set = [formatCommand`export ${'NO_PROXY'}=${list} ${'no_proxy'}=${list}`];
    traps.push(trapOf(id, what, named.flatMap(places), set));
  };
  catches('proxy-catches-localhost', caught, wanted);
  const mirrors = [...new Set(hosts)].filter(
    (host) => isInnerHost(host) && !isLoopback(host) && !isExcepted(host, except),
  );
  catches('proxy-catches-mirror', mirrors, [...wanted, ...mirrors]);
  return { traps, unchecked: [] };
}

/** Finds URLs among the entries of NO_PROXY. An entry must be a host, so a URL has no effect. */
function exceptTraps(name: string, surroundings: Surroundings, say: Say): readonly Trap[] {
  const entries = entriesOf(surroundings.machine.env[name]);
  const urls = entries.filter((one) => one.includes('://'));
  if (urls.length === 0) return [];
  const wanted = entries.map(hostOfEntry).join(',');
  const what = say('trap.proxy-except-url.what', { name, values: urls.map(maskText).join(', ') });
  return [trapOf('proxy-except-url', what, placesOf(name, surroundings), [formatCommand`export ${name}=${wanted}`])];
}

function entriesOf(value = ''): readonly string[] {
  return value.split(/[\s,]+/).filter((one) => one !== '');
}

function hostOfEntry(entry: string): string {
  return entry.includes('://') && URL.canParse(entry) ? new URL(entry).host : entry;
}

function placesOf(name: string, { machine, assignments }: Surroundings): readonly SettingPlace[] {
  const lines = assignments.filter((one) => one.name === name && one.value === (machine.env[name] ?? ''));
  return [{ variable: name }, ...lines.map(({ file, line }) => ({ file, line }))];
}

/**
 * True if NO_PROXY contains a host. An entry is an address, a network, or a name that also matches its subdomains. A
 * leading dot and ports are ignored.
 */
function isExcepted(host: string, except: readonly string[]): boolean {
  const address = addressBytesOf(host.replace(/^\[|\]$/g, ''));
  return except.some((entry) => {
    const net = parseNetwork(entry);
    if (net !== null) return address !== null && isWithin(address, net);
    const name = entry.replace(/:\d+$/, '').replace(/^\*?\./, '');
    return entry === '*' || host === name.toLowerCase() || host.endsWith(`.${name.toLowerCase()}`);
  });
}
