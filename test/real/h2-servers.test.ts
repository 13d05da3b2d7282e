import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../src/core/ports.ts';
import type { HttpProtocol } from '../../src/core/transcript.ts';
import { phasesOf } from '../../src/probe/measure.ts';
import { accessTo, coldHop, realWire } from '../fault/own-wire.ts';
import { type H2FileServer, startCaddy, startGoServer } from '../support/h2-servers.ts';
import { startNginx } from '../support/nginx.ts';
import { tempDir } from '../support/paths.ts';
import { type Need, real } from '../support/requires.ts';

// Servers of their makers, probed over both protocols, and a mirror whose HTTP/2 alone is broken.

const body = randomBytes(300_000);
const servers: readonly (readonly [string, readonly Need[], (root: string) => Promise<H2FileServer>])[] = [
  ['nginx', ['nginx'], (root) => startNginx({ root, http2: true })],
  ['Caddy', ['caddy'], startCaddy],
  ["Go's net/http", ['go'], startGoServer],
];

let wire: Wire;
beforeAll(() => {
  wire = realWire();
});
afterAll(() => wire.close());

for (const [name, needs, start] of servers) {
  real(`${name} as an HTTP/2 mirror`, needs, () => {
    let root: string;
    let server: H2FileServer;
    beforeAll(async () => {
      root = tempDir('h2-files');
      writeFileSync(join(root, 'file'), body);
      server = await start(root);
    });
    afterAll(async () => server?.close());

    const offers: readonly (readonly [readonly HttpProtocol[], HttpProtocol])[] = [
      [['2', '1.1'], '2'],
      [['2'], '2'],
      [['1.1'], '1.1'],
    ];
    test.each(offers)('offered %j it speaks %s: the body is right and the phases tile', async (protocols, want) => {
      const access = accessTo(server.httpsUrl, { protocols });
      const { hop, body: read } = await coldHop(wire, access, `${server.httpsUrl}/file`);
      expect([hop.fault, hop.status, hop.protocol]).toEqual([null, 200, want]);
      expect(body.equals(read)).toBe(true);
      const { phases, rttMs } = phasesOf([hop]);
      expect([...Object.keys(phases)].sort()).toEqual(['connect', 'processing', 'tls', 'transfer']);
      const sum = Object.values(phases).reduce((total: number, ms) => total + (ms ?? 0), 0);
      expect(sum).toBeCloseTo(hop.marks.end - hop.marks.start, 6);
      expect(rttMs).not.toBeNull();
    });

    test('what is not there is 404 over both', async () => {
      for (const protocols of [['2'], ['1.1']] as const) {
        const { hop } = await coldHop(wire, accessTo(server.httpsUrl, { protocols }), `${server.httpsUrl}/none`);
        expect([hop.fault, hop.status, hop.protocol]).toEqual([null, 404, protocols[0]]);
      }
    });
  });
}
