import { expect, test } from 'vitest';
import { buildFloor } from '../../bench/peers/floor.ts';
import { testCerts } from '../support/certs.ts';
import { startFakeMirror } from '../support/fake-mirror.ts';
import { real } from '../support/requires.ts';

real('the C program of the bench', ['cc'], () => {
  test('times a mirror that it trusts, and says which probes failed', async () => {
    const mirror = await startFakeMirror({ tls: true });
    const floor = await buildFloor(testCerts().ca.certFile);
    if (typeof floor === 'string') throw new Error(floor);
    const turn = { name: 'try', perSecond: 50, forMs: 80 };
    const link = `${mirror.url}/example.com/hello/@v/v1.0.0.mod`;
    const shots = await floor.fire({ ...turn, link, server: `${mirror.url}/nowhere` });
    await mirror.setFault({ kind: 'certificate', which: 'expired' });
    const distrust = await floor.fire({ ...turn, link, server: `${mirror.url}/nowhere` });
    floor.close();
    await mirror.close();
    expect(shots.map(({ made, id, said }) => [made, id, said !== null])).toEqual([
      ['link', 'tryx0', true],
      ['server', 'tryx1', false],
      ['link', 'tryx2', true],
      ['server', 'tryx3', false],
    ]);
    expect(Math.min(...Object.values(shots[0]?.said ?? { none: -1 }))).toBeGreaterThanOrEqual(0);
    expect(
      mirror.requests
        .slice(0, 4)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      '/example.com/hello/@v/v1.0.0.mod',
      '/example.com/hello/@v/v1.0.0.mod',
      '/nowhere/example.com/tryx1/@v/v1.0.0.mod',
      '/nowhere/example.com/tryx3/@v/v1.0.0.mod',
    ]);
    expect(distrust.map(({ said }) => said)).toEqual([null, null, null, null]);
  });
});
