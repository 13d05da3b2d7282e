import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listenAnywhere } from './ports.ts';

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

/** A server in this process that answers as it is told, in turn, and records what it was asked. */
export interface ScriptedStore {
  readonly url: string;
  readonly asked: readonly { readonly line: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  answers(...answers: readonly Answer[]): void;
  close(): Promise<void>;
}

/** Starts one on a free port of loopback. What is asked beyond its answers gets 500; a status of 0 is no answer at all. */
export async function startScriptedStore(): Promise<ScriptedStore> {
  const asked: ScriptedStore['asked'][number][] = [];
  const waiting: Answer[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      const [status, text, headers = {}] = waiting.shift() ?? [500, ''];
      if (status === 0) return;
      response.writeHead(status, headers).end(text);
    });
  });
  const port = await listenAnywhere(server);
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answers: (...answers) => void waiting.push(...answers),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
