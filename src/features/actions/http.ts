import type { ActionDeed, ActionEnd, ActionRow, ForgeRule } from '../../core/action.ts';
import { classBySpelling } from '../../core/address-class.ts';
import { limits } from '../../core/limits.ts';
import { maskerOf } from '../../core/mask-known.ts';
import type { DeliveryFailure } from '../../core/notice.ts';
import { printable } from '../../core/printable.ts';
import { readJson } from '../../core/read-json.ts';
import { ok, type Sentence } from '../../core/result.ts';
import { Secret } from '../../core/secret.ts';
import { phrase } from '../../words/tell.ts';
import { type Means, StepFailed, valueFrom } from './means.ts';
import { diffOf, isMasked, renderAdvice } from './render.ts';
import { type StoreRequest, type StoreValue, stores } from './stores.ts';

type HttpDeed = Extract<ActionDeed, { kind: 'http' }>;
/** What an undo needs: the value before the change (`null`: there was none), and the wanted value. */
interface Kept {
  readonly before: string | null;
  readonly after: string;
}

/**
 * The action `http`: a compare-and-set of a value in a configuration store, or a request that the operator wrote. It
 * does not follow redirects. If a host name resolves to a private address, the configuration must allow it.
 */
export const httpAction = {
  async prepare(row: ActionRow, deed: HttpDeed, means: Means): Promise<ActionEnd> {
    if ('template' in deed.body) return prepareOwn(row, deed.body.template.reveal());
    const { value, kept } = await wantedIn(row, deed, means);
    return { tag: 'ok', output: diffOf(deed.key ?? 'value', value?.text ?? null, kept.after), kept };
  },
  async act(row: ActionRow, deed: HttpDeed, means: Means): Promise<ActionEnd> {
    if ('template' in deed.body) return request(row, deed, deed.body.template.reveal(), 'act', means);
    const { value, kept } = await wantedIn(row, deed, means);
    // If an earlier attempt already set the value, `row.kept` still has the previous value.
    if (kept.before === kept.after) return { tag: 'ok', output: row.output };
    await set(deed, value, kept.after, kept, means);
    return { tag: 'ok', output: row.output, kept };
  },
  async undo(row: ActionRow, deed: HttpDeed, means: Means): Promise<ActionEnd> {
    if ('template' in deed.body) return request(row, deed, deed.body.template.reveal(), 'undo', means);
    const kept = row.kept as Kept | null;
    const now = await valueNow(deed, means);
    // If there was no value before, an undo in Consul leaves an empty one. So an empty value and no value both count as
    // undone.
    const text = now?.text ?? '';
    if (kept === null || text === (kept.before ?? '')) return { tag: 'ok', output: '' };
    if (text !== kept.after) throw new StepFailed(phrase('acted.changedSince', { what: deed.key ?? 'value' }), false);
    const output = diffOf(deed.key ?? 'value', text, kept.before);
    await set(deed, now, kept.before, kept, means);
    return { tag: 'ok', output, kept };
  },
} as const;

async function wantedIn({ advice }: ActionRow, deed: HttpDeed, means: Means) {
  if (deed.as === null && isMasked(advice.chain.after))
    throw new StepFailed(phrase('acted.noForm', { form: 'chain' }), false);
  const value = await valueNow(deed, means);
  const before = value?.text ?? null;
  const text = deed.as === null ? ok({ after: advice.chain.after }) : await renderAdvice(advice, deed.as, before);
  const kept: Kept = { before, after: valueFrom(text).after };
  return { value, kept };
}

async function valueNow(deed: HttpDeed, means: Means): Promise<StoreValue | null> {
  const { read, valueIn, canCreate } = storeOf(deed);
  const url = deed.url.reveal();
  const response = await send(read(url, deed.key ?? ''), deed, means, limits.actionOutputBytes);
  if (response.tag === 'ok') {
    const value = valueIn(response.body);
    // The value is shown, stored, and written back by an undo.
    if (maskerOf(deed.headers, url)(value?.text ?? '') !== (value?.text ?? ''))
      throw new StepFailed(phrase('acted.echo'), true);
    // U+FFFD replaces bytes that are not UTF-8. An undo could not restore them, so such a value is refused.
    if (value !== undefined && value?.text.includes('\uFFFD') !== true) return value;
    throw new StepFailed(phrase('acted.noStore'), true);
  }
  if (response.status === 404 && canCreate) return null;
  throw new StepFailed(response.because, true);
}

async function set(deed: HttpDeed, before: StoreValue | null, after: string | null, kept: Kept, means: Means) {
  const { write, isDone } = storeOf(deed);
  const url = deed.url.reveal();
  const response = await send(write(url, deed.key ?? '', before, after), deed, means, limits.actionOutputBytes);
  // The request may have set the value before it failed, so `kept` is stored for an undo.
  if (response.tag === 'failed') throw new StepFailed(response.because, true, '', kept);
  if (!isDone(response.body)) throw new StepFailed(phrase('acted.otherValue'), true);
}

