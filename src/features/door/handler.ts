import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Buckets } from '../../api/buckets.ts';
import { tokenRefusalOf } from '../../api/token.ts';
import type { DoorRoute } from '../../config/door-routes.ts';
import { isLoopback } from '../../core/addresses.ts';
import type { Listen } from '../../core/config.ts';
import { letIn } from '../../core/http.ts';
import { limits } from '../../core/limits.ts';
import type { Log } from '../../core/ports.ts';
import type { DoorPath, DoorRefusal } from '../../ecosystems/door-paths.ts';
import type { DoorOutcome } from '../../export/catalog/door.ts';
import { hopMark } from '../../wire/passage.ts';
import type { Following } from './following.ts';
import type { DoorMetrics } from './metrics.ts';
import { declaredOrderOf, namesFor } from './order.ts';
import { hopsOf, makeRoom, type PassDeps, sendItem } from './pass.ts';
import { readTarget, urlAt } from './path.ts';
import type { Stays } from './stay.ts';

export interface DoorDeps {
  readonly listen: Listen;
  readonly following: Pick<Following, 'routes' | 'orders' | 'doubts' | 'failing' | 'withdrawnOf'>;
  readonly pass: PassDeps;
  /**
   * True: the door sends the mirrors' responses on to clients. False: it redirects clients. It still sends on responses
   * of mirrors that need the door's credentials, and an index while the first mirror is in doubt. While `passing.max`
   * responses are being sent on, further clients are redirected, or get 503 if the mirror needs credentials.
   */
  isRelay(): boolean;
  /** True: the door refuses versions that the origin withdrew. */
  refusesWithdrawn(): boolean;
  /** The number of responses that are being passed through, and its limit `max`. */
  readonly passing: { count: number; readonly max: number };
  readonly requests: Buckets;
  readonly refused: Buckets;
  /** Limits how many refused requests the access log records per minute. */
  readonly refusedLines: Buckets;
  readonly stays: Stays;
  readonly metrics: DoorMetrics;
  readonly log: Log;
  isReady(): boolean;
  nowMs(): number;
}

interface Served {
  readonly ecosystem?: string;
  readonly module?: string | null;
  readonly registry?: string;
  /** Mirrors whose responses broke off, and that another mirror continued. */
  readonly broken?: readonly string[];
  readonly why?: string;
  readonly isWithdrawn?: boolean;
  readonly outcome: DoorOutcome;
}

const noPath = 'not a path of a package\n';

export function createDoorHandler(deps: DoorDeps): RequestListener {
  const newest = new WeakMap<object, ServerResponse>();
  return (request, response) => {
    const startMs = deps.nowMs();
    const before = newest.get(request.socket);
    newest.set(request.socket, response);
    const { method = '', url = '' } = request;
    if (url === '/-/healthy') return sendText(response, 200, 'healthy\n');
    if (url === '/-/ready')
      return deps.isReady() ? sendText(response, 200, 'ready\n') : sendText(response, 503, 'draining\n');
    const client = request.socket.remoteAddress ?? '';
    const ended = (served: Served): void => recordServed(deps, client, method, served, startMs);
    const because = strangerBecause(request, deps.listen);
    if (because !== null) {
      const waitSeconds = deps.refused.take(client);
      ended({ outcome: waitSeconds === null ? 'unauthorized' : 'limited', why: because });
      return waitSeconds === null ? sendRefusal(response, because) : sendLimit(response, waitSeconds);
    }
    response.emit(letIn);
    if (request.headers.via?.includes(hopMark) === true || !(hopsOf(request.headers) < limits.doorHopsMax)) {
      ended({ outcome: 'refused', why: 'loop' });
      return sendText(response, 508, 'the request has passed this door before\n');
    }
    if (method !== 'GET' && method !== 'HEAD') {
      ended({ outcome: 'method' });
      response.setHeader('allow', 'GET, HEAD');
      return sendText(response, 405, 'only GET and HEAD\n');
    }
    if (url === '/metrics') return void sendMetrics(deps, response);
    const waitSeconds = deps.requests.take(client);
    if (waitSeconds !== null) {
      ended({ outcome: 'limited' });
      return sendLimit(response, waitSeconds);
    }
    void serve(deps, client, request, response, before).then(ended, (cause: unknown) => {
      deps.log.error('a request failed by a defect', { cause: String(cause) });
      response.destroy();
    });
  };
}

