import { type Finding, mismatchCauseOf } from '../core/finding.ts';
import type { Mirror, ModuleRef } from '../core/mirror.ts';
import type { View } from './view.ts';
import { mayBeProposed, otherGateOf, type Weighed } from './weigh.ts';

/**
 * Causes of mismatches that clients notice themselves. `fork` is missing, because a forked checksum database confirms
 * wrong bytes. `peers` is missing, because it does not show which mirror is wrong.
 */
const noticed: ReadonlySet<string> = new Set(['authority', 'origin', 'retag']);

/**
 * The mirrors that serve wrong bytes of some items, but are the last choice because no other mirror is usable. Empty
 * unless all clients of the ecosystem verify what they download.
 * @param weighed  all mirrors of the upstream
 * @see docs/decisions/0129-the-last-choice.md
 */
export function listLastChoices(view: View, at: Mirror, weighed: readonly Weighed[]): readonly string[] {
  const { kind, roster } = view.group;
  const others = weighed.filter(({ mirror }) => mirror !== at);
  if (others.some(({ gate }) => gate !== 'mismatch' && !gone.has(gate))) return [];
  const settings = view.config.settings[kind.id];
  return others.flatMap(({ mirror, gate }) => {
    if (gate !== 'mismatch' || !mayBeProposed(otherGateOf(view, mirror))) return [];
    if (!kind.clients.every((client) => client.verifiesBytes?.(mirror, settings) === true)) return [];
    const wrong = wrongAt(view, mirror.name);
    const isNoticed = wrong.every((one) => one.scope.every((item) => noticed.has(mismatchCauseOf(one, item))));
    return isNoticed && roster.modules.some((one) => !isWrong(one, wrong)) ? [mirror.name] : [];
  });
}

/** Gates (reasons against a mirror) that mean: clients cannot use the mirror now, or the operator excludes it. */
const gone: ReadonlySet<string> = new Set(['outage', 'paused', 'maintenance', 'origin']);

function wrongAt(view: View, registry: string): readonly Finding[] {
  const findings = view.standingOf(registry)?.findings ?? [];
  return findings.filter(({ kind, state }) => kind === 'mismatch' && state === 'open');
}

function isWrong({ module, version }: Pick<ModuleRef, 'module' | 'version'>, wrong: readonly Finding[]): boolean {
  const isOf = (item: Finding['scope'][number]): boolean =>
    item.module === module && (item.version === null || item.version === version);
  return wrong.some(({ scope }) => scope.some(isOf));
}

/** What a sentence says about a last choice: an advised mirror that serves wrong bytes of some items. */
export interface LastChoice {
  readonly finding: Finding;
  /**
   * Since when responses for the wrong items are right again, monotonic milliseconds; `null`: no right response since
   * the last bad one.
   */
  readonly rightSinceMs: number | null;
}

/** The wrong bytes of a mirror, for the sentence of an advice; `null`: the mirror serves no wrong bytes. */
export function lastChoiceOf(view: View, registry: string): LastChoice | null {
  const [finding] = wrongAt(view, registry);
  if (finding === undefined) return null;
  const { light, heavy } = view.tallyOf(registry).samples;
  const responses = [...light, ...heavy].filter(({ target }) =>
    finding.scope.some(
      ({ module, version, step }) => module === target.module && version === target.version && step === target.step,
    ),
  );
  const lastBadMs = Math.max(...responses.filter(({ tag }) => tag !== 'ok').map(({ atMs }) => atMs));
  const sinceMs = Math.min(
    ...responses.filter(({ tag, atMs }) => tag === 'ok' && atMs > lastBadMs).map(({ atMs }) => atMs),
  );
  return { finding, rightSinceMs: Number.isFinite(sinceMs) ? sinceMs : null };
}
