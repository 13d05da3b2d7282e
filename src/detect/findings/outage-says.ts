import { failureTextOf, isErrorResponse, isTimeout } from '../../core/failure.ts';
import { isPartial, type ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Message } from '../../core/result.ts';
import { messageFor } from '../../words/tell.ts';
import { openFinding } from '../memory/lookups.ts';
import type { MirrorMemory } from '../memory/mirror-memory.ts';
import type { Reporting, RuleView } from '../memory/rule.ts';
import { type FindingStatement, scopeOf, sortByCanary } from '../memory/says.ts';
import { type Detour, isShown } from '../outage/families.ts';
import { type OneProtocol, oneProtocolOf } from '../outage/http-versions.ts';
import { isDownBy, type OutageOwn, type OutageState, outageOf, outagesOf } from '../outage/state.ts';

/** Milliseconds from the first failure of any of the given outages to the end of the last judged sample. */
function spanMs(all: readonly { readonly outage: OutageState }[]): number {
  const from = all.flatMap(({ outage }) => outage.fromMs ?? []);
  const to = all.flatMap(({ outage }) => outage.lastEndedMs ?? []);
  return from.length === 0 || to.length === 0 ? 0 : Math.max(0, Math.max(...to) - Math.min(...from));
}

/**
 * The detour (one address family fails, so the other is used) to report; `null`: none, or nothing shows that this host
 * can use the broken family.
 */
function brokenOf(view: RuleView, { mirror, canary }: MirrorMemory, { detour }: OutageOwn['families']): Detour | null {
  if (detour === null || canary === null || !isShown(detour)) return null;
  const scope = openFinding(view, 'outage', mirror.name)?.scope;
  if (scope?.some((item) => item.family === detour.broken) === true) return detour;
  for (const other of view.mirrors.values()) {
    const { respondedOver } = outagesOf(other).families;
    if (
      other.mirror.name !== mirror.name &&
      (respondedOver[detour.broken] ?? Number.NEGATIVE_INFINITY) > detour.sinceMs
    )
      return detour;
  }
  return null;
}

/**
 * The outage whose failure names the trouble: that of `first`. If `first` timed out, it is that of another target whose
 * failure was an error response, because confirming probes wait only briefly.
 */
function namedBy<T extends { readonly outage: OutageState }>(first: T, all: readonly T[]): OutageState {
  const { reason } = first.outage;
  if (reason === null || !isTimeout(reason)) return first.outage;
  return (all.find(({ outage }) => isErrorResponse(outage.reason)) ?? first).outage;
}

function itemOf({ canary }: MirrorMemory): ScopeItem {
  const { module = null, version = null, step = '' } = canary ?? {};
  return { module, version, step };
}

function protocolMessage(name: string, { broken, other, reason: cause, clients, bypass }: OneProtocol): Message {
  const values = { name, broken, other, cause, clients: [...clients] };
  if (bypass !== null) return messageFor('found.protocolBypass', { ...values, bypass });
  return messageFor(broken === '2' ? 'found.protocolNoBypass' : 'found.protocol', values);
}

/** The finding of one mirror's outage, or of the one address family or HTTP version that fails. */
export function explainOutage(
  { view, mirror, vantage }: Reporting,
  { out, families, fault }: OutageOwn,
): FindingStatement {
  const { name, speaks } = mirror.mirror;
  // The first cause is kept, because later failures of a dead mirror may look different.
  const opened = openFinding(view, 'outage', name);
  const known = opened?.cause ?? null;
  const over = oneProtocolOf(fault, speaks);
  const detour = brokenOf(view, mirror, families);
  const ofFamily = detour === null ? [] : [{ ...itemOf(mirror), family: detour.broken }];
  const all = sortByCanary([...out].map((series) => ({ target: series.target, outage: outageOf(series) })));
  const [first] = all;
  if (first === undefined) {
    const partly = (scope: readonly ScopeItem[], { reason, probeIds }: Pick<Detour, 'reason' | 'probeIds'>) => ({
      tag: 'trouble' as const,
      scope,
      cause: known ?? reason,
      vantage,
      evidence: { samples: probeIds.length, failures: probeIds.length, probeIds },
    });
    if (detour !== null) {
      const draft = partly(ofFamily, detour);
      return {
        ...draft,
        ...messageFor('found.family', { name, family: detour.broken, cause: draft.cause, other: detour.over }),
      };
    }
    return over === null || mirror.canary === null
      ? { tag: 'well', ...messageFor(isPartial(opened) ? 'found.part.well' : 'found.outage.well', { name }) }
      : { ...partly([{ ...itemOf(mirror), protocol: over.broken }], over), ...protocolMessage(name, over) };
  }
  const samples = all.reduce((sum, { outage }) => sum + outage.samples, 0);
  const failures = all.reduce((sum, { outage }) => sum + outage.failed, 0);
  const probeIds = all.flatMap(({ outage }) => outage.probeIds);
  const { reason, status } = namedBy(first, all);
  const cause = reason ?? known ?? 'unreachable';
  const causeText = failureTextOf(cause, status);
  const actionable = isDownBy(all, mirror);
  const counts = { name, failures, samples, seconds: Math.round(spanMs(all) / 1_000) };
  const proxy = mirror.mirror.access.proxy?.url ?? null;
  const ofProtocol = over === null ? {} : { protocol: over.broken };
  const failing = scopeOf(all.map(({ target }) => target)).map((item) => ({ ...item, ...ofProtocol }));
  return {
    tag: 'trouble',
    scope: [...failing, ...ofFamily].slice(0, limits.scopeItems),
    cause: known ?? cause,
    vantage,
    evidence: { samples, failures, probeIds: probeIds.slice(0, limits.findingProbes) },
    actionable,
    ...(actionable && over !== null
      ? protocolMessage(name, over)
      : actionable
        ? proxy !== null && (cause === 'proxy' || cause === 'timeout_connect')
          ? messageFor('found.proxy', { ...counts, proxy })
          : messageFor('found.down', { ...counts, cause: causeText })
        : messageFor(mirror.sight.canaryServes ? 'found.partOnly' : 'found.part', {
            name,
            targets: all.length,
            cause: causeText,
          })),
  };
}
