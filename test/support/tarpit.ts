import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** A port whose SYNs vanish. */
export interface Tarpit {
  readonly close: () => Promise<void>;
}

/** Listens and then never accepts, as its thread sleeps for good. */
const listener = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer();
server.once('error', (error) => parentPort.postMessage(error.message));
server.listen({ ...workerData, backlog: 1 }, () => {
  parentPort.postMessage('listening');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

/**
 * Makes `port` swallow connection attempts: it is listened on, its queue of connections is full, and nobody accepts,
 * so that Linux drops each further SYN. A black hole for `connect` without root and without another host.
 * @throws Error where the port is taken or the queue does not fill
 */
export async function openTarpit(port: number, host: string): Promise<Tarpit> {
  const worker = new Worker(listener, { eval: true, workerData: { port, host } });
  const fillers: Socket[] = [];
  const close = async (): Promise<void> => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  };
  const said = await new Promise<string>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error: Error) => resolve(error.message));
  });
  if (said !== 'listening') {
    await close();
    throw new Error(`tarpit on ${host}:${port}: ${said}`);
  }
  // One that does not connect may only be slow to: two in a row are a full queue.
  let unanswered = 0;
  for (let tries = 0; tries < 20; tries += 1) {
    const socket = connect({ port, host });
    socket.on('error', () => undefined);
    fillers.push(socket);
    const connected = new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)));
    unanswered = (await Promise.race([connected, sleep(60, false)])) ? 0 : unanswered + 1;
    if (unanswered === 2) return { close };
  }
  await close();
  throw new Error(`tarpit on ${host}:${port}: the queue does not fill`);
}
