import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from './answer.ts';
import { testCerts } from './certs.ts';
import { type FaultKind, faultRows, faultScopes } from './faults.ts';
import { patienceMs, withMoreTime } from './patience.ts';
import { type RawServer, type ServerDelays, startRawServer } from './raw-server.ts';

// The faulty server is an instrument: each fault must look, to a client that is not ours, like what it is called.

/** What node's own client makes of one request: the status and body, or the first error code, or silence. */
interface Seen {
  readonly end: string;
  readonly status: number | null;
  readonly bodyBytes: number;
}

/** @param quietMs  how long without an end is silence */
function ask(url: string, options: RequestOptions = {}, quietMs: number = patienceMs): Promise<Seen> {
  return new Promise((resolve) => {
    let response: IncomingMessage | undefined;
    let bodyBytes = 0;
    const send = url.startsWith('https') ? httpsRequest : httpRequest;
    const request = send(url, { agent: false, ca: testCerts().ca.certPem, ...options });
    const done = (end: string): void => {
      clearTimeout(timer);
      resolve({ end, status: response?.statusCode ?? null, bodyBytes });
      if (options.agent === undefined || end !== 'complete') request.destroy();
    };
    const timer = setTimeout(() => done('silence'), quietMs);
    const fail = (error: NodeJS.ErrnoException): void => done(error.code ?? error.message);
    request.on('error', fail);
    request.on('response', (incoming) => {
      response = incoming;
      incoming.on('error', fail);
      incoming.on('data', (chunk: Buffer) => {
        bodyBytes += chunk.length;
        if (bodyBytes > 5_000_000) done('too much');
      });
      incoming.on('end', () => done('complete'));
    });
    request.end();
  });
}

const body = 'module example.com/hello\n\ngo 1.21\n';
const whole = body.length;
const half = whole >> 1;

