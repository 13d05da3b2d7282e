import type { Board } from './board.ts';
import type { Boards } from './boards.ts';
import { type DaemonMetric, metricNames } from './catalog.ts';
import { fillBoard, fillDaemon, sortReadings } from './gauges.ts';
import { endOf, headOf, type TextFormat } from './negotiate.ts';
import type { Snapshot } from './snapshot.ts';

/** The size of a piece in characters, rendered in about a millisecond; series are not split. */
const pieceChars = 64 * 1024;

/** Renders all registries, one piece per turn of the event loop. */
export function createRenderer(input: {
  readonly boards: Boards;
  readonly daemon: Board<DaemonMetric>;
  readonly verified: ReadonlySet<string>;
  readonly turn: () => Promise<void>;
}) {
  const { boards, daemon, turn } = input;
  let read: (() => Snapshot) | null = null;
  let droppedLines = 0;

  async function fill(): Promise<void> {
    const snapshot = read?.() ?? null;
    if (snapshot === null) return;
    const readings = await sortReadings(snapshot, boards, turn);
    for (const board of boards.all()) {
      await turn();
      fillBoard(board, boards.homesOf(board), readings, input.verified);
    }
    await turn();
    fillDaemon(daemon, snapshot, readings);
  }

  async function prepare(): Promise<void> {
    await boards.sweep(turn);
    await fill();
    daemon.instruments.mirrorwatch_exposition_lines_dropped_total.inc(droppedLines);
  }

  /** A family is delimited by its length, so all its series are encoded before its head. */
  async function* renderProtobuf(): AsyncGenerator<Uint8Array> {
    const { encodeHead, encodeSeries } = await import('./native/page.ts');
    await prepare();
    for (const name of metricNames) {
      const encoded: Uint8Array[] = [];
      let bytes = 0;
      let sinceTurn = 0;
      for (const board of [...boards.all(), daemon])
        for (const message of board.messages(name)) {
          const series = encodeSeries(message);
          encoded.push(series);
          bytes += series.length;
          sinceTurn += series.length;
          if (sinceTurn < pieceChars) continue;
          sinceTurn = 0;
          await turn();
        }
      if (encoded.length === 0) continue;
      yield Buffer.concat([encodeHead(name, bytes), ...encoded]);
      await turn();
    }
  }

  async function* render(format: TextFormat): AsyncGenerator<string> {
    await prepare();
    let piece = '';
    const all = [...boards.all(), daemon];
    for (const name of metricNames) {
      let isBegun = false;
      for (const board of all) {
        const { texts, count } = board.lines(name, format);
        if (count === 0) continue;
        if (!isBegun) piece += headOf(name, format);
        isBegun = true;
        for (const text of texts) {
          piece += text;
          if (piece.length < pieceChars) continue;
          yield piece;
          piece = '';
          await turn();
        }
      }
    }
    yield piece + endOf[format];
  }

  return {
    snapshot(next: () => Snapshot) {
      read = next;
    },
    dropping(lines: number) {
      droppedLines = lines;
    },
    render,
    renderProtobuf,
  };
}
