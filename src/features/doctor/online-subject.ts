import type { Config } from '../../core/config.ts';
import type { EcosystemId, Mirror } from '../../core/mirror.ts';
import type { Probed } from '../../core/ports.ts';
import type { HttpProtocol } from '../../core/transcript.ts';
import type { SettingPlace, Trap } from '../../core/trap.ts';
import type { OnceRequest } from '../../daemon/once.ts';
import { type KnownTraps, type Today, trapOf } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Say } from '../../words/words.ts';
import type { Layered } from './layers.ts';

/** Traps that only probes of a mirror can show. */
export const onlineKinds = {
  'online-name': { severity: 'error', isFixable: false },
  'online-tcp': { severity: 'error', isFixable: false },
  'online-tls': { severity: 'error', isFixable: false },
  'online-certificate': { severity: 'error', isFixable: false },
  'online-http': { severity: 'error', isFixable: false },
  'online-content': { severity: 'error', isFixable: false },
  'online-http1-broken': { severity: 'error', isFixable: false },
  'online-http2-broken': { severity: 'error', isFixable: false },
  'online-slow': { severity: 'warning', isFixable: false },
  'online-plain-on-tls': { severity: 'error', isFixable: false },
  'online-relay-missing': { severity: 'warning', isFixable: false },
  'online-relay-broken': { severity: 'error', isFixable: false },
  'online-clock-skew': { severity: 'warning', isFixable: false },
  'online-resolver-lies': { severity: 'error', isFixable: false },
  'online-ipv6-broken': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

type Question = Omit<OnceRequest, 'protocol'>;

export interface OnlineSubject {
  readonly config: Config;
  readonly question: Question;
  /** True if the command line names the mirror. */
  readonly isNamed: boolean;
}

export interface OnlineProber {
  /** Sends one probe now; `null`: the worker thread did not respond. */
  readonly probe: (config: Config, question: Question) => Promise<Probed | null>;
  /** What clients use on this machine, by ecosystem. */
  readonly today: ReadonlyMap<EcosystemId, Today>;
  /** A random word for a host name that does not exist. */
  readonly nonsense: string;
  readonly progress: (registry: string) => void;
  readonly say: Say;
}

export type OnlineTrap = Trap & { readonly id: keyof typeof onlineKinds };

export interface SeenSubject {
  readonly subject: OnlineSubject;
  readonly probed: Probed;
  readonly layered: Layered;
}

/** Finds what one mirror shows only if it is probed again in another way. */
export type OnlineCheck = (seen: SeenSubject, prober: OnlineProber) => Promise<readonly OnlineTrap[]>;

export function subjectPlaceOf({ question: { mirror } }: OnlineSubject): SettingPlace {
  return { mirror: `${mirror.name} (${mirror.url})` };
}

export function trapAt(
  subject: OnlineSubject,
  id: OnlineTrap['id'],
  what: string,
  ...set: readonly string[]
): OnlineTrap {
  return trapOf(id, what, [subjectPlaceOf(subject)], set);
}

const forced = { '1.1': 'h1', '2': 'h2' } as const;

/**
 * Finds the HTTP version over which a mirror fails although it works over the other version, and the clients that use
 * the failing version. `null`: there is none, or
 * no client of the ecosystem uses the failing one. Also `null` without TLS, and if no client uses HTTP/2. A server
 * without HTTP/2 is no fault, because clients then agree on HTTP/1.1 in the TLS handshake.
 * @param probe  probes the mirror over one HTTP version
 */
export async function findBrokenVersion(
  mirror: Mirror,
  first: Probed,
  probe: (over: Pick<Mirror, 'protocol'>) => Promise<Probed | null>,
) {
  if (!mirror.url.startsWith('https:') || first.sample.protocol === undefined) return null;
  const clients = registry.of(mirror.ecosystem)?.clients ?? [];
  const usersOf = (version: HttpProtocol): readonly string[] =>
    clients.filter((client) => client.protocols(mirror).includes('2') === (version === '2')).map(({ id }) => id);
  if (usersOf('2').length === 0) return null;
  const over = async (version: HttpProtocol) =>
    first.sample.protocol === version ? first : await probe({ protocol: forced[version] });
  const [one, two] = [await over('1.1'), await over('2')].map((probed) => probed?.sample.outcome);
  const faultOf = (broken: HttpProtocol, reason: string) => ({ broken, reason, clients: usersOf(broken) });
  if (one?.tag === 'ok' && two?.tag === 'failed' && two.failure.kind !== 'tls_protocol')
    return faultOf('2', two.failure.kind);
  if (two?.tag === 'ok' && one?.tag === 'failed' && usersOf('1.1').length > 0) return faultOf('1.1', one.failure.kind);
  return null;
}
