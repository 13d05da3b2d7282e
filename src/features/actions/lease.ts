import type { Lead, PairRule } from '../../core/action.ts';
import type { Clock } from '../../core/ports.ts';
import { exchangeOnce } from '../../io/exchange.ts';

/** The key in etcd that belongs to the lease holder. A write with a check of `number` succeeds only for this holder. */
export interface Fence {
  readonly etcd: string;
  readonly key: string;
  /** The revision in which etcd created the key. Each new holder gets a higher number. */
  readonly number: string;
}

/**
 * The result of the last successful renewal. Revisions and lease ids have 64 bits, so etcd's gateway sends them as
 * text.
 */
interface Held {
  readonly rule: PairRule;
  readonly lease: string;
  /** The revision of this daemon's key; `null`: another daemon holds the lease. */
  readonly number: string | null;
  /** The time when this state expires, monotonic milliseconds. */
  readonly untilMs: number;
}

type Kv = { readonly lease?: string; readonly create_revision?: string; readonly value?: string };

/** The maximum number of operations in a transaction. It is below etcd's default limit (`--max-txn-ops`). */
const operationsMax = 100;

/**
 * A lease in etcd, kept through its HTTP gateway. Two daemons of one place share it, and only its holder carries out
 * actions. A daemon regards itself as the holder for `leaseMs` from the start of its
 * last successful renewal. So it stops acting before the lease ends in etcd.
 * @see https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
 */
export class Lease {
  readonly #clock: Clock;
  #held: Held | null = null;
  #rule: PairRule | null = null;
  #beganMs = Number.NEGATIVE_INFINITY;
  #isBusy = false;
  readonly #pending = new Map<string, string | null>();
  #shared: readonly string[] | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lead(wanted: PairRule | undefined): Lead {
    this.#rule = wanted ?? null;
    if (wanted === undefined) return 'alone';
    const nowMs = this.#clock.monotonicMs();
    if (!this.#isBusy && nowMs - this.#beganMs >= wanted.leaseMs / 3) void this.#renew(wanted);
    if (this.fence() !== null) return 'holder';
    const held = this.#held;
    return held !== null && isSame(held.rule, wanted) && nowMs < held.untilMs ? 'standby' : 'no_lease';
  }

  /**
   * The fence (it identifies this holder of the lease) from etcd's last response. `null`: this daemon does not hold the
   * lease, or there is no pair of daemons.
   */
  fence(): Fence | null {
    const [held, rule] = [this.#held, this.#rule];
    if (held === null || held.number === null || this.#clock.monotonicMs() >= held.untilMs) return null;
    if (rule === null || !isSame(held.rule, rule)) return null;
    return { etcd: rule.etcd, key: rule.key, number: held.number };
  }

  /** Checks with etcd whether this daemon may write now. Without a pair of daemons, it always may. */
  async mayWrite(): Promise<boolean> {
    if (this.#rule === null) return true;
    const mine = this.fence();
    if (mine === null) return false;
    const isOurs = await this.#verify(this.#rule, mine).catch(() => false);
    // The lease may have expired while the response was awaited.
    return isOurs && this.fence()?.number === mine.number;
  }

  /** Queues a row of the action journal to be stored in etcd under its id. `null` removes the stored row. */
  share(id: string, text: string | null): void {
    this.#pending.set(id, text);
  }

  /** Returns the rows that the previous holder stored: once after each takeover, otherwise `null`. */
  takeShared(): readonly string[] | null {
    const taken = this.#shared;
    this.#shared = null;
    return taken;
  }

  /** Revokes the lease, so that the other daemon can take over at once. */
  async close(): Promise<void> {
    if (this.#held !== null)
      await call(this.#held.rule, '/v3/lease/revoke', { ID: this.#held.lease }).catch(() => null);
    this.#held = null;
  }

  /** Checks the fence and writes queued rows, in one transaction. @returns false if this daemon is not the holder */
  async #verify(by: PairRule, mine: Fence): Promise<boolean> {
    const pending = this.#pending;
    const sent = [...pending].slice(0, operationsMax);
    const success = sent.map(([id, text]) => {
      const key = base64(`${by.key}/${id}`);
      return text === null ? { request_delete_range: { key } } : { request_put: { key, value: base64(text) } };
    });
    const response = await call(by, '/v3/kv/txn', { compare: [compareOf(mine)], success, failure: [] });
    if (response['succeeded'] !== true) return false;
    for (const [id, text] of sent) if (pending.get(id) === text) pending.delete(id);
    return true;
  }

  async #renew(by: PairRule): Promise<void> {
    this.#isBusy = true;
    this.#beganMs = this.#clock.monotonicMs();
    const startMs = this.#beganMs;
    try {
      const before = this.#held;
      const lease = await leaseFor(by, before !== null && isSame(before.rule, by) ? before.lease : null);
      const number = await claim(by, lease);
      // After a takeover, the rows of the previous holder are read, because this daemon must be able to undo their
      // changes.
      if (number !== null && number !== this.#held?.number) this.#shared = await readShared(by);
      this.#held = { rule: by, lease, number, untilMs: startMs + by.leaseMs };
      const mine = this.fence();
      if (mine !== null && this.#pending.size > 0) await this.#verify(by, mine);
    } catch {
      // If no renewal succeeds, `#held` expires at `untilMs`.
    } finally {
      this.#isBusy = false;
    }
  }
}

/**
 * Creates the key of the pair of daemons, if no daemon holds it.
 * @returns the revision of this daemon's key; `null`: the other daemon holds the key
 */
async function claim(by: PairRule, lease: string): Promise<string | null> {
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
  return (succeeded === true ? header?.revision : kv?.lease === lease ? kv.create_revision : null) ?? null;
}

/**
 * Reads all stored rows: the keys that begin with `key/`. The range ends before `key0`, because `0` follows `/` in
 * ASCII.
 */
async function readShared(by: PairRule): Promise<readonly string[]> {
  const [key, range_end] = [base64(`${by.key}/`), base64(`${by.key}0`)];
  const { kvs } = (await call(by, '/v3/kv/range', { key, range_end })) as { readonly kvs?: readonly Kv[] };
  return (kvs ?? []).map(({ value = '' }) => Buffer.from(value, 'base64').toString());
}

/** The condition of a transaction: etcd carries it out only if the key is still the one that this holder created. */
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
  const response = await exchangeOnce({
    url: `${etcd}${path}`,
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    limitMs,
  });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return JSON.parse(response.text) as Readonly<Record<string, unknown>>;
}

function isSame(a: PairRule, b: PairRule): boolean {
  return a.etcd === b.etcd && a.key === b.key;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
