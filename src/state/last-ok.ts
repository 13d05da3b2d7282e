import type { Mirror as Configured, Target } from '../core/mirror.ts';
import type { Now, Row } from '../core/ports.ts';
import { isRowDue } from '../core/row-due.ts';
import { endedAtMs, type SettledSample } from '../core/sample.ts';

const keyPrefix = 'ok/';

interface Addresses {
  readonly mirrors: readonly Pick<Configured, 'name' | 'url'>[];
}

/** A row of table `meta` under the key `ok/<registry>`. */
interface LastOkRow {
  readonly v: 1;
  /** The mirror's base URL when the row was written. If the URL has changed, the row is ignored. */
  readonly url: string;
  /** When the last ok probe of each target ended, wall milliseconds by target id. */
  readonly at: Readonly<Record<string, number>>;
}

interface Mirror {
  readonly url: string;
  readonly at: Map<string, number>;
  isDirty: boolean;
  /**
   * When the mirror's row was last written, monotonic milliseconds; `null`: not yet since the start of this process, or
   * since a change of the address.
   */
  writtenAtMs: number | null;
}

/**
 * A mirror's row is written at most once in each interval of this length, milliseconds. With many targets the interval
 * is longer (`everyMsPerTarget` for each), because the row contains their times.
 */
const everyMs = 60_000;
const everyMsPerTarget = 20;

/**
 * Remembers when the last scheduled ok probe of each target ended, across restarts.
 * @param restored  rows of table `meta`; other and unreadable rows are ignored
 */
export function createLastOk(config: Addresses, targets: readonly Target[], restored: readonly Row[]) {
  let mirrors = new Map<string, Mirror>();
  let known = new Set<string>();
  const kept = new Map(restored.flatMap((row) => readRow(row)));

  /** Takes a new configuration. The times of removed mirrors and of mirrors with a changed address are dropped. */
  function replace(next: Addresses, wanted: readonly Target[]): void {
    known = new Set(wanted.map(({ id }) => id));
    const before = mirrors;
    mirrors = new Map(
      next.mirrors.map(({ name, url }) => {
        const old = before.get(name) ?? kept.get(name);
        const same = old?.url === url ? old : { url, at: [] };
        const at = new Map([...same.at].filter(([id]) => known.has(id)));
        return [name, { isDirty: false, writtenAtMs: null, ...same, at }];
      }),
    );
    kept.clear();
  }
  replace(config, targets);

  return {
    /** Records when the probe of a sample ended. Only scheduled ok samples count. */
    take(sample: SettledSample): void {
      const { target, purpose } = sample.due;
      if (purpose !== 'scheduled' || sample.outcome.tag !== 'ok' || !known.has(target.id)) return;
      const mirror = mirrors.get(target.registry);
      if (mirror === undefined) return;
      mirror.at.set(target.id, endedAtMs(sample));
      mirror.isDirty = true;
    },
    /**
     * Returns the rows to write: each changed mirror at most once in each minute (less often above 3 000 targets); with
     * `everything` (at shutdown), all changed mirrors.
     */
    rows(now: Now, everything: boolean): readonly Row[] {
      const rows: Row[] = [];
      const restMs = Math.max(everyMs, known.size * everyMsPerTarget);
      for (const [name, mirror] of mirrors) {
        if (!mirror.isDirty || !(everything || isRowDue(mirror.writtenAtMs, now.monotonicMs, restMs))) continue;
        mirror.isDirty = false;
        mirror.writtenAtMs = now.monotonicMs;
        const value: LastOkRow = { v: 1, url: mirror.url, at: Object.fromEntries(mirror.at) };
        rows.push({ table: 'meta', key: `${keyPrefix}${name}`, atMs: now.wallMs, value });
      }
      return rows;
    },
    /** Returns when the last ok probe of each target ended, wall milliseconds by target id. */
    all: (): ReadonlyMap<string, number> => new Map([...mirrors.values()].flatMap(({ at }) => [...at])),
    replace,
  };
}

function readRow(row: Row): readonly (readonly [string, { url: string; at: ReadonlyMap<string, number> }])[] {
  const value = row.value as Partial<LastOkRow> | null;
  if (!row.key.startsWith(keyPrefix) || value?.v !== 1 || typeof value.url !== 'string') return [];
  const at = Object.entries(value.at ?? {}).filter(([, ms]) => typeof ms === 'number' && Number.isFinite(ms) && ms > 0);
  return [[row.key.slice(keyPrefix.length), { url: value.url, at: new Map(at) }]];
}
