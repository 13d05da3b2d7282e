import type { ActionRow } from '../../../src/core/action.ts';
import type { Advice, AdviceChange, AdvicePhase, AdviceState, Refusal, RemedyNow } from '../../../src/core/advice.ts';
import type { ClientOutcome } from '../../../src/core/client-run.ts';
import type { ConfigIssue } from '../../../src/core/config.ts';
import type { Purpose } from '../../../src/core/due.ts';
import type { IncomingAlert } from '../../../src/core/evidence.ts';
import { type Reason, reasons } from '../../../src/core/failure.ts';
import type { Confidence, Finding, FindingChange } from '../../../src/core/finding.ts';
import type { Connection, Mirror } from '../../../src/core/mirror.ts';
import type { StateTrouble } from '../../../src/core/ports.ts';
import type { Sample } from '../../../src/core/sample.ts';
import type { Facts, SignatureState } from '../../../src/core/transcript.ts';
import type { Blocker, Stay } from '../../../src/core/verdict.ts';

// Lists that the code has as types alone, once more as values: the compiler refuses one too many and one too few.

/** The members of a union of words, as texts. */
function all<T extends string>(words: Readonly<Record<T, true>>): readonly string[] {
  return Object.keys(words);
}

export const connections = all<Connection>({ cold: true, warm: true });
export const roles = all<Mirror['role']>({ mirror: true, origin: true });
export const purposes = all<Purpose>({
  scheduled: true,
  confirm: true,
  recheck: true,
  once: true,
  peek: true,
  build: true,
});
export const caches = all<NonNullable<Sample['cache']>>({ hit: true, miss: true });
export const confidences = all<Confidence>({ low: true, medium: true, high: true });
export const findingStates = all<Finding['state']>({ open: true, closed: true, acknowledged: true });
export const findingVantages = all<Finding['vantage']>({ ok: true, unverified: true, suspect: true });
export const findingChanges = all<FindingChange['change']>({
  opened: true,
  changed: true,
  closed: true,
  acknowledged: true,
});
type RuleWord = Exclude<Finding['cause'], Reason>;
/** Causes of a finding: a reason, or the rule that spoke. */
export const findingCauses = [
  ...reasons,
  ...all<RuleWord>({
    slow: true,
    relearned: true,
    expires_soon: true,
    all_failing: true,
    partly_failing: true,
    all_slow: true,
    contaminated: true,
    behind: true,
    regression: true,
    stale: true,
    stripped: true,
    withdrawn: true,
    vanished: true,
    clock: true,
    client_differs: true,
    unstored: true,
    lock: true,
    holds_thread: true,
    many_requests: true,
    peers: true,
    origin: true,
    retag: true,
    fork: true,
  }),
];
export const clientOutcomes = all<ClientOutcome>({ ok: true, failed: true, unknown: true });
export const adviceStates = all<AdviceState>({
  proposed: true,
  accepted: true,
  superseded: true,
  withdrawn: true,
  expired: true,
  refused: true,
  dismissed: true,
});
export const adviceChanges = all<AdviceChange['change']>({
  proposed: true,
  accepted: true,
  superseded: true,
  withdrawn: true,
  expired: true,
  refused: true,
  reminded: true,
  dismissed: true,
  regretted: true,
});
export const refusals = all<Refusal>({
  vantage_suspect: true,
  shared_fate: true,
  nothing_measured: true,
  no_candidate: true,
});
export const triggers = all<Advice['trigger']>({
  detector: true,
  alertmanager: true,
});
export const authorities = all<NonNullable<Facts['verified']>['against']>({
  pinned: true,
  index: true,
  signature: true,
});
export const signatureStates = all<SignatureState>({
  valid: true,
  no_key: true,
  unknown_key: true,
  expired_key: true,
  revoked_key: true,
  undated: true,
  expired: true,
  unsupported: true,
  unsigned: true,
  unlisted: true,
  no_tool: true,
});
export const issueSeverities = all<ConfigIssue['severity']>({ error: true, warning: true });
export const alertStatuses = all<IncomingAlert['status']>({ firing: true, resolved: true });
/** What `X-Advice-State` may hold: the header is left out where the declared chain is right. */
export const silences = all<Exclude<Extract<RemedyNow, { kind: 'nothing' }>['state'], 'right'> | 'over'>({
  refused: true,
  suspect: true,
  over: true,
});
export const phasesOfAdvice = all<AdvicePhase>({ active: true, over: true, ended: true });
export const linesOfNew = all<Advice['newClients']>({ advised: true, usual: true });
export const stays = all<Stay['kind']>({ passed_over: true, waiting: true, dismissed: true });
export const blockers = all<Blocker['kind']>({
  own_network: true,
  gate: true,
  dismissed: true,
  failing: true,
  evidence: true,
  downloads: true,
  in_doubt: true,
  dearer: true,
  spell: true,
  cheaper: true,
  home: true,
});

export const stateTroubles = all<StateTrouble>({ full: true, read_only: true, io: true, closed: true, defect: true });

export const actionModes = all<ActionRow['mode']>({ 'dry-run': true, auto: true });
export const actionStates = all<ActionRow['state']>({
  planned: true,
  running: true,
  done: true,
  failed: true,
  undoing: true,
  undone: true,
  held: true,
});
export const undoers = all<NonNullable<ActionRow['undoneBy']>>({ failback: true, regret: true, operator: true });