/**
 * Previews a request that the operator wrote: the output contains only the values of its placeholders. The rest of the
 * body is not shown, because it may contain a token.
 */
function prepareOwn(row: ActionRow, template: string): ActionEnd {
  const used = Object.entries(valuesOf(row, 'act')).filter(([name]) => template.includes(`{{${name}}}`));
  const { before, after } = row.advice.chain;
  if (isMasked(before, after) && used.some(([name]) => name === 'chain'))
    throw new StepFailed(phrase('acted.noForm', { form: 'chain' }), false);
  return { tag: 'ok', output: used.map(([name, value]) => `${name}: ${printable(value, 200)}`).join('\n') };
}

/**
 * Sends the request that the operator wrote. A retry or a restart of the daemon may repeat it, with the same
 * `idempotency-key`.
 */
async function request(
  row: ActionRow,
  deed: HttpDeed,
  template: string,
  event: 'act' | 'undo',
  means: Means,
): Promise<ActionEnd> {
  const body = filled(template, row, event);
  const response = await send(
    { method: deed.method, url: deed.url.reveal(), headers: { 'idempotency-key': `${row.id}.${event}` }, body },
    deed,
    means,
  );
  if (response.tag === 'failed') throw new StepFailed(response.because, true);
  // The response body is not shown, because it may repeat a token from the request.
  return { tag: 'ok', output: `HTTP ${response.status}` };
}

/** Returns the body with its placeholders replaced. In JSON each value is escaped for use inside quotes. */
function filled(template: string, row: ActionRow, event: 'act' | 'undo'): string {
  const values = valuesOf(row, event);
  const isJson = /^\s*[{["]/.test(template) && !/^\s*\{\{/.test(template);
  return template.replace(/\{\{(chain|from|to|id|cause|upstream)\}\}/g, (_, name: keyof typeof values) =>
    isJson ? JSON.stringify(values[name]).slice(1, -1) : values[name],
  );
}

function valuesOf({ id, advice }: ActionRow, event: 'act' | 'undo') {
  const { from, to, chain, cause, upstream } = advice;
  const directed = event === 'act' ? { from, to, chain: chain.after } : { from: to, to: from, chain: chain.before };
  return { ...directed, id, cause, upstream };
}

function storeOf({ body }: HttpDeed) {
  if ('template' in body) throw new Error('a body of the operator has no store');
  return stores[body.store];
}

type StoreResponse =
  | { readonly tag: 'ok'; readonly status: number; readonly body: string }
  | { readonly tag: 'failed'; readonly status: number | null; readonly because: Sentence };

/** The configuration keys that list the networks to which the host name of a URL may resolve. */
const allowKeys = { http: 'onAdvice[].http.allow', mergeRequest: 'onAdvice[].git.mergeRequest.allow' } as const;

interface Sender extends Pick<HttpDeed, 'headers' | 'allow'> {
  readonly kind: keyof typeof allowKeys;
}

/**
 * Sends one request within the remaining time of the step, with the same checks of addresses as for webhooks.
 * @param bytesMax  a longer response fails, because a truncated value would be mistaken for the stored one
 */
async function send(
  { method, url, headers, body }: StoreRequest,
  deed: Sender,
  { post, signal, leftMs }: Means,
  bytesMax?: number,
): Promise<StoreResponse> {
  const own = Object.entries(deed.headers).map(([name, value]) => [name, value.reveal()] as const);
  const { hostname } = new URL(url);
  const sent = await post.send({
    method,
    url,
    headers: { ...headers, ...Object.fromEntries(own) },
    body,
    // An IP address or `localhost` in the operator's URL needs no entry in `allow`.
    allow: classBySpelling(hostname) === null ? deed.allow : [...deed.allow, hostname.replace(/^\[|\]$/g, '')],
    timeoutMs: leftMs(),
    signal,
    ...(bytesMax === undefined ? {} : { responseBytesMax: bytesMax }),
    receiptIn: (text) => text,
  });
  if (sent.tag === 'delivered') return { tag: 'ok', status: sent.status, body: sent.receipt ?? '' };
  const { failure } = sent;
  return {
    tag: 'failed',
    status: 'status' in failure ? failure.status : null,
    because: phrase('acted.request', { why: whyOf(failure, allowKeys[deed.kind]) }),
  };
}

function whyOf(failure: DeliveryFailure, key: string): Sentence | string {
  if (failure.kind === 'forbidden_target') return phrase('acted.forbidden', { address: failure.address, key });
  return 'status' in failure ? `HTTP ${failure.status}` : 'code' in failure ? failure.code : failure.kind;
}

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
