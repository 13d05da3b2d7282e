import type { ClientOrder, ClientOutcome, ClientPair, ClientReport, ClientRun } from '../core/client-run.ts';
import type { Config } from '../core/config.ts';
import { limits } from '../core/limits.ts';
import type { Mirror } from '../core/mirror.ts';
import { printable } from '../core/printable.ts';
import type { Sentence } from '../core/result.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import type { RealClient } from '../ecosystems/real-client.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase, saySentence } from '../words/tell.ts';
import { english } from '../words/words.ts';
import type { Stages } from './assemble.ts';
import { bookAccessOf } from './book.ts';

export interface ClientWish {
  readonly mirror: Mirror;
  readonly client: RealClient;
  readonly module: string;
  readonly version: string | null;
}

interface OrderMeans {
  readonly config: Config;
  readonly registry: Registry;
  readonly version: string;
  readonly isRoot: boolean;
}

/** The timeout, milliseconds, and the user of a client if the configuration has no `clientRuns`. */
const timeoutMs = 5 * 60_000;
const unprivileged = { uid: 65534, gid: 65534 };

export function makeClientOrder({ mirror, client, module, version }: ClientWish, means: OrderMeans): ClientOrder {
  const { config, registry } = means;
  const access = bookAccessOf(config, mirror, means.version);
  const rule = config.clientRuns ?? { timeoutMs, user: unprivileged };
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

/** Judges a client's report on the mirror at `url`. A run that fetched nothing is not ok, even with exit code 0. */
export function judgeReport(
  { end, files, bytes, said: all }: ClientReport,
  client: RealClient,
  url: string,
): Pick<ClientRun, 'outcome' | 'reason' | 'sentence' | 'exitCode'> {
  const outcomeOf = (outcome: ClientOutcome, reason: string | Sentence | null, exitCode: number | null = null) => ({
    outcome,
    reason: reason === null ? null : lineOf(saySentence(reason, english)),
    ...(reason === null || typeof reason === 'string' ? {} : { sentence: reason }),
    exitCode,
  });
  switch (end.tag) {
    case 'exited': {
      if (end.code === 0 && files > 0 && bytes > 0) return outcomeOf('ok', null, 0);
      const { text, isElsewhere } = client.why(all, url);
      const reason =
        text === '' ? (end.code === 0 ? phrase('client.nothing') : phrase('client.exit', { code: end.code })) : text;
      return outcomeOf(isElsewhere ? 'unknown' : 'failed', reason, end.code);
    }
    case 'signalled':
      return outcomeOf('unknown', phrase('client.killed', { signal: end.signal }));
    case 'stopped':
      return end.because === 'time'
        ? outcomeOf('failed', phrase('client.late'))
        : outcomeOf('unknown', phrase(`client.${end.because}`));
    case 'not_run':
      return outcomeOf(
        'unknown',
        end.because === 'not_installed' ? phrase('client.missing') : phrase('client.cannot', { code: end.code }),
      );
    default:
      return end satisfies never;
  }
}

/** Returns the pairs of mirror and client to run; empty in a daemon that has no client runner. */
export function pairsOf(s: Pick<Stages, 'config' | 'clients'>): readonly ClientPair[] {
  return s.clients === null ? [] : (s.config.clientRuns?.pairs ?? []);
}

/**
 * Returns what a pair (a client and a mirror) fetches in its next run: the canary's module first, then the other
 * modules in turn. `null`: nothing.
 */
export function clientOrderFor(s: Stages, { registry, client }: ClientPair, runs: number): ClientWish | null {
  const mirror = s.config.mirrors.find(({ name }) => name === registry);
  const kind = mirror === undefined ? null : s.registry.of(mirror.ecosystem);
  const real = kind?.realClients.find(({ id }) => id === client);
  if (mirror === undefined || kind === null || real === undefined) return null;
  const artifacts = s.targets.filter((target) => target.registry === registry && target.step === kind.fetch.at(-1));
  const canary = s.targets.find((target) => target.registry === registry && target.canary);
  const first = artifacts.filter(({ module, version }) => module === canary?.module && version === canary?.version);
  const turns = [...first, ...artifacts.filter((target) => !first.includes(target))];
  const { module, version = null } = turns[runs % Math.max(1, turns.length)] ?? {};
  return module == null ? null : { mirror, client: real, module, version };
}

/** Returns an estimate of the bytes that a client's fetch and our own probes after it transfer. */
export function bytesOf(kind: Ecosystem | null): number {
  return kind === null ? 0 : 2 * kind.fetch.reduce((sum, step) => sum + (kind.steps[step]?.usualBytes ?? 0), 0);
}
