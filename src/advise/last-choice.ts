import { type Finding, mismatchCauseOf } from '../core/finding.ts';
import { limits } from '../core/limits.ts';
import type { Mirror, ModuleRef } from '../core/mirror.ts';
import { isDownNow } from '../core/standing.ts';
import type { Tally } from './tally.ts';
import type { View } from './view.ts';
import { mayBeProposed, otherGateOf, type Weighed } from './weigh.ts';

/**
 * Causes of mismatches that clients notice themselves. `fork` is missing, because a forked checksum database confirms
 * wrong bytes.
 */
const noticed: ReadonlySet<string> = new Set(['authority', 'origin', 'retag', 'peers']);

/**
 * The mirrors that advice may name only if no other mirror may be proposed. `servingAgain`: mirrors with an open finding
 * `outage` that serve again, if the head is down or serves wrong bytes. `wrong`: mirrors that serve wrong bytes of some
 * items, if the head is down, even the mirrors with other faults are unusable, and all clients of the ecosystem verify
 * what they download.
 * @param weighed  all mirrors of the upstream
 * @see docs/decisions/0129-when-no-mirror-is-usable.md
 */
export function listLastChoices(view: View, at: Mirror, weighed: readonly Weighed[]) {
  const others = weighed.filter(({ mirror }) => mirror !== at);
  const listBy = (reason: 'outage' | 'mismatch', isFit: (mirror: Mirror) => boolean): readonly string[] =>
    others.flatMap(({ mirror, gate }) =>
      gate === reason && mayBeProposed(otherGateOf(view, mirror, reason)) && isFit(mirror) ? [mirror.name] : [],
    );
  const standing = view.standingOf(at.name);
  const isDown = standing !== null && isDownNow(standing);
  const wrongOfHead = wrongAt(view, at.name);
  const isWrongHead = wrongOfHead.length > 0;
  const isSurelyWrong = wrongOfHead.some(isSure) || (isWrongHead && !isDown);
  const isAlone = others.every(({ gate }) => gate === 'mismatch' || gone.has(gate));
  return {
    servingAgain: isDown || isWrongHead ? listBy('outage', ({ name }) => isServingAgain(view.tallyOf(name))) : [],
    wrong: isAlone && !isSurelyWrong ? listBy('mismatch', (mirror) => isNoticed(view, mirror)) : [],
  };
}

/** True if the last `limits.measuredOk` canary probes of a mirror succeeded. */
function isServingAgain({ canary }: Tally): boolean {
  const last = canary.slice(-limits.measuredOk);
  return last.length === limits.measuredOk && last.every(({ tag }) => tag === 'ok');
}

/**
 * What advice may say about the wrong bytes of a mirror. `none`: it serves none, or clients do not notice them and it is
 * not known which mirror is right. `noticed`: advice may name the mirror as a last choice. `unnoticed`: it may not.
 */
export type WrongBytes = 'none' | 'noticed' | 'unnoticed';

export function wrongBytesOf(view: View, mirror: Mirror): WrongBytes {
  const wrong = wrongAt(view, mirror.name);
  if (wrong.length > 0 && isNoticed(view, mirror)) return 'noticed';
  return wrong.some(isSure) ? 'unnoticed' : 'none';
}

/** False if it is not known which of the mirrors serves the wrong bytes. */
function isSure({ cause }: Finding): boolean {
  return cause !== 'peers';
}

/** True if all clients of the ecosystem notice the wrong bytes of the mirror, and some module has no wrong bytes. */
function isNoticed(view: View, mirror: Mirror): boolean {
  const { kind, roster } = view.group;
  const settings = view.config.settings[kind.id];
  const wrong = wrongAt(view, mirror.name);
  return (
    kind.clients.every((client) => client.verifiesBytes?.(mirror, settings) === true) &&
    wrong.every((one) => one.scope.every((item) => noticed.has(mismatchCauseOf(one, item)))) &&
    roster.modules.some((one) => !isWrong(one, wrong))
  );
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
  /** False if it is not known which mirror is right. */
  readonly isSure: boolean;
  /**
   * Since when responses for the wrong items are right again, monotonic milliseconds; `null`: no right response since
   * the last bad one.
   */
  readonly rightSinceMs: number | null;
}

/** The wrong bytes of a mirror, for the sentence of an advice; `null`: the mirror serves no wrong bytes. */
export function lastChoiceOf(view: View, mirror: Mirror): LastChoice | null {
  const wrong = wrongAt(view, mirror.name);
  const finding = wrong.find(isSure) ?? wrong[0];
  if (finding === undefined || wrongBytesOf(view, mirror) === 'none') return null;
  const { light, heavy } = view.tallyOf(mirror.name).samples;
  const responses = [...light, ...heavy].filter(({ target }) =>
    finding.scope.some(
      ({ module, version, step }) => module === target.module && version === target.version && step === target.step,
    ),
  );
  const lastBadMs = Math.max(...responses.filter(({ tag }) => tag !== 'ok').map(({ atMs }) => atMs));
  const sinceMs = Math.min(
    ...responses.filter(({ tag, atMs }) => tag === 'ok' && atMs > lastBadMs).map(({ atMs }) => atMs),
  );
  return { finding, isSure: isSure(finding), rightSinceMs: Number.isFinite(sinceMs) ? sinceMs : null };
}
