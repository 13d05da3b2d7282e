import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { ForgeRule } from '../../../../src/core/action.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { listenAnywhere } from '../../../support/ports.ts';

type Kind = ForgeRule['kind'];

/** One request of the played forge. */
export interface Played {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly text: string;
  state: 'open' | 'closed' | 'merged';
  isFork: boolean;
}

const token = 'hunter2-token';
const paths = {
  github: '/repos/ops/deploy/pulls',
  gitlab: '/api/v4/projects/42/merge_requests',
  gitea: '/api/v1/repos/ops/deploy/pulls',
} as const satisfies Record<Kind, string>;

/** What each forge answers for one request: the fields of its documentation, those that are read and their neighbours. */
function shapeOf(kind: Kind, { number, head, base, title, text, state, isFork }: Played, isThere: boolean) {
  const merged_at = state === 'merged' ? '2026-11-22T10:00:00Z' : null;
  const id = 9_000 + number;
  if (kind === 'gitlab')
    return {
      id,
      iid: number,
      project_id: 42,
      title,
      description: text,
      state: state === 'open' ? 'opened' : state,
      merged_at,
      source_branch: head,
      target_branch: base,
      source_project_id: isFork ? 43 : 42,
      target_project_id: 42,
      web_url: `https://git.example.com/ops/deploy/-/merge_requests/${number}`,
    };
  const html_url = `https://git.example.com/ops/deploy/pull/${number}`;
  const common = { id, number, title, body: text, state: state === 'merged' ? 'closed' : state, merged_at, html_url };
  const user = isFork ? 'else' : 'ops';
  return kind === 'github'
    ? {
        ...common,
        head: { label: `${user}:${head}`, ref: head, sha: 'e5bd3914', repo: { id: isFork ? 2 : 1 } },
        base: { label: `ops:${base}`, ref: base, sha: 'c3d0be41', repo: { id: 1 } },
      }
    : {
        ...common,
        merged: state === 'merged',
        // A branch that was deleted has the ref of the request.
        head: { label: head, ref: isThere ? head : `refs/pull/${number}/head`, repo_id: isFork ? 2 : 1 },
        base: { label: base, ref: base, repo_id: 1 },
      };
}

/** A forge of one bare repository in this process. */
export async function playForge(kind: Kind, repository: string) {
  const requests: Played[] = [];
  const asked: string[] = [];
  const next: (readonly [method: string, status: number, body: string, headers?: Record<string, string>])[] = [];
  const hooks: { onClose: ((one: Played) => void) | null } = { onClose: null };
  // A pushed branch is a file of its own: Git packs none of so few.
  const hasBranch = (name: string): boolean => existsSync(join(repository, 'refs/heads', name));
  const shape = (one: Played) => shapeOf(kind, one, hasBranch(one.head));

  function answer(method: string, url: URL, data: Record<string, string>): readonly [number, unknown] {
    const [, number] = url.pathname.slice(paths[kind].length).split('/');
    if (number !== undefined) {
      const one = requests.find((request) => String(request.number) === number);
      if (one === undefined) return [404, { message: 'Not Found' }];
      const closes = kind === 'gitlab' ? ['PUT', data['state_event'], 'close'] : ['PATCH', data['state'], 'closed'];
      if (method === closes[0] && closes[1] === closes[2]) {
        hooks.onClose?.(one);
        if (one.state === 'open') one.state = 'closed';
      } else if (method !== 'GET') return [405, {}];
      return [200, shape(one)];
    }
    if (method === 'GET') {
      const wanted = url.searchParams.get(kind === 'gitlab' ? 'source_branch' : 'head');
      const listed = requests.filter(({ head, isFork }) =>
        kind === 'github'
          ? wanted === `${isFork ? 'else' : 'ops'}:${head}`
          : kind === 'gitlab'
            ? wanted === head
            : true,
      );
      if (url.searchParams.get('state') !== 'all') return [200, []];
      return [
        200,
        listed
          .toReversed()
          .slice(0, Number(url.searchParams.get('limit') ?? 20))
          .map(shape),
      ];
    }
    const [head = '', base = '', text = ''] =
      kind === 'gitlab'
        ? [data['source_branch'], data['target_branch'], data['description']]
        : [data['head'], data['base'], data['body']];
    const isTaken = requests.some((one) => one.head === head && one.state === 'open' && !one.isFork);
    if (!hasBranch(head) || !hasBranch(base) || isTaken) return [kind === 'github' ? 422 : 409, { message: 'no' }];
    requests.push(played({ head, base, title: data['title'] ?? '', text }));
    return [201, shape(requests.at(-1) as Played)];
  }

  function played(of: Pick<Played, 'head'> & Partial<Played>): Played {
    return { number: requests.length + 7, base: 'main', title: '', text: '', state: 'open', isFork: false, ...of };
  }

  const server = createServer((message, response) => {
    let body = '';
    message.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    message.on('end', () => {
      const { method = '', url = '', headers } = message;
      asked.push(`${method} ${url}`);
      const at = next.findIndex(([of]) => of === method);
      const [scripted] = at < 0 ? [] : next.splice(at, 1);
      const given = { github: `Bearer ${token}`, gitea: `token ${token}`, gitlab: token }[kind];
      const isKnown = headers[kind === 'gitlab' ? 'private-token' : 'authorization'] === given;
      const [status, text] =
        scripted !== undefined
          ? [scripted[1], scripted[2]]
          : !isKnown || headers['user-agent'] === undefined
            ? [401, '{"message":"401 Unauthorized"}']
            : answer(method, new URL(url, 'http://forge'), body === '' ? {} : JSON.parse(body)).map((part) =>
                typeof part === 'number' ? part : JSON.stringify(part),
              );
      response.writeHead(Number(status), { 'content-type': 'application/json', ...scripted?.[3] }).end(text);
    });
  });
  const port = await listenAnywhere(server);
  return {
    token,
    requests,
    asked,
    hooks,
    rule: { kind, api: `http://127.0.0.1:${port}${paths[kind]}`, token: new Secret(token), allow: [] } as ForgeRule,
    /** The next request with that method gets this. */
    answers: (...one: (typeof next)[number]) => void next.push(one),
    add: (of: Parameters<typeof played>[0]) => void requests.push(played(of)),
    writes: () => asked.filter((line) => !line.startsWith('GET ')),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(resolve));
    },
  };
}
