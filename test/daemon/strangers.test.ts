import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
import { until } from '../support/patience.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

const token = 'owner-token-0123456789abcdef';
let running: RealDaemon | null = null;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.daemon.stop();
  running = null;
});

const yaml = `
vantage: here
listen: { address: "127.0.0.1:10120", tokenFile: /run/token }
schedule: { every: 60s, timeout: 1s }
mirrors: [ { name: a, ecosystem: go, url: "http://127.0.0.1:9" } ]
modules: { go: [ "example.com/hello@v1.0.0" ] }
go: { sumdb: off }
state: { path: /nowhere/state.db }
`;

/** An event stream of the owner, from an address that holds one connection more. */
const stream = (port: number): Promise<{ readonly answer: IncomingMessage; text(): string; isOpen(): boolean }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port, path: '/api/v1/events?types=reload', agent: false, headers };
    get(options, (answer) => {
      let text = '';
      let isOpen = true;
      answer.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      answer
        .on('error', () => undefined)
        .on('close', () => {
          isOpen = false;
        });
      resolve({ answer, text: () => text, isOpen: () => isOpen });
    }).on('error', reject);
  });

/** A stranger's connection, with what it says. */
const stranger = (port: number, localAddress: string, says: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    sockets.push(socket);
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject).on('error', () => undefined);
      if (says === '') return resolve();
      socket.once('data', () => resolve());
      socket.write(says);
    });
  });

test.each([
  ['say nothing', ''],
  ['were refused and stay', 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['asked for health and stay', 'GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n'],
])('1 100 connections of 1 100 addresses that %s cut no event stream of the owner', async (_name, says) => {
  running = await startRealDaemon(yaml, {}, { '/run/token': token });
  const port = Number(new URL(running.daemon.url).port);
  const events = await stream(port);
  expect(events.answer.statusCode).toBe(200);
  const many = limits.connections + 76;
  for (let n = 0; n < many; n += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, many - n) }, (_, i) =>
        stranger(port, `127.1.${Math.floor((n + i) / 250)}.${((n + i) % 250) + 1}`, says),
      ),
    );
  // Nor does it keep the owner from asking, and the stream says what that leads to.
  const reloaded = await fetch(new URL('/-/reload', running.daemon.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(reloaded.status).toBe(200);
  await until(
    'the stream tells of the reload',
    () => events.text().includes('event: reload') || !events.isOpen(),
    Boolean,
  );
  expect(events.text()).toContain('event: reload');
  events.answer.destroy();
});
