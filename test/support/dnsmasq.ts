import { isListening } from './listening.ts';
import { commandPath } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** How to start dnsmasq. */
export interface DnsmasqOptions {
  /** Name → addresses, true or lying; a name covers what is below it. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Names that do not exist. All names that are in neither list are REFUSED, as there is no upstream. */
  readonly missing?: readonly string[];
  /** Default 127.0.0.1; in a link's namespace its `addrB`. */
  readonly host?: string;
  readonly ns?: string | null;
  /** Default: a free one. */
  readonly port?: number;
}

/** A running resolver. */
export interface Dnsmasq {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as `resolve.server` and `dns.setServers` take it. */
  readonly address: string;
  /** The questions so far are in it. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real dnsmasq as a resolver that knows only what it is told: no upstream, no hosts file.
 * @throws Error with its log when it does not start
 */
export async function startDnsmasq(options: DnsmasqOptions): Promise<Dnsmasq> {
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? (await freePort());
  const known = Object.entries(options.addresses).flatMap(([name, list]) =>
    list.map((one) => `--address=/${name}/${one}`),
  );
  const server = await startProcess({
    name: 'dnsmasq',
    command: commandPath('dnsmasq'),
    args: [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--bind-interfaces',
      `--listen-address=${host}`,
      `--port=${port}`,
      '--pid-file=',
      '--log-queries',
      '--log-facility=-',
      '--user=',
      '--group=',
      ...known,
      ...(options.missing ?? []).map((name) => `--address=/${name}/`),
    ],
    ns: options.ns ?? null,
    ready: ({ pid }) => isListening(pid, port, 'udp'),
  });
  return { host, port, address: `${host}:${port}`, log: server.log, close: server.close };
}
