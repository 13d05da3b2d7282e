import { addressBytesOf, isLoopback, isWithin, parseNetwork } from '../../core/addresses.ts';
import { formatCommand } from '../../core/command-line.ts';
import { maskText } from '../../core/secret.ts';
import type { Assignment, Diagnosis, MachineSurroundings, SettingPlace, Trap } from '../../core/trap.ts';
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

/** Finds traps in the proxy variables of this environment. @param hosts  host names of the configured mirrors */
export function examineProxies(
  { machine: { env }, assignments }: Pick<MachineSurroundings, 'machine' | 'assignments'>,
  hosts: readonly string[],
  say: Say,
): Diagnosis {
  const places = (name: string): readonly SettingPlace[] => placesOf(name, env[name] ?? '', assignments);
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
  const except = (env['no_proxy'] || env['NO_PROXY'] || '').split(/[\s,]+/).filter((one) => one !== '');
  if (named.length === 0) return { traps, unchecked: [] };
  for (const name of ['NO_PROXY', 'no_proxy']) traps.push(...exceptTraps(name, env[name] ?? '', places, say));
  const caught = loopback.filter((host) => !isExcepted(host, except));
  const wanted = [...except.map(hostOfEntry), ...caught, ...(caught.length > 0 ? ['::1'] : [])];
  if (caught.length > 0) traps.push(catches('proxy-catches-localhost', caught, named, wanted, places, say));
  const mirrors = [...new Set(hosts)].filter(
    (host) => isInnerHost(host) && !isLoopback(host) && !isExcepted(host, except),
  );
  if (mirrors.length > 0)
    traps.push(catches('proxy-catches-mirror', mirrors, named, [...wanted, ...mirrors], places, say));
  return { traps, unchecked: [] };
}

/** Finds URLs among the entries of NO_PROXY. An entry must be a host, so a URL has no effect. */
function exceptTraps(
  name: string,
  value: string,
  places: (name: string) => readonly SettingPlace[],
  say: Say,
): readonly Trap[] {
  const entries = value.split(/[\s,]+/).filter((one) => one !== '');
  const urls = entries.filter((one) => one.includes('://'));
  if (urls.length === 0) return [];
  const wanted = entries.map(hostOfEntry).join(',');
  const what = say('trap.proxy-except-url.what', { name, values: urls.map(maskText).join(', ') });
  return [trapOf('proxy-except-url', what, places(name), [formatCommand`export ${name}=${wanted}`])];
}

function hostOfEntry(entry: string): string {
  return entry.includes('://') && URL.canParse(entry) ? new URL(entry).host : entry;
}

function catches(
  id: keyof typeof proxyKinds,
  hosts: readonly string[],
  named: readonly string[],
  wanted: readonly string[],
  places: (name: string) => readonly SettingPlace[],
  say: Say,
): Trap {
  const list = [...new Set(wanted)].join(',');
  const what = say('trap.proxy-catches.what', { names: named.join(', '), hosts: hosts.join(say('list.and')) });
  return trapOf(id, what, named.flatMap(places), [formatCommand`export ${'NO_PROXY'}=${list} ${'no_proxy'}=${list}`]);
}

function placesOf(name: string, value: string, assignments: readonly Assignment[]): readonly SettingPlace[] {
  const lines = assignments.filter((one) => one.name === name && one.value === value);
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