/** What node:https sees for each kind of fault over TLS, sampled from `faultRows` once a kind. */
const wanted: Readonly<Record<Exclude<FaultKind, 'certificate' | 'status' | 'redirect'>, readonly Seen[]>> = (() => {
  const none = (...ends: string[]): Seen[] => ends.map((end) => ({ end, status: null, bodyBytes: 0 }));
  const some = (end: string, bodyBytes: number, status = 200): Seen[] => [{ end, status, bodyBytes }];
  return {
    refuse: none('ECONNREFUSED'),
    'hang-connect': none('silence'),
    'reset-at-accept': none('ECONNRESET'),
    'close-at-accept': none('ECONNRESET'),
    'hang-tls': none('silence'),
    'reset-in-tls': none('ECONNRESET'),
    'reset-after-tls': none('ECONNRESET'),
    'plain-on-tls': none('ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'),
    'old-tls': none('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'EPROTO', 'ERR_SSL_UNSUPPORTED_PROTOCOL'),
    'wants-client-certificate': none('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ECONNRESET', 'EPROTO'),
    'reset-after-request': none('ECONNRESET'),
    'close-after-request': none('ECONNRESET'),
    'hang-head': none('silence'),
    'reset-mid-head': none('ECONNRESET'),
    'close-mid-head': none('ECONNRESET', 'HPE_INVALID_EOF_STATE'),
    'hang-mid-head': none('silence'),
    'trickle-head': none('silence'),
    'endless-headers': none('HPE_HEADER_OVERFLOW'),
    'huge-header': none('HPE_HEADER_OVERFLOW'),
    'endless-interim': none('silence'),
    'garbage-head': none('HPE_INVALID_CONSTANT'),
    'bad-header': none('HPE_INVALID_HEADER_TOKEN'),
    'reset-mid-body': some('ECONNRESET', half),
    'close-mid-body': some('ECONNRESET', half),
    'hang-mid-body': some('silence', half),
    'trickle-body': Array.from({ length: whole - 1 }, (_, at) => some('silence', at + 1)).flat(),
    'body-longer': [...some('HPE_INVALID_CONSTANT', 0), ...some('HPE_INVALID_CONSTANT', whole)],
    'body-shorter': some('ECONNRESET', whole),
    'chunk-broken': [...some('HPE_INVALID_CHUNK_SIZE', 0), ...some('HPE_INVALID_CHUNK_SIZE', 4)],
    'chunk-unfinished': some('ECONNRESET', whole),
    'endless-body': [],
    'no-length': some('complete', whole),
    'no-length-cut': some('complete', half),
    'gzip-bomb': [],
    'gzip-cut': [],
    'wrong-type': some('complete', whole),
    'no-type': some('complete', whole),
    html: some('complete', 93),
    empty: some('complete', 0),
    corrupt: some('complete', whole),
    'redirect-loop': some('complete', 0, 302),
  };
})();

/** Where silence is wanted it is waited for, longer where a busy machine had not come to it. */
async function looksLike(candidates: readonly Seen[], look: (quietMs?: number) => Promise<void>): Promise<void> {
  if (candidates.some(({ end }) => end === 'silence')) await withMoreTime(250, look);
  else await look();
}

let secure: RawServer;
let plain: RawServer;
beforeAll(async () => {
  const answer = () => text(200, body);
  [secure, plain] = await Promise.all([startRawServer({ answer, tls: true }), startRawServer({ answer })]);
});
afterAll(async () => {
  await Promise.all([secure?.close(), plain?.close()]);
});

describe('faults', () => {
  test('the rows have each kind at least once', () => {
    expect([...new Set(faultRows.map(({ fault }) => fault.kind))].sort()).toEqual(Object.keys(faultScopes).sort());
  });

  test.for(faultRows.filter(({ fault }) => fault.kind in wanted))('$name, over TLS', async ({ fault }) => {
    const candidates = wanted[fault.kind as keyof typeof wanted];
    await looksLike(candidates, async (quietMs) => {
      await secure.setFault(fault);
      const seen = await ask(`${secure.url}/x`, {}, quietMs);
      await secure.setFault(null);
      if (fault.kind === 'endless-body') expect(seen.end).toBe('too much');
      else if (fault.kind === 'gzip-bomb') expect([seen.end, seen.bodyBytes > 200_000]).toEqual(['complete', true]);
      else if (fault.kind === 'gzip-cut') expect([seen.end, seen.bodyBytes < whole]).toEqual(['complete', true]);
      else expect(candidates).toContainEqual(seen);
    });
    expect(await ask(`${secure.url}/x`)).toEqual({ end: 'complete', status: 200, bodyBytes: whole });
  });

  test.for(faultRows.filter(({ tlsOnly, fault }) => !tlsOnly && fault.kind in wanted))(
    '$name, plain',
    async ({ fault }) => {
      const candidates = wanted[fault.kind as keyof typeof wanted];
      await looksLike(candidates, async (quietMs) => {
        await plain.setFault(fault);
        const seen = await ask(`${plain.url}/x`, {}, quietMs);
        await plain.setFault(null);
        if (candidates.length > 0) expect(candidates).toContainEqual(seen);
      });
      expect(await ask(`${plain.url}/x`)).toEqual({ end: 'complete', status: 200, bodyBytes: whole });
    },
  );

  test.for([
    { which: 'expired', code: 'CERT_HAS_EXPIRED' },
    { which: 'notYetValid', code: 'CERT_NOT_YET_VALID' },
    { which: 'wrongName', code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { which: 'selfSigned', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    { which: 'unknownCa', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  ] as const)('the certificate $which is refused as $code', async ({ which, code }) => {
    await secure.setFault({ kind: 'certificate', which }, { times: 1 });
    const seen = [await ask(`${secure.url}/x`), await ask(`${secure.url}/x`)];
    expect(seen.map(({ end }) => end)).toEqual([code, 'complete']);
  });

  test('a status comes with its headers and body', async () => {
    await plain.setFault({ kind: 'status', status: 429, headers: { 'retry-after': '7' }, body: 'slow down' });
    const response = await fetch(`${plain.url}/x`);
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      429,
      '7',
      'slow down',
    ]);
    await plain.setFault({ kind: 'redirect', status: 307, location: '../up' });
    const redirect = await fetch(`${plain.url}/x`, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, '../up']);
    await plain.setFault(null);
  });

  test('a fault strikes the request that was meant, as often as was meant', async () => {
    await plain.setFault({ kind: 'status', status: 500 }, { after: 1, times: 2, path: /^\/a$/ });
    const statuses: number[] = [];
    for (const path of ['/a', '/b', '/a', '/b', '/a', '/a']) statuses.push((await fetch(plain.url + path)).status);
    expect(statuses).toEqual([200, 200, 500, 200, 500, 200]);
    expect(plain.requests.slice(-6).map(({ fault }) => fault)).toEqual([null, null, 'status', null, 'status', null]);
  });
});

describe('a scripted server', () => {
  test('dies, is refused, and comes back on its port', async () => {
    const { port } = plain;
    await plain.kill();
    expect((await ask(`${plain.url}/x`)).end).toBe('ECONNREFUSED');
    await plain.revive();
    expect([plain.port, (await ask(`${plain.url}/x`)).end]).toEqual([port, 'complete']);
  });

  test('keeps a connection for the next request, and answers HEAD without a body', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = plain.connectionCount();
    const seen: Seen[] = [];
    for (const method of ['GET', 'HEAD', 'POST']) seen.push(await ask(`${plain.url}/x?q=1`, { method, agent }));
    agent.destroy();
    expect(seen).toEqual([
      { end: 'complete', status: 200, bodyBytes: whole },
      { end: 'complete', status: 200, bodyBytes: 0 },
      { end: 'complete', status: 405, bodyBytes: 19 },
    ]);
    expect(plain.connectionCount() - before).toBe(1);
    expect(plain.requests.slice(-3).map(({ method, path, target }) => [method, path, target])).toEqual([
      ['GET', '/x', '/x?q=1'],
      ['HEAD', '/x', '/x?q=1'],
      ['POST', '/x', '/x?q=1'],
    ]);
  });

  test('reports the content of the handshake', async () => {
    const { certPem, keyPem } = testCerts().client;
    const strict = await startRawServer({
      answer: () => text(200, body),
      tls: { requestCert: true, rejectUnauthorized: true, ca: testCerts().ca.certPem },
    });
    const shown = await ask(`${strict.url}/x`, { cert: certPem, key: keyPem, servername: 'mirror.example.com' });
    const hidden = await ask(`${strict.url}/x`);
    await strict.close();
    expect([shown.end, hidden.end === 'complete']).toEqual(['complete', false]);
    expect(strict.requests.map(({ tls }) => tls)).toEqual([
      { protocol: 'TLSv1.3', servername: 'mirror.example.com', clientName: 'mirrorwatch-client' },
    ]);
  });

  test.for([
    { name: 'tlsMs delays the handshake', phase: 'tlsMs' },
    { name: 'headMs delays the head', phase: 'headMs' },
    { name: 'bodyMs delays the body', phase: 'bodyMs' },
  ] as const)('$name', async ({ phase }) => {
    // Where this process stands still, a mark comes late and the phase after it seems shorter.
    await withMoreTime(60, async (ms) => {
      // Timers fire up to a millisecond early.
      expect((await phasesWith({ [phase]: ms }))[phase]).toBeGreaterThanOrEqual(0.95 * ms);
    });
  });

  async function phasesWith(delays: ServerDelays): Promise<Required<ServerDelays>> {
    secure.setDelay(delays);
    const marks: Record<string, number> = {};
    await new Promise<void>((resolve, reject) => {
      const mark = (name: string) => () => {
        marks[name] = performance.now();
      };
      const request = httpsRequest(`${secure.url}/x`, { agent: false, ca: testCerts().ca.certPem });
      request.on('socket', (socket) => socket.once('connect', mark('connect')).once('secureConnect', mark('secure')));
      request.on('error', reject);
      request.on('response', (response) => {
        mark('head')();
        response.once('data', mark('data')).once('end', resolve);
      });
      request.end();
    });
    secure.setDelay(0);
    const { connect = 0, secure: handshake = 0, head = 0, data = 0 } = marks;
    return { tlsMs: handshake - connect, headMs: head - handshake, bodyMs: data - head };
  }
});
