import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import { serveFixture } from './serve-fixture.ts';

/** What zlib hands on at once: random, so that it does not shrink. */
const noise = () => randomBytes(100_000).toString('base64');

/** Renderings whose pieces a test hands out; `open` goes on until it is told to stop. */
function renderings() {
  const all: { pieces: string[]; isEnded: boolean; isClosed: boolean; fault: Error | null }[] = [];
  const metrics = () => {
    async function* pieces() {
      const own = { pieces: [noise()], isEnded: false, isClosed: false, fault: null as Error | null };
      all.push(own);
      try {
        while (own.pieces.length > 0 || !own.isEnded) {
          const next = own.pieces.shift();
          if (next !== undefined) yield next;
          if (own.fault !== null) throw own.fault;
          await turn();
        }
      } finally {
        own.isClosed = true;
      }
    }
    return { contentType: 'text/plain', pieces: pieces() };
  };
  return { all, metrics };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

/** Asks, and reads nothing until told. */
function asking(port: number, gzip = true): Promise<IncomingMessage> {
  const headers = gzip ? { 'accept-encoding': 'gzip' } : {};
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', headers, agent: false }, resolve).once('error', reject);
  });
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('scrapes', () => {
  it('at the same time share one rendering from its first byte, zipped or not', async () => {
    const { all, metrics } = renderings();
    const { port } = await serveFixture({ metrics });
    const first = await asking(port);
    const [late, plain] = [await asking(port), await asking(port, false)];
    expect(all).toHaveLength(1);
    all[0]?.pieces.push('the end\n');
    if (all[0]) all[0].isEnded = true;
    const [one, two, three] = await Promise.all([bytesOf(first), bytesOf(late), bytesOf(plain)]);
    expect(two.equals(one)).toBe(true);
    expect(three.toString()).toBe(gunzipSync(one).toString());
    expect(three.toString().endsWith('the end\n')).toBe(true);
  });

  it('are whole, in any script, however many pieces they are made of and however large those are', async () => {
    const { all, metrics } = renderings();
    const { port } = await serveFixture({ metrics });
    const [zipped, plain] = [await asking(port), await asking(port, false)];
    const own = all[0];
    if (own === undefined) throw new Error('nothing is rendered');
    const told = [...own.pieces];
    for (let n = 0; n < 60; n += 1) told.push(`${n} 镜像 ${noise().slice(0, 1_000 * n)} 🪞`, noise());
    own.pieces.push(...told.slice(own.pieces.length));
    own.isEnded = true;
    const [one, two] = await Promise.all([bytesOf(zipped), bytesOf(plain)]);
    expect(gunzipSync(one).toString().endsWith(told.slice(1).join(''))).toBe(true);
    expect(two.equals(gunzipSync(one))).toBe(true);
  });

  it('after it are given a new one', async () => {
    const { all, metrics } = renderings();
    const { port } = await serveFixture({ metrics });
    for (const count of [1, 2]) {
      const answer = asking(port);
      await until(() => all.length === count);
      const own = all[count - 1];
      if (own) own.isEnded = true;
      await bytesOf(await answer);
    }
    expect(all).toHaveLength(2);
  });

  it('of a reader that hangs up are made no further, unless another one reads', async () => {
    const { all, metrics } = renderings();
    const { port } = await serveFixture({ metrics });
    const [one, two] = [await asking(port), await asking(port)];
    one.destroy();
    all[0]?.pieces.push(noise());
    await until(() => all[0]?.pieces.length === 0);
    expect(all[0]?.isClosed).toBe(false);
    two.destroy();
    const feed = setInterval(() => all[0]?.pieces.push(noise()), 1);
    await until(() => all[0]?.isClosed === true);
    clearInterval(feed);
    expect(all).toHaveLength(1);
  });

  it('are bounded: one more is refused until another has ended', async () => {
    const { all, metrics } = renderings();
    const { port, ask } = await serveFixture({ metrics });
    const readers: IncomingMessage[] = [];
    for (let n = 0; n < limits.scrapesAtOnce; n += 1) readers.push(await asking(port));
    expect((await ask('/metrics')).status).toBe(503);
    if (all[0]) all[0].isEnded = true;
    await Promise.all(readers.map(bytesOf));
    const again = asking(port);
    await until(() => all.length === 2);
    if (all[1]) all[1].isEnded = true;
    expect((await again).statusCode).toBe(200);
    await bytesOf(await again);
  });

  it('that break before their first byte are 500 without the cause, which is logged once', async () => {
    const cause = new Error('inner words');
    const { ask, defects } = await serveFixture({
      metrics: () => ({
        contentType: 'text/plain',
        // biome-ignore lint/correctness/useYield: it breaks before its first piece.
        pieces: (async function* () {
          throw cause;
        })(),
      }),
    });
    const reply = await ask('/metrics');
    expect([reply.status, reply.headers['content-type']]).toEqual([500, 'application/problem+json; charset=utf-8']);
    expect(reply.text).not.toContain('inner words');
    expect(defects).toEqual([cause]);
  });

  it('that break later are cut, so that a part is not taken for the whole', async () => {
    const { all, metrics } = renderings();
    const { port, defects } = await serveFixture({ metrics });
    const answer = await asking(port);
    if (all[0]) all[0].fault = new Error('inner words');
    await expect(bytesOf(answer)).rejects.toThrow('aborted');
    await until(() => defects.length > 0);
    expect(defects).toHaveLength(1);
  });

  it('for the head alone make nothing', async () => {
    const { all, metrics } = renderings();
    const { ask } = await serveFixture({ metrics });
    const reply = await ask('/metrics', { method: 'HEAD' });
    expect([reply.status, reply.headers['content-type'], all.length]).toEqual([200, 'text/plain', 0]);
  });
});
