import type { Reason } from '../../core/failure.ts';
import type { Finding, ScopeItem } from '../../core/finding.ts';
import { limits } from '../../core/limits.ts';
import type { Step, Target } from '../../core/mirror.ts';
import type { Told } from '../../core/result.ts';
import { told } from '../../words/tell.ts';
import { isDown } from '../rules/roll-up.ts';
import { type Says, scopeOf, sortByCanary } from '../rules/says.ts';
import type { OneProtocol } from './http-versions.ts';
import type { OutageState } from './outage-state.ts';

/** Duration of the row of failures, milliseconds; 0 without one. */
function spanMs(state: OutageState): number {
  return state.fromMs === null || state.lastEndedMs === null ? 0 : Math.max(0, state.lastEndedMs - state.fromMs);
}

/** One series in outage. */
export interface OutSeries {
  readonly target: Target;
  readonly outage: OutageState;
}

/** Distinct modules whose canary step is among the series in outage: every client fetch of them needs it. */
export function modulesOutOf(out: Iterable<Pick<OutSeries, 'target'>>, canaryStep: Step | null): number {
  const modules = new Set<string>();
  for (const { target } of out) if (target.module !== null && target.step === canaryStep) modules.add(target.module);
  return modules.size;
}

/** An address family over which a mirror fails while the other works. */
export interface Broken {
  readonly family: 4 | 6;
  readonly reason: Reason;
  readonly probeIds: readonly string[];
  /** The probed target: its canary. */
  readonly target: Target;
}

function brokenItem({ family, target: { module, version, step } }: Broken): ScopeItem {
  return { module, version, step, family };
}

function brokenSays(
  name: string,
  broken: Broken,
  { known, vantage }: { readonly known: Finding['cause'] | null; readonly vantage: Finding['vantage'] | undefined },
): Says {
  const { family, reason, probeIds } = broken;
  return {
    tag: 'trouble',
    scope: [brokenItem(broken)],
    cause: known ?? reason,
    vantage,
    evidence: { samples: probeIds.length, failures: probeIds.length, probeIds },
    actionable: false,
    ...told('found.family', { name, family, cause: known ?? reason, other: family === 4 ? 6 : 4 }),
  };
}

/** A scope item that fails over one HTTP version only. */
function overProtocol(over: OneProtocol | null): (item: ScopeItem) => ScopeItem {
  return (item) => (over === null ? item : { ...item, protocol: over.broken });
}

function toldOver(name: string, { broken, other, reason: cause, clients, bypass }: OneProtocol): Told {
  const values = { name, broken, other, cause, clients: [...clients] };
  if (bypass !== null) return told('found.protocolBypass', { ...values, bypass });
  return told(broken === '2' ? 'found.protocolNoBypass' : 'found.protocol', values);
}

/** Its canary works over the leading client's version, but other clients use the failing one. */
function protocolSays(
  name: string,
  over: OneProtocol,
  { module, version, step }: Target,
  { known, vantage }: { readonly known: Finding['cause'] | null; readonly vantage: Finding['vantage'] | undefined },
): Says {
  const { reason, probeIds, broken: protocol } = over;
  return {
    tag: 'trouble',
    scope: [{ module, version, step, protocol }],
    cause: known ?? reason,
    vantage,
    evidence: { samples: probeIds.length, failures: probeIds.length, probeIds },
    actionable: false,
    ...toldOver(name, over),
  };
}

/**
 * The finding of one mirror's series in outage, and the address family over which it fails.
 * @param modules  distinct modules with a target for the canary's step
 * @param known    the cause of the open finding: it stays, because the way a dead mirror fails may change by the minute;
 * `null` where none is open
 */
export function explainOutage(
  name: string,
  out: Iterable<OutSeries>,
  context: {
    readonly canaryStep: Step | null;
    readonly canary: Target | null;
    /** Whether the canary's last sample was ok: only then may the text say so. */
    readonly canaryServes: boolean;
    readonly modules: number;
    readonly known: Finding['cause'] | null;
    readonly vantage: Finding['vantage'] | undefined;
    readonly broken: Broken | null;
    /** It fails over one HTTP version only; `null`: not so, or not known. */
    readonly over: OneProtocol | null;
  },
): Says {
  const all = sortByCanary(out);
  const [first] = all;
  const { broken } = context;
  if (first === undefined) {
    if (broken !== null) return brokenSays(name, broken, context);
    if (context.over !== null && context.canary !== null)
      return protocolSays(name, context.over, context.canary, context);
    return { tag: 'well', ...told('found.outage.well', { name }) };
  }
  const samples = all.reduce((sum, { outage }) => sum + outage.samples, 0);
  const failures = all.reduce((sum, { outage }) => sum + outage.failed, 0);
  const cause = first.outage.reason ?? context.known ?? 'unreachable';
  const actionable = isDown({
    canaryOut: first.target.canary,
    modulesOut: modulesOutOf(all, context.canaryStep),
    modules: context.modules,
  });
  return {
    tag: 'trouble',
    scope: [
      ...scopeOf(all.map(({ target }) => target)).map(overProtocol(context.over)),
      ...(broken === null ? [] : [brokenItem(broken)]),
    ].slice(0, limits.scopeItems),
    cause: context.known ?? cause,
    vantage: context.vantage,
    evidence: {
      samples,
      failures,
      probeIds: all.flatMap(({ outage }) => outage.probeIds).slice(0, limits.findingProbes),
    },
    actionable,
    ...(actionable && context.over !== null
      ? toldOver(name, context.over)
      : actionable
        ? told('found.down', { name, cause, failures, samples, seconds: Math.round(spanMs(first.outage) / 1_000) })
        : told(context.canaryServes ? 'found.partOnly' : 'found.part', { name, targets: all.length, cause })),
  };
}
