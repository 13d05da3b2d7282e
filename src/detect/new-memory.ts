import type { Config } from '../core/config.ts';
import type { Connection, Mirror } from '../core/mirror.ts';
import type { Now, Random } from '../core/ports.ts';
import { seriesId, type Target } from '../core/target.ts';
import { present } from './absence.ts';
import { noContents } from './contents/subject.ts';
import { newDensity } from './density.ts';
import type { FindingRule } from './findings/rule.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { startBudget } from './round/budget.ts';
import { egressOf } from './round/vantage.ts';
import { noOutage } from './rules/outage.ts';
import { noSelf, quietSelf } from './rules/self.ts';
import { noSpeed } from './rules/speed.ts';
import { newTurn } from './turn.ts';

/** A series of which nothing is known. */
export function newSeries(target: Target, connection: Connection): SeriesMemory {
  return {
    id: seriesId(target, connection),
    target,
    connection,
    ...noSpeed,
    outage: noOutage,
    states: {},
    serves: false,
    writtenAtMs: null,
  };
}

/** A mirror of which nothing is known. */
export function newMirror(mirror: Mirror): MirrorMemory {
  return {
    mirror,
    egress: egressOf(mirror),
    canary: null,
    modules: 0,
    doubt: null,
    absence: present(),
    lastOkAtMs: null,
    lastJudgedAtMs: null,
    judgedMonotonicMs: null,
    canaryServes: false,
    lastOkRttMs: null,
    hasOk: false,
    wasAsked: false,
    blindSinceMs: null,
    answeredFromMs: null,
    density: newDensity(),
    marks: [],
    address: null,
    states: new Map(),
    detour: null,
    protocolFault: null,
    otherSpeed: null,
    failedOver: null,
    answeredOver: new Map(),
    insteadOf: new Map(),
    isSpikeHeld: false,
    backMs: null,
    contents: noContents(),
    stepTimes: new Map(),
    series: new Map(),
    out: new Set(),
    lastSkip: null,
    lastPlannedMs: null,
    plannedGapMs: null,
    isDirty: false,
    writtenAtMs: null,
  };
}

/** The empty state. */
export function newMemory(config: Config, rules: readonly FindingRule[], random: Random, now: Now): Memory {
  return {
    config,
    rules,
    random,
    mirrors: new Map(),
    targets: new Map(),
    rounds: new Map(),
    suspicions: new Map(),
    held: [],
    budget: startBudget,
    heavyLooks: new Map(),
    open: new Map(),
    openSince: new Map(),
    writtenFindings: new Map(),
    dirty: new Set(),
    urgent: new Set(),
    seen: new Map(),
    subjects: new Map(),
    controls: new Map(),
    self: quietSelf(noSelf, now.monotonicMs),
    differences: new Map(),
    asleep: [],
    passEnded: false,
    findingsWrittenAtMs: now.monotonicMs,
    lookedForRowsAtMs: null,
    clockFindingUntilMs: null,
    now,
    turn: newTurn(),
  };
}
