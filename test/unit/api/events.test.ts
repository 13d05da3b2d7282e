import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { eventTypes } from '../../../src/api/app.ts';
import type { DaemonEvent } from '../../../src/api/deps.ts';
import { limits } from '../../../src/core/limits.ts';
import { fixtureAdvice } from './fixture-advice.ts';
import { nowMs, secretText } from './fixture-config.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureSeries } from './fixture-samples.ts';
import { faultsOf } from './openapi.ts';
import { serveFixture } from './serve-fixture.ts';

const open: IncomingMessage[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) stream.destroy();
});

interface Stream {
  readonly response: IncomingMessage;
  /** Text so far, once it ends with what is waited for. */
  until(end: string): Promise<string>;
}

async function follow(port: number, query = ''): Promise<Stream> {
  const call = get({ host: '127.0.0.1', port, path: `/api/v1/events${query}`, agent: false });
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  open.push(response);
  let text = '';
  let told = (): void => undefined;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    told();
  });
  response.on('error', () => told());
  return {
    response,
    until: (end) =>
      new Promise((resolve) => {
        told = () => {
          if (text.endsWith(end)) resolve(text);
        };
        told();
      }),
  };
}

const finding = fixtureFindings[0];
const standing = fixtureStandings[2];
const sample = fixtureSeries[0]?.last;
const events: Readonly<Record<DaemonEvent['type'], unknown>> = {
  sample,
  finding: { change: 'opened', finding },
  advice: { change: 'proposed', advice: fixtureAdvice },
  standing,
  vantage: { suspect: true, sinceMs: nowMs, controls: [{ name: 'c', up: null }], contaminatedShare: 0 },
  reload: { changed: ['mirrors'] },
};
const retry = 'retry: 3000\n\n';

describe('what a stream says', () => {
  it.each(eventTypes)('%s, by its schema', async (type) => {
    const { emit, port } = await serveFixture();
    const stream = await follow(port);
    await stream.until(retry);
    emit({ type, atMs: nowMs, data: events[type] });
    const [, head, data = ''] =
      /^event: (\w+)\ndata: (.*)\n\n$/.exec((await stream.until('}\n\n')).slice(retry.length)) ?? [];
    expect(head).toBe(type);
    const parsed: unknown = JSON.parse(data);
    expect(
      faultsOf({ $ref: `#/components/schemas/${type[0]?.toUpperCase()}${type.slice(1)}Event` }, parsed),
    ).toBeNull();
    expect(parsed).toMatchObject({ at: '2026-03-04T08:15:30.000Z' });
    expect(data).not.toContain(secretText);
    expect(stream.response.headers['content-type']).toBe('text/event-stream');
  });
  it('only the types that were asked for, and a sign of life each 15 s', async () => {
    const { emit, pass, port } = await serveFixture();
    const stream = await follow(port, '?types=reload,advice');
    await stream.until(retry);
    emit({ type: 'sample', atMs: nowMs, data: events.sample });
    emit({ type: 'reload', atMs: nowMs, data: events.reload });
    pass(14_999);
    pass(1);
    const text = await stream.until(': still here\n\n');
    expect(text).toBe(
      `${retry}event: reload\ndata: {"at":"2026-03-04T08:15:30.000Z","changed":["mirrors"]}\n\n: still here\n\n`,
    );
    pass(15_000);
    await stream.until(': still here\n\n: still here\n\n');
  });
  it.each(['samples', 'reload,', 'constructor'])('types=%s is refused', async (types) => {
    const { ask } = await serveFixture();
    expect((await ask(`/api/v1/events?types=${types}`)).status).toBe(400);
  });
  it('a line break in a text stays inside its event', async () => {
    const { emit, port } = await serveFixture();
    const stream = await follow(port);
    await stream.until(retry);
    emit({
      type: 'finding',
      atMs: nowMs,
      data: { change: 'opened', finding: { ...finding, text: 'a\n\nevent: reload\ndata: {}' } },
    });
    expect((await stream.until('}\n\n')).match(/^event: /gm)).toHaveLength(1);
  });
});

describe('bounds of streams', () => {
  it('as many as allowed are open, one more is refused, and one that ends makes room', async () => {
    const made = await serveFixture();
    for (let i = 0; i < limits.eventStreams; i += 1) await follow(made.port);
    expect(made.listeners()).toBe(limits.eventStreams);
    const refused = await made.ask('/api/v1/events');
    expect([refused.status, refused.headers['content-type']]).toEqual([503, 'application/problem+json; charset=utf-8']);
    open.shift()?.destroy();
    while (made.listeners() === limits.eventStreams) await new Promise((resolve) => setImmediate(resolve));
    const again = await follow(made.port);
    expect(again.response.statusCode).toBe(200);
    expect(made.listeners()).toBe(limits.eventStreams);
  });
  it('a request with a body holds its place for as long as the stream is open', async () => {
    const made = await serveFixture();
    const socket = connect(made.port, '127.0.0.1');
    socket.write(
      'GET /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 200/);
    for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(made.listeners()).toBe(1);
    socket.destroy();
    while (made.listeners() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
  it('a reader that does not read is cut; the others go on', async () => {
    const made = await serveFixture();
    const slow = connect(made.port, '127.0.0.1');
    slow.on('error', () => undefined);
    slow.pause();
    slow.write('GET /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    while (made.listeners() < 1) await new Promise((resolve) => setImmediate(resolve));
    const reader = await follow(made.port);
    await reader.until(retry);
    const long = { ...fixtureAdvice, reason: 'x'.repeat(64 * 1024) };
    let sent = 0;
    while (made.listeners() > 1 && sent < 2_000) {
      made.emit({ type: 'advice', atMs: nowMs, data: { change: 'proposed', advice: long } });
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(made.listeners()).toBe(1);
    made.emit({ type: 'reload', atMs: nowMs, data: { changed: ['last'] } });
    expect(await reader.until('["last"]}\n\n')).toContain('event: reload');
    slow.destroy();
  });
});
