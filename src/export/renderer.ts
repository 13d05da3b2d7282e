import { limits } from '../core/limits.ts';
import type { Clock } from '../core/ports.ts';
import type { Board } from './board.ts';
import type { Boards } from './boards.ts';
import type { DaemonMetric, MetricName } from './catalog.ts';
import { countLines, type Exposition, type Families, openMetrics, plainText } from './exposition.ts';
import { fillBoard, fillDaemon, sortReadings } from './gauges.ts';
import type { Format } from './negotiate.ts';
import type { Snapshot } from './snapshot.ts';

/** Renders all registries, one a turn of the loop, once for all who ask meanwhile. */
export interface Renderer {
  readonly snapshot: (read: () => Snapshot) => void;
  /** How many lines the cap leaves out of each answer from now on. */
  readonly dropping: (lines: number) => void;
  readonly render: (format: Format) => Promise<Exposition>;
}

interface Rendered {
  readonly atMs: number;
  readonly families: Families;
  readonly openmetrics: Exposition;
  /** Made when first asked for, then shared. */
  text: Promise<Exposition> | null;
}

/** @see createExporter for `turn` and `clock` */
export function createRenderer(input: {
  readonly boards: Boards;
  readonly daemon: Board<DaemonMetric>;
  readonly verified: ReadonlySet<string>;
  readonly turn: () => Promise<void>;
  readonly clock: Pick<Clock, 'monotonicMs'> | null;
}): Renderer {
  const { boards, daemon, turn, clock } = input;
  let read: (() => Snapshot) | null = null;
  let droppedLines = 0;
  let running: Promise<Rendered> | null = null;
  let last: Rendered | null = null;

  async function collect<N extends MetricName>(board: Board<N>, into: Map<MetricName, string[]>): Promise<number> {
    let lines = 0;
    for (const name of board.names) {
      const piece = await board.lines(name);
      if (piece === '') continue;
      const pieces = into.get(name);
      if (pieces === undefined) into.set(name, [piece]);
      else pieces.push(piece);
      lines += countLines(piece);
    }
    return lines;
  }

  async function collectAll(): Promise<Families> {
    const families = new Map<MetricName, string[]>();
    const snapshot = read?.() ?? null;
    const readings = snapshot === null ? null : sortReadings(snapshot, boards);
    let lines = 0;
    for (const board of boards.all()) {
      await turn();
      if (readings !== null) fillBoard(board, boards.homesOf(board), readings, input.verified);
      lines += await collect(board, families);
    }
    await turn();
    if (snapshot !== null && readings !== null) fillDaemon(daemon, snapshot, readings);
    const { instruments } = daemon;
    instruments.mirrorwatch_exposition_lines_dropped_total.inc(droppedLines);
    instruments.mirrorwatch_exposition_lines.set(0);
    lines += await collect(daemon, families);
    instruments.mirrorwatch_exposition_lines.set(lines);
    families.set('mirrorwatch_exposition_lines', [await daemon.lines('mirrorwatch_exposition_lines')]);
    return families;
  }

  async function renderNow(): Promise<Rendered> {
    const families = await collectAll();
    last = { atMs: clock?.monotonicMs() ?? 0, families, openmetrics: openMetrics(families), text: null };
    return last;
  }

  async function rendered(): Promise<Rendered> {
    if (running !== null) return running;
    if (last !== null && clock !== null && clock.monotonicMs() - last.atMs < limits.renderCacheMs) return last;
    running = renderNow().finally(() => {
      running = null;
    });
    return running;
  }

  return {
    snapshot(next) {
      read = next;
    },
    dropping(lines) {
      droppedLines = lines;
      last = null;
    },
    async render(format) {
      const shared = await rendered();
      if (format === 'openmetrics') return shared.openmetrics;
      shared.text ??= plainText(shared.families, turn);
      return shared.text;
    },
  };
}
