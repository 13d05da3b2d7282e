import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { testMachine } from '../features/doctor/machine.ts';

const mirror = {
  scoreSeconds: 0.1,
  gate: 'ok',
  sum: 1.25,
  bound: 8,
  blocker: { kind: 'dearer', text: 'it costs more' },
};
const record = {
  ecosystem: 'go',
  upstream: 'go',
  at: '2026-01-31T02:59:00.000Z',
  head: 'a',
  mirrors: [
    { ...mirror, registry: 'a', gate: 'current', sum: null, bound: null, blocker: null },
    { ...mirror, registry: 'b' },
  ],
};

/** The output of `advice --why` with these arguments, and the paths that it asked. */
async function why(...args: readonly string[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ verdicts: [record] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ran = await testMachine({}, {}).run(['advice', ...args, '--url', url]);
  server.close();
  return { ...ran, asked };
}

test('what blocks a switch now, as a table', async () => {
  const { code, out, asked } = await why('--why');
  expect([code, asked]).toEqual([0, ['/api/v1/verdicts']]);
  expect(out).toMatch(/^go\/go\n/);
  expect(out).toMatch(/^b .*1\.3 \/ 8\.0 .*it costs more$/m);
});

test('what blocked it at a time, with the time of the record', async () => {
  const { code, out, asked } = await why('--why', '--at', '2026-01-31T03:00:00Z');
  expect([code, asked]).toEqual([0, ['/api/v1/verdicts?at=2026-01-31T03:00:00.000Z']]);
  expect(out).toMatch(/^go\/go, 2026-01-31T02:59:00\.000Z\n/);
});

test.each([[['--why', '--at', 'noon']], [['--at', '1h']]])('%j is no command line', async (args) => {
  const { code, asked } = await why(...args);
  expect([code, asked]).toEqual([2, []]);
});
