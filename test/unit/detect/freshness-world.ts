import type { Config } from '../../../src/core/config.ts';
import type { Gaps } from '../../../src/core/mirror.ts';
import type { Now, Row } from '../../../src/core/ports.ts';
import type { MirrorLag } from '../../../src/core/standing.ts';
import type { Contents } from '../../../src/core/transcript.ts';
import { createDetector, type Detector, type DetectTurn } from '../../../src/detect/detector.ts';
import { aConfig, aDue, aMirror, aSample, aTarget, at, countingRandom } from './world.ts';

/** A list of versions as a conversation would give it. */
export function versions(...newest: readonly string[]): Contents {
  return { versions: { count: newest.length, newest, pre: newest.filter((one) => one.includes('-')) } };
}

/** What one probe of a list saw. */
export interface Seen {
  readonly registry: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly contents: Contents;
  readonly module?: string;
  readonly version?: string;
}

/** A detector that is told what lists say, and by whom. */
export class Shelves {
  readonly detector: Detector;
  readonly config: Config;
  readonly turns: DetectTurn[] = [];
  readonly rows = new Map<string, Row>();
  readonly #startMs: number;

  constructor(given: {
    readonly mirrors: readonly string[];
    readonly origin?: string;
    /** Mirrors on one host. */
    readonly together?: readonly string[];
    readonly gaps?: Readonly<Record<string, Gaps>>;
    readonly limitMs?: number;
    readonly everyMs?: number;
    readonly modules?: readonly string[];
    readonly versions?: readonly string[];
    readonly restored?: readonly Row[];
    /** When the process starts: its monotonic clock then stands at zero. */
    readonly startMs?: number;
  }) {
    this.#startMs = given.startMs ?? 0;
    const mirrors = given.mirrors.map((name) => {
      const gaps = given.gaps?.[name];
      return {
        ...aMirror(name),
        ...(given.together?.includes(name) === true && { url: `https://together.example.com/${name}/` }),
        role: name === given.origin ? ('origin' as const) : ('mirror' as const),
        ...(gaps === undefined ? {} : { gaps }),
      };
    });
    const config = aConfig({ mirrors, everyMs: given.everyMs ?? 300_000 });
    const modules = given.modules ?? ['example.com/a'];
    const asked = modules.flatMap((module) => (given.versions ?? ['v1.0.0']).map((version) => ({ module, version })));
    this.config = { ...config, detect: { ...config.detect, lagLimitMs: given.limitMs ?? 3_600_000 } };
    this.detector = createDetector({
      config: this.config,
      targets: given.mirrors.flatMap((name) =>
        asked.map(({ module, version }) => aTarget(name, 'list', module, version)),
      ),
      restored: given.restored ?? [],
      random: countingRandom(`f${this.#startMs}-`),
      now: this.#at(this.#startMs),
    });
  }

  /** One answer, taken in when it was over. */
  see({ registry, fromMs, toMs, contents, module = 'example.com/a', version = 'v1.0.0' }: Seen): DetectTurn {
    const due = aDue(aTarget(registry, 'list', module, version));
    const { wallMs, monotonicMs } = this.#at(fromMs);
    const over = { startedAtMs: wallMs, facts: { contents } };
    const sample = aSample(due, monotonicMs, toMs - fromMs, { tag: 'ok' }, over);
    return this.keep(this.detector.take(sample, this.#at(toMs)));
  }

  #at(ms: number): Now {
    return { wallMs: at(ms).wallMs, monotonicMs: ms - this.#startMs };
  }

  keep(turn: DetectTurn): DetectTurn {
    this.turns.push(turn);
    for (const row of turn.rows) this.rows.set(`${row.table}|${row.key}`, row);
    for (const { table, key } of turn.deletes) this.rows.delete(`${table}|${key}`);
    return turn;
  }

  lag(registry: string, module = 'example.com/a'): MirrorLag | undefined {
    return [...this.detector.lags()].find((one) => one.registry === registry && one.module === module);
  }

  /** Findings of kind `lag` in words. */
  story(): readonly string[] {
    return this.turns
      .flatMap(({ findings }) => findings)
      .filter(({ finding }) => finding.kind === 'lag')
      .map(({ change, finding }) => `${finding.registry} ${change} ${finding.cause}`);
  }
}
