import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import { text } from '../support/answer.ts';
import { type FaultRow, faultRows } from '../support/faults.ts';
import { withMoreTime } from '../support/patience.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';
import { accessTo, coldHop, endOf, realWire } from './own-wire.ts';

type End = ReturnType<typeof endOf>;
const at = (code: string, phase: string): End => ({ code, phase });

/** What the wire says of each fault that is one of the wire: its code and the phase it stood in. */
const plainEnds: Readonly<Record<string, End>> = {
  'nobody listens': at('ECONNREFUSED', 'connect'),
  'SYNs vanish': at('MW_DEADLINE', 'connect'),
  'reset at accept': at('ECONNRESET', 'processing'),
  'closed at accept': at('MW_CLOSED', 'processing'),
  'reset after the request': at('ECONNRESET', 'processing'),
  'closed after the request': at('MW_CLOSED', 'processing'),
  'no head': at('MW_DEADLINE', 'processing'),
  'reset in the head': at('ECONNRESET', 'transfer'),
  'closed in the head': at('MW_CLOSED', 'transfer'),
  'head stops half-way': at('MW_DEADLINE', 'transfer'),
  'head trickles': at('MW_DEADLINE', 'transfer'),
  'headers without end': at('MW_HEAD_TOO_LARGE', 'transfer'),
  'one huge header': at('MW_HEAD_TOO_LARGE', 'transfer'),
  'interim answers without end': at('MW_HEAD_TOO_LARGE', 'transfer'),
  'a head of another protocol': at('MW_BAD_HEAD', 'transfer'),
  'a header line without a colon': at('MW_BAD_HEAD', 'transfer'),
  'reset in the body': at('ECONNRESET', 'transfer'),
  'closed in the body': at('MW_CLOSED', 'transfer'),
  'body stops half-way': at('MW_DEADLINE', 'transfer'),
  'body trickles': at('MW_DEADLINE', 'transfer'),
  'body longer than said': at('MW_BODY_LONGER', 'transfer'),
  'body shorter than said': at('MW_CLOSED', 'transfer'),
  'broken chunk size': at('MW_BAD_CHUNK', 'transfer'),
  'chunked without its end': at('MW_CLOSED', 'transfer'),
  'body without end': at('MW_BODY_TOO_LARGE', 'transfer'),
  'gzip bomb': at('MW_BODY_TOO_LARGE', 'transfer'),
  'gzip cut in half': at('Z_BUF_ERROR', 'transfer'),
};

/** Where TLS makes a difference. */
const tlsEnds: Readonly<Record<string, End>> = {
  ...plainEnds,
  'reset at accept': at('ECONNRESET', 'tls'),
  'closed at accept': at('ECONNRESET', 'tls'),
  'silence after the ClientHello': at('MW_DEADLINE', 'tls'),
  'reset after the ClientHello': at('ECONNRESET', 'tls'),
  'reset after the handshake': at('ECONNRESET', 'processing'),
  'plain HTTP on the TLS port': at('ERR_SSL_WRONG_VERSION_NUMBER', 'tls'),
  'TLS 1.1 only': at('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls'),
  'expired certificate': at('CERT_HAS_EXPIRED', 'tls'),
  'certificate of tomorrow': at('CERT_NOT_YET_VALID', 'tls'),
  'certificate for another name': at('ERR_TLS_CERT_ALTNAME_INVALID', 'tls'),
  'self-signed certificate': at('DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'),
  'certificate of an unknown CA': at('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'),
  'client certificate wanted': at('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'processing'),
};

/** Rows whose HTTP is in order: the wire hands the answer up, whatever it says. */
function statusOf({ fault }: FaultRow): number {
  switch (fault.kind) {
    case 'status':
      return fault.status;
    case 'redirect':
      return fault.status ?? 302;
    case 'redirect-loop':
      return 302;
    default:
      return 200;
  }
}

for (const [label, tls, ends] of [
  ['plain', false, plainEnds],
  ['TLS', true, tlsEnds],
] as const) {
  describe(`faults of a ${label} server`, () => {
    let server: RawServer;
    let wire: Wire;
    beforeAll(async () => {
      server = await startRawServer({ answer: () => text(200, 'module example.com/m\n\ngo 1.22\n'), tls });
      wire = realWire();
    });
    afterAll(async () => {
      await wire.close();
      await server.close();
    });

    const rows = faultRows.filter((row) => tls || !row.tlsOnly);
    it.each(rows.map((row) => [row.name, row] as const))('%s', async (name, row) => {
      const want = ends[name] ?? { status: statusOf(row) };
      const hopped = async (more: { readonly limitMs?: number }): Promise<void> => {
        await server.setFault(row.fault);
        const answer = await coldHop(wire, accessTo(server.url), `${server.url}/x`, more);
        const { marks } = answer.hop;
        expect(endOf(answer)).toEqual(want);
        const order = [marks.start, marks.resolved, marks.connected, marks.secured, marks.firstByte, marks.end];
        const present = order.filter((mark) => mark !== undefined);
        expect(present).toEqual([...present].sort((a, b) => a - b));
        expect(marks.resolved).toBeUndefined();
        expect(answer.hop.fault?.limitMs).toBe(more.limitMs);
      };
      if ('code' in want && want.code === 'MW_DEADLINE') await withMoreTime(250, (limitMs) => hopped({ limitMs }));
      else await hopped({});
    });

    it('each expectation belongs to a row', () => {
      const names = new Set(rows.map((row) => row.name));
      expect(Object.keys(ends).filter((name) => !names.has(name))).toEqual([]);
    });
  });
}

describe('a limit on idle time', () => {
  let server: RawServer;
  let wire: Wire;
  beforeAll(async () => {
    wire = realWire();
    server = await startRawServer({ answer: () => text(200, 'x'.repeat(5_000)) });
  });
  afterAll(async () => {
    await wire.close();
    await server.close();
  });

  it.each([
    ['hang-head', 'processing'],
    ['hang-mid-body', 'transfer'],
  ] as const)('ends a response long before its deadline: %s', async (kind, phase) => {
    await server.setFault({ kind });
    const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, { idleMs: 250 });
    expect(hop.fault).toMatchObject({ code: 'MW_DEADLINE', phase, limitMs: 250 });
  });

  it('leaves one that goes on for longer', async () => {
    await withMoreTime(250, async (idleMs) => {
      await server.setFault({ kind: 'trickle-body', everyMs: idleMs / 25 });
      const more = { idleMs, stopAfterBytes: 100 };
      const { hop } = await coldHop(wire, accessTo(server.url), `${server.url}/x`, more);
      expect(hop.fault).toBeNull();
      expect(hop.marks.end - hop.marks.start).toBeGreaterThan(idleMs);
    });
  });
});
