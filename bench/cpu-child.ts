import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Session } from 'node:inspector/promises';
import { connect, createSecureContext } from 'node:tls';
import { Client } from 'undici';
import { setEngine, startCompilers } from '../src/cli/engine.ts';
import { systemClock } from '../src/io/clock.ts';
import { createLog } from '../src/io/log.ts';
import { countProbingThreads, yieldToProbingThreads } from '../src/io/machine.ts';
import { systemTimers } from '../src/io/timers.ts';
import { createWorkers } from '../src/io/workers.ts';
import { createWire } from '../src/wire/wire.ts';
import { createInlineWorkers } from '../test/support/workers-inline.ts';
import { bookOf, coldDue } from './subjects.ts';

// Probes one HTTPS mirror cold, so many at a time for so long, in a process whose CPU time its parent reads.
// argv: way, base URL, CA file, module, version, HTTP version. Message in: { forMs, atOnce, profileTo? }. Message out: { ok, failed, tookMs }.

// As the daemon does: it holds for threads, which are started later.
setEngine('run');
// At this load the daemon switches them on within seconds.
startCompilers();
const [way = 'threads', url = '', caFile = '', module = '', version = '', http = '1.1'] = process.argv.slice(2);
const protocol = http === '2' ? '2' : '1.1';
const ca = readFileSync(caFile, 'utf8');
const book = bookOf([{ registry: 'a', url, ca, dnsServer: null, protocol }]);
const log = createLog({ level: 'warn', pretty: false });
const target = new URL(`${url}/${module}/@v/${version}.mod`);
// Made once, as the wire does: a context for each connection would cost more than the handshake.
const secureContext = createSecureContext({ ca });
let turn = 0;

/** Resolves with whether the probe was well. */
type Shot = () => Promise<boolean>;

function throughWorkers(workers: ReturnType<typeof createWorkers>): Shot {
  return async () => {
    turn += 1;
    const { sample } = await workers.probe(coldDue(`p${turn}`, 'a', module, version, systemClock.monotonicMs()));
    return sample.outcome.tag === 'ok' && Object.keys(sample.phases).length === 5;
  };
}

const ways: Readonly<Record<string, () => Shot>> = {
  /** As the daemon probes: a pool of worker threads, sample and transcript crossing to the main thread. */
  threads: () => {
    const workers = createWorkers({
      count: countProbingThreads(),
      book,
      clock: systemClock,
      timers: systemTimers,
      log,
    });
    yieldToProbingThreads();
    return throughWorkers(workers);
  },
  /** The same without threads: what the profiler is shown. */
  inline: () =>
    throughWorkers(
      createInlineWorkers({
        book,
        wire: createWire({ clock: systemClock, timers: systemTimers }),
        clock: systemClock,
      }),
    ),
  /** A floor: undici alone, nothing recorded. */
  undici: () => async () => {
    const client = new Client(target.origin, {
      allowH2: protocol === '2',
      connect: { secureContext, family: 4, noDelay: true, maxCachedSessions: 0 },
    });
    const { statusCode, body } = await client.request({ path: target.pathname, method: 'GET' });
    await body.bytes();
    await client.close();
    return statusCode === 200;
  },
  /** The floor under that: a TLS socket of Node's or its HTTP/2 session, verified, read to its end. */
  socket: () => (protocol === '2' ? overSession : overSocket),
};

function overSession(): Promise<boolean> {
  return new Promise((resolve) => {
    const to = { host: target.hostname, port: Number(target.port), family: 4, noDelay: true };
    const socket = connect({ ...to, secureContext, servername: to.host, ALPNProtocols: ['h2'] });
    const session = connectHttp2(target.origin, { createConnection: () => socket });
    let isOk = false;
    session.once('error', () => resolve(false));
    session.once('close', () => resolve(isOk));
    const stream = session.request({ ':path': target.pathname });
    stream.once('response', (headers) => {
      isOk = headers[':status'] === 200;
    });
    stream.once('error', () => undefined);
    stream.resume();
    stream.once('close', () => session.close());
  });
}

function overSocket(): Promise<boolean> {
  return new Promise((resolve) => {
    const to = { host: target.hostname, port: Number(target.port), family: 4, noDelay: true };
    const socket = connect({ ...to, secureContext, servername: to.host });
    let isOk = false;
    socket.once('secureConnect', () =>
      socket.write(`GET ${target.pathname} HTTP/1.1\r\nHost: ${target.host}\r\nConnection: close\r\n\r\n`),
    );
    socket.once('data', (chunk: Buffer) => {
      isOk = chunk.subarray(9, 12).toString() === '200';
    });
    socket.on('data', () => undefined);
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(isOk));
  });
}

const shot = ways[way]?.();

async function round(forMs: number, atOnce: number): Promise<object> {
  if (shot === undefined) throw new Error(`no way called ${way}`);
  const startedMs = performance.now();
  let ok = 0;
  let failed = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() - startedMs < forMs) {
        if (await shot()) ok += 1;
        else failed += 1;
      }
    }),
  );
  return { ok, failed, tookMs: performance.now() - startedMs };
}

/** A round under V8's profiler, its profile in a file: the start of the process is not in it. */
async function profiled(forMs: number, atOnce: number, file: string): Promise<object> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const said = await round(forMs, atOnce);
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(file, JSON.stringify(profile));
  return said;
}

process.on('message', ({ forMs, atOnce, profileTo }: { forMs: number; atOnce: number; profileTo?: string }) => {
  const done = profileTo === undefined ? round(forMs, atOnce) : profiled(forMs, atOnce, profileTo);
  void done.then((said) => process.send?.(said));
});
process.once('disconnect', () => process.exit());
