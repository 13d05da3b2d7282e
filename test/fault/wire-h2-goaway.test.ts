import { afterEach, describe, expect, test } from 'vitest';
import { patienceMs } from '../support/patience.ts';
import {
  data,
  frame,
  frameTypes,
  goaway,
  head,
  type RawH2Connection,
  type RawH2Server,
  rst,
  startRawH2,
  uint32,
} from '../support/raw-h2.ts';
import { type GoawayEnd, playedBuilds } from './goaway-thread.ts';
import { accessTo } from './own-wire.ts';

// GOAWAY at every moment of a build. Each build runs in a thread of its own, which a connect without end would hang.

const size = 6;
const all = 0x7fffffff;
const [no, refused] = [0, 7];
const one = Buffer.concat([Buffer.from([0, 3]), uint32(1)]);

let server: RawH2Server | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const access = (url: string) => accessTo(url, { protocols: ['2', '1.1'] });
const good = (id: number): Buffer[] => [head(id, { ':status': '200', 'content-length': '2' }), data(id, 'ok')];

/** A response whose body has its stated length, without END_STREAM. */
const unended = (id: number): Buffer[] => [head(id, { ':status': '200', 'content-length': '2' }), data(id, 'ok', 0)];

/** A connection that the script of a row plays; requests of the others are answered at once. */
interface Moment {
  /** What to do with the nth request of a first connection of a build. */
  readonly request?: (connection: RawH2Connection, id: number, held: number[]) => void;
  readonly accepted?: (connection: RawH2Connection) => void;
  readonly settings?: Buffer;
  /** Ends of a build in any order: status and why it was repeated. */
  readonly want: readonly string[];
  /** The limit of each request. */
  readonly limitMs?: number;
}

const taken = (count: number): string[] => Array.from({ length: count }, () => '200 once');
const moved = (count: number): string[] => Array.from({ length: count }, () => '200 after goaway');

/** Answers the held streams a little later, when the client has read what came before. */
function answerLater(connection: RawH2Connection, held: readonly number[], ms = 100): void {
  setTimeout(() => {
    for (const id of held) connection.write(...good(id));
  }, ms);
}

const moments: Readonly<Record<string, Moment>> = {
  'as soon as the connection is there': {
    accepted: (connection) => connection.write(goaway(0, no)),
    want: moved(size),
  },
  'with the first request': { request: (connection) => connection.write(goaway(0, no)), want: moved(size) },
  'between the first response and the others': {
    request: (connection, id, held) => {
      if (held.length === 1) connection.write(...good(id), goaway(id, no));
    },
    want: [...taken(1), ...moved(size - 1)],
  },
  'while one stream runs and the others were not taken': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(1, no));
      answerLater(connection, [1]);
    },
    want: [...taken(1), ...moved(size - 1)],
  },
  'while three streams run, as nginx with keepalive_requests 3': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(5, no));
      answerLater(connection, [1, 3, 5]);
    },
    want: [...taken(3), ...moved(size - 3)],
  },
  'while one stream runs and the others wait for a place': {
    settings: one,
    request: (connection, id) => {
      connection.write(goaway(id, no));
      answerLater(connection, [id]);
    },
    want: [...taken(1), ...moved(size - 1)],
  },
  'twice, as a graceful shutdown announces it': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(all, no), frame(frameTypes.ping, 0, 0, Buffer.alloc(8)), goaway(3, no));
      answerLater(connection, [1, 3]);
    },
    want: [...taken(2), ...moved(size - 2)],
  },
  'that takes all, before streams are refused': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(all, no), ...held.filter((at) => at > 1).map((at) => rst(at, refused)));
      answerLater(connection, [1]);
    },
    want: [...taken(1), ...moved(size - 1)],
  },
  'that takes all, while one runs and the others wait for a place': {
    settings: one,
    request: (connection, id) => {
      connection.write(goaway(all, no));
      answerLater(connection, [id]);
    },
    want: [...taken(1), ...moved(size - 1)],
  },
  'while one stream runs that never ends': {
    request: (connection, _, held) => {
      if (held.length === size) connection.write(goaway(1, no));
    },
    limitMs: 2_000,
    want: ['MW_DEADLINE once', ...moved(size - 1)],
  },
  'while one stream runs, and then the connection is cut': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(1, no));
      setTimeout(() => connection.socket.destroy(), 100);
    },
    want: ['MW_CLOSED once', ...moved(size - 1)],
  },
  'with three whole responses, and the connection ends with them': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(goaway(5, no), ...[1, 3, 5].flatMap(good));
      connection.socket.end();
    },
    want: [...taken(3), ...moved(size - 3)],
  },
  'never, and streams do not end before the connection does': {
    request: (connection, _, held) => {
      if (held.length !== size) return;
      connection.write(...held.flatMap(unended));
      connection.socket.end();
    },
    want: Array.from({ length: size }, () => 'MW_CLOSED once'),
  },
  'after the last response': {
    request: (connection, id, held) => {
      connection.write(...good(id));
      if (held.length === size) connection.write(goaway(id, no));
    },
    want: taken(size),
  },
};

const ends = (build: readonly GoawayEnd[]): string[] =>
  build.map(({ end, repeated }) => `${end} ${repeated === null ? 'once' : `after ${repeated}`}`).sort();

describe('GOAWAY', () => {
  test.each(Object.entries(moments))(
    '%s: what was not taken is sent once more, within its deadline',
    async (_, row) => {
      const held = new Map<number, number[]>();
      let [first, requests] = [0, 0];
      server = await startRawH2(
        (connection, id) => {
          const here = held.get(connection.index) ?? [];
          held.set(connection.index, [...here, id]);
          requests += 1;
          if (connection.index !== first) return connection.write(...good(id));
          row.request?.(connection, id, [...here, id]);
        },
        {
          ...(row.settings === undefined ? {} : { settings: row.settings }),
          accepted: (connection) => {
            if (connection.index === first) row.accepted?.(connection);
          },
        },
      );
      for (let build = 0; build < 2; build += 1) {
        first = server.connections();
        const { limitMs = patienceMs } = row;
        const { builds, connects } = await playedBuilds(access(server.url), { size, builds: 1, limitMs });
        expect(ends(builds[0] ?? [])).toEqual([...row.want].sort());
        // One for each connection, and at most one more for each request that it did not take.
        expect(connects).toBeLessThanOrEqual(2 * size);
        for (const end of builds[0] ?? [])
          if (end.repeated !== null && end.end === '200')
            expect([end.phases, end.reused, end.isInOrder]).toEqual([
              ['start', 'connected', 'secured', 'firstByte', 'end'],
              false,
              true,
            ]);
      }
      expect(requests).toBeLessThanOrEqual(2 * 2 * size);
    },
  );

  test('on each connection, without end: each request is sent twice and fails', async () => {
    server = await startRawH2((connection) => connection.write(goaway(0, no)));
    const { builds, connects } = await playedBuilds(access(server.url), { size, builds: 2, limitMs: patienceMs });
    for (const build of builds)
      expect(ends(build)).toEqual(Array.from({ length: size }, () => 'MW_H2_UNTAKEN after goaway'));
    expect(connects).toBeLessThanOrEqual(2 * 4 * size);
    expect(server.requests()).toBeLessThanOrEqual(2 * 2 * size);
  });
});