async function serve(
  deps: DoorDeps,
  client: string,
  request: IncomingMessage,
  response: ServerResponse,
  before: ServerResponse | undefined,
): Promise<Served> {
  const target = readTarget(request.url ?? '', deps.following.routes);
  const end = (served: Served, status: number, text: string): Served => {
    sendText(response, status, text);
    return served;
  };
  if (target.tag === 'bad') return end({ outcome: 'refused' }, 400, noPath);
  if (target.tag !== 'ok') {
    const ecosystem = target.route?.ecosystem ?? '';
    // A private name gets the same response as an unknown path, so that the response does not reveal it.
    return end({ ecosystem, outcome: target.tag === 'private' ? 'private' : 'not_found' }, 404, 'not found\n');
  }
  const { route, rest, path } = target;
  const withdrawn = deps.following.withdrawnOf(route).get(path.module ?? '');
  const isWithdrawn = path.version !== undefined && withdrawn?.has(path.version) === true;
  if (path.kind === 'refused' && !isWithdrawn)
    return end({ ecosystem: route.ecosystem, outcome: 'not_found' }, 404, 'not found\n');
  if (isWithdrawn && (deps.refusesWithdrawn() || path.kind === 'refused')) {
    sendWithdrawn(response, route, path);
    return { ecosystem: route.ecosystem, module: path.module, outcome: 'withdrawn' };
  }
  const refusal =
    withdrawn === undefined || !deps.refusesWithdrawn() ? null : refusalFor(request, route, path, withdrawn);
  const { names, why, isDoubted } = chosen(deps, client, route, path.module);
  const of = { ecosystem: route.ecosystem, module: path.module, isWithdrawn };
  const isOurs = hasOwnAccess(deps.pass, names[0]);
  const mustPass = isOurs || refusal !== null || deps.isRelay();
  const isPassed = mustPass || (isDoubted && path.kind === 'index');
  // apt pipelines requests and reads responses in order, so a later response waits until the previous one is complete.
  if (isPassed && response.socket === null && before?.closed === false)
    await new Promise((resolve) => before.once('close', resolve));
  const isFull = isPassed && deps.passing.count >= deps.passing.max && !makeRoom(deps.pass, client);
  if ((isOurs || refusal !== null) && isFull) {
    response.setHeader('retry-after', '1');
    return end({ ...of, why, outcome: 'limited' }, 503, 'too many responses at once\n');
  }
  if (isPassed && !isFull && !response.destroyed) {
    deps.passing.count += 1;
    const passed = await sendItem(deps.pass, { route, rest, path, names, refusal, request, response }).finally(() => {
      deps.passing.count -= 1;
    });
    if (passed.tag === 'passed' || passed.tag === 'failed') {
      const outcome = passed.tag === 'failed' ? 'failed' : path.kind === 'index' ? 'passed' : 'relayed';
      return { ...of, registry: passed.registry, broken: passed.broken, why, outcome };
    }
    if (passed.tag === 'absent') return end({ ...of, why, outcome: 'absent' }, 404, 'not found\n');
    if (mustPass) return end({ ...of, why, outcome: 'failed' }, 502, 'no mirror responds\n');
  }
  const [name = ''] = names;
  const mirror = route.mirrors.get(name);
  const url = mirror === undefined ? null : urlAt(mirror.url, rest);
  const served = { ...of, registry: name, why };
  if (url === null) return end({ ...served, outcome: 'refused' }, 400, noPath);
  if (response.destroyed) return { ...served, outcome: 'failed' };
  // No cache may store the redirect, because the next request may go to another mirror.
  response.writeHead(302, ['location', url, 'cache-control', 'no-store', 'content-length', '0']);
  response.end();
  return { ...served, outcome: 'redirected' };
}

/** The refusal of withdrawn versions in an index that names the URLs of artifacts; `null`: the index names none. */
function refusalFor(
  { headers, socket }: IncomingMessage,
  { prefix, paths }: DoorRoute,
  { kind, module }: DoorPath,
  versions: ReadonlySet<string>,
): DoorRefusal | null {
  const door = URL.parse(`${'encrypted' in socket ? 'https' : 'http'}://${headers.host}`);
  if (kind !== 'index' || module === null || paths.refusing === undefined || door === null) return null;
  return { module, versions, at: `${door.origin}${prefix}${module}` };
}

