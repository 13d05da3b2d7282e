import type { ClientOrder, ClientOutcome, ClientReport, ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { printable } from '../core/printable.ts';
import type { Sentence } from '../core/sentence.ts';
import type { RealClient } from '../ecosystems/real-client.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase, saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';
import { bookAccess } from './book.ts';

/** What is fetched. */
export interface ClientAsk {
  readonly mirror: Mirror;
  readonly client: RealClient;
  readonly module: string;
  readonly version: string | null;
}

/** Means of a run besides its configuration. */
export interface OrderMeans {
  readonly config: Config;
  readonly registry: Registry;
  readonly version: string;
  readonly isRoot: boolean;
}

/** The timeout of a run by hand where the file has none. */
const timeoutMs = 5 * 60_000;
const nobody = { uid: 65534, gid: 65534 };

/** The order of one run: the ecosystem's plan, the user, and the limits. */
export function clientOrder({ mirror, client, module, version }: ClientAsk, means: OrderMeans): ClientOrder {
  const { config, registry } = means;
  const access = bookAccess(config, mirror, means.version);
  const rule = config.clientRuns ?? { timeoutMs, user: nobody };
  return {
    command: client.id,
    plan: (home) =>
      client.plan({
        access,
        isPublic: mirror.upstream === registry.of(mirror.ecosystem)?.publicUpstream,
        module,
        version,
        settings: config.settings[mirror.ecosystem],
        privatePatterns: config.private[mirror.ecosystem] ?? [],
        home,
      }),
    access,
    user: means.isRoot ? rule.user : null,
    timeoutMs: rule.timeoutMs,
    outputBytes: limits.clientOutputBytes,
    diskBytes: limits.clientDiskBytes,
  };
}

function lineOf(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim(), limits.clientLineChars);
}

/** What a report means for the mirror. If nothing was fetched, it failed, whatever the client says. */
export function judgedReport(
  { end, files, bytes, said: all }: ClientReport,
  client: RealClient,
): Pick<ClientRun, 'outcome' | 'reason' | 'sentence' | 'exitCode'> {
  const said = (outcome: ClientOutcome, reason: string | Sentence | null, exitCode: number | null = null) => ({
    outcome,
    reason: reason === null ? null : lineOf(saySentence(reason, english)),
    ...(reason === null || typeof reason === 'string' ? {} : { sentence: reason }),
    exitCode,
  });
  switch (end.tag) {
    case 'exited': {
      if (end.code === 0 && files > 0 && bytes > 0) return said('ok', null, 0);
      const { text, isElsewhere } = client.why(all);
      const reason =
        text === '' ? (end.code === 0 ? phrase('client.nothing') : phrase('client.exit', { code: end.code })) : text;
      return said(isElsewhere ? 'unknown' : 'failed', reason, end.code);
    }
    case 'signalled':
      return said('unknown', phrase('client.killed', { signal: end.signal }));
    case 'stopped':
      return end.because === 'time'
        ? said('failed', phrase('client.late'))
        : said('unknown', phrase(`client.${end.because}`));
    case 'not_run':
      return said(
        'unknown',
        end.because === 'not_installed' ? phrase('client.missing') : phrase('client.cannot', { code: end.code }),
      );
    default:
      return end satisfies never;
  }
}
