import type { MetricRegistry } from './board.ts';
import type { Boards } from './boards.ts';
import { type DaemonMetric, metricNames } from './catalog.ts';
import { fillBoard, fillDaemon, sortReadings } from './gauges.ts';
import { contentHeadOf, endOf, type TextFormat } from './negotiate.ts';
import type { Snapshot } from './snapshot.ts';

/** The size of a piece in characters; rendering it takes about a millisecond. A piece never ends inside a series. */
const pieceChars = 64 * 1024;

interface Rendered {
  readonly boards: Boards;
  readonly daemon: MetricRegistry<DaemonMetric>;
  readonly turn: () => Promise<void>;
}

/** Creates the renderer of all prom-client registries. It renders one piece in each turn of the event loop. */
export function createRenderer(input: Rendered & { readonly verified: ReadonlySet<string> }) {
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

  return {
    snapshot(next: () => Snapshot) {
      read = next;
    },
    dropping(lines: number) {
      droppedLines = lines;
    },
    async *render(format: TextFormat): AsyncGenerator<string> {
      await prepare();
      yield* renderText(input, format);
    },
    async *renderProtobuf(): AsyncGenerator<Uint8Array> {
      await prepare();
      yield* renderProtobuf(input);
    },
  };
}

/** Renders the response in protobuf. A family begins with its length, so all its series are encoded before its head. */
async function* renderProtobuf({ boards, daemon, turn }: Rendered): AsyncGenerator<Uint8Array> {
  const { encodeHead, encodeSeries } = await import('./native/page.ts');
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

async function* renderText({ boards, daemon, turn }: Rendered, format: TextFormat): AsyncGenerator<string> {
  let piece = '';
  const all = [...boards.all(), daemon];
  for (const name of metricNames) {
    let isBegun = false;
    for (const board of all) {
      const { texts, count } = board.lines(name, format);
      if (count === 0) continue;
      if (!isBegun) piece += contentHeadOf(name, format);
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
