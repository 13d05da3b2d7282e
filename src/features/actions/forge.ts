import type { ForgeRule } from '../../core/action.ts';
import { limits } from '../../core/limits.ts';
import { maskerOf } from '../../core/mask-known.ts';
import { printable } from '../../core/printable.ts';
import { readJson } from '../../core/read-json.ts';
import { Secret } from '../../core/secret.ts';
import { phrase } from '../../words/tell.ts';
import { send } from './http.ts';
import { type Means, StepFailed } from './means.ts';
import type { StoreRequest } from './stores.ts';

type Fields = Readonly<Record<string, unknown>>;
/** A merge request as GitHub, GitLab or Gitea returns it. The response is untrusted, so each field may be absent. */
type ForgeBody = Fields & { readonly head?: Fields | null; readonly base?: Fields | null };

const tokenHeaders = {
  github: ['authorization', 'Bearer '],
  gitlab: ['private-token', ''],
  gitea: ['authorization', 'token '],
} as const;

/**
 * A client for the merge requests of GitHub, GitLab or Gitea. It was tested only with recorded exchanges. Each call can
 * throw `StepFailed`.
 * @see https://docs.github.com/en/rest/pulls/pulls, https://docs.gitlab.com/api/merge_requests/,
 *   https://docs.gitea.com/api/
 */
export function createForge({ kind, api, token, allow }: ForgeRule, means: Means) {
  const isGitlab = kind === 'gitlab';

  async function call(method: StoreRequest['method'], url: string, data?: object): Promise<unknown> {
    // GitHub refuses requests without User-Agent.
    const headers = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'mirrorwatch' };
    const [name, scheme] = tokenHeaders[kind];
    const sender = { kind: 'mergeRequest', headers: { [name]: new Secret(scheme + token.reveal()) }, allow } as const;
    const request = { method, url, headers, body: data === undefined ? '' : JSON.stringify(data) };
    const response = await send(request, sender, means, limits.actionOutputBytes);
    if (response.tag === 'failed') throw new StepFailed(response.because, true);
    return readJson(response.body);
  }

  function readOne(body: unknown) {
    const { iid, number = iid, state, merged_at, html_url, web_url = html_url } = (body ?? {}) as ForgeBody;
    const named = typeof merged_at === 'string' ? 'merged' : state === 'opened' ? 'open' : state;
    const now = (['open', 'merged', 'closed'] as const).find((one) => one === named);
    if (!Number.isSafeInteger(number) || now === undefined) throw noForge();
    const url = typeof web_url === 'string' ? maskerOf({ token }, api)(web_url) : '';
    return { number: Number(number), state: now, url: printable(url, 300) };
  }

  /**
   * Finds the merge request whose source is this branch, in any state; `null`: none was found.
   * @param number  its number, if known
   */
  async function find(head: string, number?: number) {
    if (number !== undefined) return readOne(await call('GET', `${api}/${number}`));
    const name = encodeURIComponent(head);
    const query = {
      github: `head=${api.split('/').at(-3)}:${name}`,
      gitlab: `source_branch=${name}`,
      // Gitea cannot filter by branch, so the ten merge requests that were updated last are read.
      gitea: 'sort=recentupdate&limit=10',
    }[kind];
    const listed = await call('GET', `${api}?state=all&${query}`);
    if (!Array.isArray(listed)) throw noForge();
    const found: unknown = listed.find((one) => isFrom(one, head));
    return found === undefined ? null : readOne(found);
  }

  return {
    find,
    /**
     * Opens a merge request from the branch `head` into the branch `base`.
     * @param message  the first line is the title, the other lines are the description
     */
    async open(head: string, base: string, message: readonly string[]) {
      const [title = '', ...rest] = message.map((line) => printable(line));
      const text = rest.join('\n').trim();
      const data = isGitlab
        ? { source_branch: head, target_branch: base, title, description: text }
        : { head, base, title, body: text };
      return readOne(await call('POST', api, data));
    },
    /** Closes the merge request if it is open. @returns the request afterwards, not open; `null`: there is none */
    async withdraw(head: string, number: number | undefined) {
      let request = await find(head, number);
      const [method, data] = isGitlab
        ? (['PUT', { state_event: 'close' }] as const)
        : (['PATCH', { state: 'closed' }] as const);
      if (request?.state === 'open') request = readOne(await call(method, `${api}/${request.number}`, data));
      if (request?.state === 'open') throw noForge();
      return request;
    },
  };
}

/**
 * True if the merge request comes from this branch of the repository itself. A fork may have a branch of the same name.
 */
function isFrom(body: unknown, head: string): boolean {
  const { source_branch, source_project_id, target_project_id, head: from, base } = (body ?? {}) as ForgeBody;
  // After the branch is deleted, Gitea's `ref` is refs/pull/N/head. Its `label` still has the branch name.
  return (
    [source_branch, from?.['ref'], from?.['label']].includes(head) &&
    source_project_id === target_project_id &&
    from?.['repo_id'] === base?.['repo_id']
  );
}

function noForge(): StepFailed {
  return new StepFailed(phrase('acted.noForge'), true);
}
