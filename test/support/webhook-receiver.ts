import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { patienceMs } from './patience.ts';
import { listenAnywhere } from './ports.ts';

/** How the receiver treats one post. */
export type ReceiverBehaviour =
  /** `afterMs`: takes so long to answer. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterMs?: number;
    }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** Takes the post and never answers. */
  | { readonly kind: 'hang' }
  /** Takes the post and cuts the connection with RST: the sender cannot know that it arrived. */
  | { readonly kind: 'reset' };

/** One post as it arrived. */
export interface ReceivedPost {
  readonly atMs: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What was answered. */
  readonly behaviour: ReceiverBehaviour;
}

/** A webhook receiver in this process. */
export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  /** Every post so far, refused ones included. */
  readonly posts: readonly ReceivedPost[];
  /** Posts are treated by these in turn, then by the last of them for ever. Default: 204. */
  readonly script: (...behaviours: readonly ReceiverBehaviour[]) => void;
  /** Resolves when this many posts are there. @throws Error at the deadline, default the patience of the tests */
  readonly waitFor: (count: number, deadlineMs?: number) => Promise<readonly ReceivedPost[]>;
  /** As if its process had died; the port stays reserved for `revive`. */
  readonly kill: () => Promise<void>;
  readonly revive: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const fine: ReceiverBehaviour = { kind: 'status', status: 204 };

/**
 * Checks a post with the `standardwebhooks` package, as a receiver written by someone else would.
 * @param secret  as configured, `whsec_…`
 * @returns       the parsed body
 * @throws Error  on a wrong or missing signature, or a stamp more than five minutes off this machine's clock
 */
export function verifyPost(post: ReceivedPost, secret: string): unknown {
  const header = (name: string): string => String(post.headers[name] ?? '');
  return new Webhook(secret).verify(post.body, {
    'webhook-id': header('webhook-id'),
    'webhook-timestamp': header('webhook-timestamp'),
    'webhook-signature': header('webhook-signature'),
  });
}

/** Whether a post was signed with this secret at the time that it names, however long that took to get here. */
export function isSigned({ headers, body }: ReceivedPost, secret: string): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
  const want = new Webhook(secret).sign(String(headers['webhook-id']), at, body);
  return String(headers['webhook-signature']).split(' ').includes(want);
}

/** Starts a webhook receiver on a free port of 127.0.0.1. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const posts: ReceivedPost[] = [];
  const watchers = new Set<() => void>();
  let behaviours: readonly ReceiverBehaviour[] = [fine];
  const next = (): ReceiverBehaviour => {
    const [first = fine, ...rest] = behaviours;
    if (rest.length > 0) behaviours = rest;
    return first;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const behaviour = next();
      const body = Buffer.concat(chunks).toString('utf8');
      posts.push({ atMs: performance.now(), path: request.url ?? '', headers: request.headers, body, behaviour });
      behave(response, behaviour);
      for (const watcher of watchers) watcher();
    });
  });
  let port = 0;
  const revive = async (): Promise<void> => {
    if (port === 0) port = await listenAnywhere(server);
    else
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: '127.0.0.1' }, () => {
          server.off('error', reject);
          resolve();
        });
      });
  };
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  const waitFor = (count: number, deadlineMs = patienceMs): Promise<readonly ReceivedPost[]> =>
    new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        act();
      };
      const look = (): void => {
        if (posts.length >= count) done(() => resolve(posts));
      };
      const timer = setTimeout(
        () => done(() => reject(new Error(`want ${count} posts within ${deadlineMs} ms, got ${posts.length}`))),
        deadlineMs,
      );
      watchers.add(look);
      look();
    });
  await revive();
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    posts,
    script: (...next) => {
      behaviours = next.length > 0 ? next : [fine];
    },
    waitFor,
    kill,
    revive,
    close: kill,
  };
}

function behave(response: ServerResponse, behaviour: ReceiverBehaviour): void {
  switch (behaviour.kind) {
    case 'status': {
      const answer = (): void => void response.writeHead(behaviour.status, behaviour.headers).end();
      if (behaviour.afterMs === undefined) answer();
      else setTimeout(answer, behaviour.afterMs);
      return;
    }
    case 'redirect':
      response.writeHead(behaviour.status ?? 302, { location: behaviour.location }).end();
      return;
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    default:
      behaviour satisfies never;
  }
}
