import { limits } from '../../../src/core/limits.ts';
import type { Happened } from './notices.ts';

/** Of the API's answers, what the soak reads. */
export interface FindingJson {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly registry: string | null;
  readonly cause: string;
  readonly openedAt: string;
  readonly closedAt: string | null;
}
export interface AdviceJson {
  readonly id: string;
  readonly state: string;
  readonly ecosystem: string;
  readonly upstream: string;
  readonly refusal: string | null;
}

/** What a daemon says has happened, over all its lives. */
export interface History {
  /** One look; `atMs`: our time before it began. @returns what was known before and is no more */
  readonly take: (findings: readonly FindingJson[], advice: readonly AdviceJson[], atMs: number) => readonly string[];
  /** The state could not be written when the process was killed: what it knew may be gone. */
  readonly forget: () => void;
  /** What the last look knew, for `lostOf`. */
  readonly happened: () => readonly Happened[];
}

/** @param vantage  the name of the place, as subjects of findings about us have it */
export function createHistory(vantage: string): History {
  /** When we looked the last time before each came up, by its words. */
  const notBefore = new Map<string, number>();
  let ids = new Set<string>();
  let happened: readonly Happened[] = [];
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return {
    take(findings, advice, atMs) {
      const all = [...findings.flatMap((finding) => saidOfFinding(finding, vantage)), ...advice.flatMap(saidOfAdvice)];
      for (const { what } of all) if (!notBefore.has(what)) notBefore.set(what, lookedAtMs);
      lookedAtMs = atMs;
      happened = all.map((one) => ({ ...one, notBeforeMs: notBefore.get(one.what) ?? lookedAtMs }));
      const now = new Set([...findings.map(({ id }) => `finding ${id}`), ...advice.map(({ id }) => `advice ${id}`)]);
      const gone = [...ids].filter((id) => !now.has(id));
      ids = now;
      return gone.map((id) => `${id} was known and is no more`);
    },
    forget() {
      ids = new Set();
    },
    happened: () => happened,
  };
}

type Said = Omit<Happened, 'notBeforeMs'>;

const ownStories: ReadonlySet<string> = new Set(['client_differs', 'unstored']);

/**
 * An opening that is over may have been replaced by its end, an end by the next opening; what is open never. An outage
 * that ends while its notice still waits is no message (docs/webhooks.md).
 */
function saidOfFinding(finding: FindingJson, vantage: string): readonly Said[] {
  const { id, kind, state, registry, cause, openedAt, closedAt } = finding;
  const story = ownStories.has(cause) ? `/${cause}` : '';
  const subject = `${kind}/${registry ?? vantage}${story}`;
  if (state === 'open') return [{ what: `finding ${id} opening`, subject, isReplaceable: false }];
  const lastedMs = closedAt === null ? Number.POSITIVE_INFINITY : Date.parse(closedAt) - Date.parse(openedAt);
  if (kind === 'outage' && lastedMs <= limits.partOutageHoldMs) return [];
  return [{ what: `finding ${id} recovery`, subject, isReplaceable: true }];
}

/**
 * A refusal because the vantage is suspect is no message, and neither is the end of one for lack of measurements if its
 * notice still waited (docs/webhooks.md).
 */
function saidOfAdvice({ id, state, ecosystem, upstream, refusal }: AdviceJson): readonly Said[] {
  if (refusal === 'vantage_suspect' || (refusal === 'nothing_measured' && state !== 'refused')) return [];
  return [{ what: `advice ${id} ${state}`, subject: `advice/${ecosystem}/${upstream}`, isReplaceable: true }];
}