/** Go and npm show the body, pip the reason phrase. */
function sendWithdrawn(response: ServerResponse, { paths }: DoorRoute, { module, version }: DoorPath): void {
  const text = `${module}@${version} was withdrawn by its origin, and this front door refuses it`;
  response.statusMessage = `${module?.replace(/[^\x21-\x7e]/g, '?')} was withdrawn by its origin`;
  response.setHeader('cache-control', 'no-store');
  if (paths.showsJsonErrors === true) response.setHeader('content-type', 'application/json');
  sendText(response, 451, paths.showsJsonErrors === true ? JSON.stringify({ error: text }) : `${text}\n`);
}

/** True if the door has credentials for a mirror that its clients lack. They could not follow a redirect to it. */
function hasOwnAccess({ accessOf }: PassDeps, name = ''): boolean {
  const access = accessOf(name);
  return access !== null && (access.auth !== null || access.client !== null);
}

/** Chooses the mirrors for a request. `names`: in the order in which they are requested. */
function chosen(deps: DoorDeps, client: string, route: DoorRoute, module: string | null) {
  const { orders, doubts, failing } = deps.following;
  const order = orders.get(route.key) ?? declaredOrderOf(route);
  const { why } = order;
  const names = namesFor(order, module);
  const isDoubted = doubts.has(names[0] ?? '');
  const sorted = isDoubted
    ? [...names.filter((name) => !doubts.has(name)), ...names.filter((name) => doubts.has(name))]
    : names;
  const because = sorted[0] === names[0] ? why : `${names[0]} in doubt`;
  if (route.paths.staysTogether !== true) return { names: sorted, why: because, isDoubted };
  const isUsable = (name: string): boolean => names.includes(name) && !doubts.has(name) && !failing.has(name);
  const name = deps.stays(client, route.key, sorted[0] ?? '', isUsable);
  if (name === sorted[0]) return { names: sorted, why: because, isDoubted };
  return { names: [name, ...sorted.filter((one) => one !== name)], why: 'stays', isDoubted };
}

function strangerBecause({ headers }: IncomingMessage, listen: Listen): 'token' | 'host' | null {
  // If the listener is not on loopback and has no token, all clients may use it.
  return listen.token === null && !isLoopback(listen.host) ? null : tokenRefusalOf(headers, listen);
}

/**
 * Outcomes that any client can cause as often as it wants. All are counted, but the log records them at a limited rate.
 */
const noisy: ReadonlySet<DoorOutcome> = new Set(['refused', 'not_found', 'method', 'unauthorized', 'limited']);

function recordServed(deps: DoorDeps, client: string, method: string, served: Served, startMs: number): void {
  const { ecosystem = '', registry = '', outcome } = served;
  const ms = deps.nowMs() - startMs;
  deps.metrics.counted({ ecosystem, registry, outcome }, ms);
  const { module, why, broken = [], isWithdrawn } = served;
  if (registry === '' && noisy.has(outcome) && deps.refusedLines.take('') !== null) return;
  deps.log.info('request', {
    client,
    method: method.slice(0, 10),
    ecosystem: ecosystem === '' ? undefined : ecosystem,
    module: module ?? undefined,
    registry: registry === '' ? undefined : registry,
    broken: broken.length === 0 ? undefined : broken,
    outcome,
    why,
    withdrawn: isWithdrawn === true ? true : undefined,
    ms: Math.round(ms * 1000) / 1000,
  });
}

async function sendMetrics({ metrics }: DoorDeps, response: ServerResponse): Promise<void> {
  const text = await metrics.text();
  response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
  response.end(text);
}

function sendRefusal(response: ServerResponse, because: 'token' | 'host'): void {
  if (because === 'host') return sendText(response, 403, 'an unknown Host\n');
  response.setHeader('www-authenticate', 'Basic realm="mirrorwatch door"');
  sendText(response, 401, 'a token is needed\n');
}

function sendLimit(response: ServerResponse, waitSeconds: number): void {
  response.setHeader('retry-after', String(waitSeconds));
  sendText(response, 429, 'too many requests\n');
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('x-content-type-options', 'nosniff');
  if (text !== '' && !response.hasHeader('content-type'))
    response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}
