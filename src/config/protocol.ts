import type { Config } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { Client } from '../ecosystems/client.ts';
import { leadingClientOf } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import type { Path } from './issues.ts';
import type { Report } from './report.ts';
import type { FileMirror } from './schema.ts';

/** The HTTP version that the file names for a mirror. */
export function protocolOf(
  path: Path,
  { protocol }: FileMirror,
  url: string,
  report: Report,
): Pick<Mirror, 'protocol'> {
  if (protocol === 'client') return {};
  // A server without TLS chooses no protocol, and clients speak HTTP/1.1 to it.
  if (protocol === 'h2' && !url.startsWith('https:')) report.error([...path, 'protocol'], phrase('expected.http2Tls'));
  return { protocol };
}

/** The switch of the only client that there is; `null`: it has none, or there are more. */
function bypassOf(mirror: Mirror, [client, more]: readonly Client[]): string | null {
  return more === undefined ? (client?.withoutHttp2?.(mirror)?.setting ?? null) : null;
}

/** Which clients speak which HTTP version to a mirror, where its server chooses one. */
export function speaksOf(mirror: Mirror, config: Pick<Config, 'client'>, registry: Registry): Pick<Mirror, 'speaks'> {
  const kind = registry.of(mirror.ecosystem);
  if (kind === null || mirror.protocol !== undefined || !mirror.url.startsWith('https:')) return {};
  const leading = leadingClientOf(kind, config);
  const speaks = new Map<HttpProtocol, Client[]>();
  for (const client of [leading, ...kind.clients.filter((one) => one !== leading)]) {
    const [protocol = '1.1'] = client.protocols(mirror);
    speaks.set(protocol, [...(speaks.get(protocol) ?? []), client]);
  }
  return {
    speaks: [...speaks].map(([protocol, clients]) => ({
      protocol,
      clients: clients.map((client) => client.nameAt?.(mirror) ?? client.id),
      bypass: protocol === '2' ? bypassOf(mirror, clients) : null,
    })),
  };
}
