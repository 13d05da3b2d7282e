import { describe, expect, it } from 'vitest';
import { text } from '../support/answer.ts';
import { closeAtEnd } from '../support/closing.ts';
import type { Fault } from '../support/faults.ts';
import { patienceMs, withMoreTime } from '../support/patience.ts';
import { startRawServer } from '../support/raw-server.ts';
import { realWire } from './own-wire.ts';

describe('a control', async () => {
  const server = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n') }));
  const secure = closeAtEnd(await startRawServer({ answer: () => text(200, 'ok\n'), tls: true }));
  const wire = closeAtEnd(realWire({ userAgent: 'mirrorwatch/control' }));

  const ask = (url: string, timeoutMs = patienceMs) => wire.control({ name: 'c', url, timeoutMs });

  const rows: readonly (readonly [string, string, Fault | null, string | null])[] = [
    ['any status is an answer', 'http', { kind: 'status', status: 503 }, null],
    ['so is a body without end', 'http', { kind: 'endless-body' }, null],
    ['a refused connection is none', 'http', { kind: 'refuse' }, 'ECONNREFUSED'],
    ['silence is none', 'http', { kind: 'hang-head' }, 'timeout'],
    ['a connection is an answer to tcp', 'tcp', { kind: 'hang-head' }, null],
    ['a refused connection is none to tcp', 'tcp', { kind: 'refuse' }, 'ECONNREFUSED'],
    ['SYNs that vanish are none to tcp', 'tcp', { kind: 'hang-connect' }, 'timeout'],
  ];
  it.each(rows)('%s', async (_, scheme, fault, code) => {
    const asked = async (timeoutMs?: number): Promise<void> => {
      await server.setFault(fault);
      const answer = await ask(`${scheme}://127.0.0.1:${server.port}`, timeoutMs);
      await server.setFault(null);
      expect(answer).toMatchObject({ name: 'c', answered: code === null, code });
      if (code === null) expect(answer.latencyMs).toBeGreaterThan(0);
      else expect(answer.latencyMs).toBeNull();
    };
    if (code === 'timeout') await withMoreTime(250, asked);
    else await asked();
  });

  it('https needs a certificate that verifies: a portal does not speak for the world', async () =>
    expect(await ask(secure.url)).toMatchObject({ answered: false, code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }));

  it('says who we are', async () => {
    await ask(server.url);
    expect(server.requests.at(-1)?.headers['user-agent']).toBe('mirrorwatch/control');
  });

  it('a URL that is none is a code, nothing thrown', async () => {
    for (const url of ['tcp://', 'tcp://127.0.0.1', 'http://[', 'nonsense'])
      expect(await ask(url), url).toMatchObject({ answered: false, code: 'ERR_INVALID_URL' });
  });
});
