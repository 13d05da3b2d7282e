import type { Lead, PairRule } from '../../core/action.ts';
import type { Clock } from '../../core/ports.ts';
import { exchange } from '../../io/exchange.ts';

/** The lease holder's key in etcd; a write can be made conditional on `number`. */
export interface Fence {
  readonly etcd: string;
  readonly key: string;
  /** The revision in which the key was created: higher for each new holder. */
  readonly number: string;
}

/** A lease in etcd: of two daemons, only the holder acts. */
export interface Lease {
  lead(rule: PairRule | undefined): Lead;
  /** The fence by etcd's last response; `null`: this daemon does not hold the lease, or there is no pair. */
  fence(): Fence | null;
  /** Queues a row for etcd, by id; `null` removes the stored row. */
  share(id: string, text: string | null): void;
  /** The stored rows of the previous holder, once after each takeover; otherwise `null`. */
  takeShared(): readonly string[] | null;
  /** Checks with etcd whether this daemon may write now; without a pair it always may. */
  mayWrite(): Promise<boolean>;
  /** Revokes the lease, so that the other daemon need not wait for its end. */
  close(): Promise<void>;
}

/** The last successful renewal. Revisions and lease ids have 64 bits, so the gateway sends them as text. */
interface Held {
  readonly rule: PairRule;
  readonly lease: string;
  /** `null`: another daemon holds the lease. */
  readonly number: string | null;
  /** When this state expires, on the monotonic clock. */
  readonly untilMs: number;
}

type Kv = { readonly lease?: string; readonly create_revision?: string; readonly value?: string };

/** Below etcd's default limit of operations in a transaction (`--max-txn-ops`). */
const operationsMax = 100;

/**
 * Keeps a lease through etcd's gateway. A daemon counts itself as the holder for `leaseMs` from the start of its last
 * successful renewal: it stops acting before the lease ends in etcd.
 * @see https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
 */
export function createLease(clock: Clock): Lease {
  let held: Held | null = null;
  let rule: PairRule | null = null;
  let beganMs = Number.NEGATIVE_INFINITY;
  let isBusy = false;
  const pending = new Map<string, string | null>();
  let shared: readonly string[] | null = null;

  /** Checks the fence in a transaction that writes pending rows. @returns false if this daemon is not the holder */
  async function verify(by: PairRule, mine: Fence): Promise<boolean> {
    const sent = [...pending].slice(0, operationsMax);
    const success = sent.map(([id, text]) => {
      const key = base64(`${by.key}/${id}`);
      return text === null ? { request_delete_range: { key } } : { request_put: { key, value: base64(text) } };
    });
    const answer = await call(by, '/v3/kv/txn', { compare: [compareOf(mine)], success, failure: [] });
    if (answer['succeeded'] !== true) return false;
    for (const [id, text] of sent) if (pending.get(id) === text) pending.delete(id);
    return true;
  }

  /** Reads all stored rows: the keys that begin with `key/`. The range ends before `key0`, because `0` follows `/`. */
  async function readShared(by: PairRule): Promise<readonly string[]> {
    const [key, range_end] = [base64(`${by.key}/`), base64(`${by.key}0`)];
    const { kvs } = (await call(by, '/v3/kv/range', { key, range_end })) as { readonly kvs?: readonly Kv[] };
    return (kvs ?? []).map(({ value = '' }) => Buffer.from(value, 'base64').toString());
  }

  async function renew(by: PairRule): Promise<void> {
    isBusy = true;
    beganMs = clock.monotonicMs();
    const startMs = beganMs;
    try {
      const lease = await leaseFor(by, held !== null && isSame(held.rule, by) ? held.lease : null);
      const key = base64(by.key);
      const taken = await call(by, '/v3/kv/txn', {
        compare: [{ key, target: 'CREATE', create_revision: '0' }],
        success: [{ request_put: { key, value: base64(lease), lease } }],
        failure: [{ request_range: { key } }],
      });
      const { header, succeeded, responses } = taken as {
        readonly header?: { readonly revision?: string };
        readonly succeeded?: boolean;
        readonly responses?: readonly { readonly response_range?: { readonly kvs?: readonly Kv[] } }[];
      };
      const kv = responses?.[0]?.response_range?.kvs?.[0];
      const number = succeeded === true ? header?.revision : kv?.lease === lease ? kv.create_revision : null;
      // A new holder reads the rows in force of the previous holder.
      if (number != null && number !== held?.number) shared = await readShared(by);
      held = { rule: by, lease, number: number ?? null, untilMs: startMs + by.leaseMs };
      const mine = fence();
      if (mine !== null && pending.size > 0) await verify(by, mine);
    } catch {
      // Without a successful renewal `held` expires.
    } finally {
      isBusy = false;
    }
  }

  function fence(): Fence | null {
    if (held === null || held.number === null || clock.monotonicMs() >= held.untilMs) return null;
    if (rule === null || !isSame(held.rule, rule)) return null;
    return { etcd: rule.etcd, key: rule.key, number: held.number };
  }

  return {
    lead(wanted) {
      rule = wanted ?? null;
      if (wanted === undefined) return 'alone';
      const nowMs = clock.monotonicMs();
      if (!isBusy && nowMs - beganMs >= wanted.leaseMs / 3) void renew(wanted);
      if (fence() !== null) return 'holder';
      return held !== null && isSame(held.rule, wanted) && nowMs < held.untilMs ? 'standby' : 'no_lease';
    },
    fence,
    async mayWrite() {
      if (rule === null) return true;
      const mine = fence();
      if (mine === null) return false;
      const isOurs = await verify(rule, mine).catch(() => false);
      // The lease may have expired while the response was awaited.
      return isOurs && fence()?.number === mine.number;
    },
    share: (id, text) => void pending.set(id, text),
    takeShared() {
      const taken = shared;
      shared = null;
      return taken;
    },
    async close() {
      if (held !== null) await call(held.rule, '/v3/lease/revoke', { ID: held.lease }).catch(() => null);
      held = null;
    },
  };
}

/** The comparison that makes etcd carry out a transaction only for the holder. */
export function compareOf({ key, number }: Fence) {
  return { key: base64(key), target: 'CREATE', create_revision: number };
}

async function leaseFor(rule: PairRule, known: string | null): Promise<string> {
  if (known !== null) {
    const { result } = (await call(rule, '/v3/lease/keepalive', { ID: known })) as {
      readonly result?: { TTL?: string };
    };
    if (Number(result?.TTL ?? 0) > 0) return known;
  }
  const { ID } = await call(rule, '/v3/lease/grant', { TTL: String(Math.ceil(rule.leaseMs / 1000)) });
  if (typeof ID !== 'string') throw new Error('no lease');
  return ID;
}

async function call(
  { etcd, leaseMs }: PairRule,
  path: string,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { 'content-type': 'application/json' };
  const limitMs = Math.round(leaseMs / 3);
  const answer = await exchange({
    url: `${etcd}${path}`,
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    limitMs,
  });
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return JSON.parse(answer.text) as Readonly<Record<string, unknown>>;
}

function isSame(a: PairRule, b: PairRule): boolean {
  return a.etcd === b.etcd && a.key === b.key;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
