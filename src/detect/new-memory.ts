import type { Config } from '../core/config.ts';
import type { Connection, Mirror } from '../core/mirror.ts';
import type { Now, Random } from '../core/ports.ts';
import { seriesId, type Target } from '../core/target.ts';
import { present } from './absence.ts';
import { startBudget } from './confirm/budget.ts';
import { egressOf } from './confirm/vantage.ts';
import { newDensity } from './density.ts';
import type { FindingRule } from './findings/rule.ts';
import type { Memory } from './memory.ts';
import type { MirrorMemory, SeriesMemory } from './mirror-memory.ts';
import { noFamilies } from './rules/detour.ts';
import { noOutage } from './rules/outage.ts';
import { noSelf, quietSelf } from './rules/self.ts';
import { noSpeed } from './rules/speed.ts';
import { noSight } from './sight.ts';
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
    sight: noSight(),
    line: { answeredFromMs: null, marks: [], address: null },
    density: newDensity(),
    states: new Map(),
    family: noFamilies(),
    protocol: { fault: null, otherSpeed: null },
    outages: { out: new Set(), backMs: null },
    series: new Map(),
    row: { isDirty: false, writtenAtMs: null },
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
    controls: new Map(),
    confirm: { rounds: new Map(), suspicions: new Map(), held: [], budget: startBudget, heavyLooks: new Map() },
    open: new Map(),
    findingLog: { openSince: new Map(), writtenFindings: new Map(), findingsWrittenAtMs: now.monotonicMs },
    rowsDue: { dirty: new Set(), urgent: new Set(), lookedForRowsAtMs: null },
    seen: new Map(),
    subjects: new Map(),
    us: {
      self: quietSelf(noSelf, now.monotonicMs),
      differences: new Map(),
      asleep: [],
      clockFindingUntilMs: null,
      passEnded: false,
    },
    now,
    turn: newTurn(),
  };
}
