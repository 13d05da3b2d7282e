import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Lease } from '../../../../src/features/actions/lease.ts';
import { type ManualTime, manualTime } from '../../../daemon/manual-time.ts';
import { until } from '../../../support/patience.ts';
import { listenAnywhere } from '../../../support/ports.ts';

// One of two daemons acts. etcd is a small one of our own on a clock that stands still; test/real has the real one.

const leaseMs = 15_000;
let time: ManualTime;
let server: Server;
let etcd = '';
/** What it has: leases by their end, and the one key. */
let leases: Map<string, number>;
let held: { lease: string; revision: number } | null;
let isDown = false;
let asked = 0;

beforeEach(async () => {
  time = manualTime();
  leases = new Map();
  held = null;
  isDown = false;
  asked = 0;
  let revision = 100;
  const answerTo: Readonly<Record<string, (body: Body) => object>> = {
    '/v3/lease/grant'({ TTL = '0' }) {
      const ID = String(7_000 + leases.size);
      leases.set(ID, time.nowMs() + Number(TTL) * 1_000);
      return { ID, TTL };
    },
    '/v3/lease/keepalive'({ ID = '' }) {
      if (!leases.has(ID)) return { result: { ID } };
      leases.set(ID, time.nowMs() + leaseMs);
      return { result: { ID, TTL: '15' } };
    },
    '/v3/lease/revoke'({ ID = '' }) {
      leases.delete(ID);
      return {};
    },
    '/v3/kv/txn'({ compare = [], success = [] }) {
      const made = held === null ? '0' : String(held.revision);
      const succeeded = compare.every(({ create_revision }) => create_revision === made);
      const put = success[0]?.request_put;
      if (succeeded && put !== undefined) held = { lease: put.lease, revision: ++revision };
      const kvs = held === null ? [] : [{ lease: held.lease, create_revision: String(held.revision) }];
      return { header: { revision: String(revision) }, succeeded, responses: [{ response_range: { kvs } }] };
    },
  };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => {
      text += piece;
    });
    request.on('end', () => {
      asked += 1;
      for (const [id, endMs] of leases) if (endMs <= time.nowMs()) leases.delete(id);
      if (held !== null && !leases.has(held.lease)) held = null;
      const answer = answerTo[request.url ?? '']?.(JSON.parse(text) as Body) ?? {};
      response.writeHead(isDown ? 503 : 200).end(JSON.stringify(answer));
    });
  });
  etcd = `http://127.0.0.1:${await listenAnywhere(server)}`;
});
afterEach(() => void server.close());

interface Body {
  readonly ID?: string;
  readonly TTL?: string;
  readonly compare?: readonly { readonly create_revision: string }[];
  readonly success?: readonly { readonly request_put?: { readonly lease: string } }[];
}

const rule = () => ({ etcd, key: '/mirrorwatch/fra/lease', leaseMs });
/** Asks again until the response of now has come: time stands still meanwhile. */
const leadOf = (lease: Lease, wanted: string) =>
  until(
    wanted,
    () => lease.lead(rule()),
    (lead) => lead === wanted,
    { everyMs: 2 },
  );
/** A renewal, which is two requests, has come to etcd. */
async function renewed(lease: Lease): Promise<void> {
  const before = asked;
  await until(
    'a renewal',
    () => {
      lease.lead(rule());
      return asked;
    },
    (so) => so >= before + 2,
    { everyMs: 2 },
  );
}

describe('the lease of a pair', () => {
  it('is held by one, whose number rises with each holder', async () => {
    const [first, second] = [new Lease(time.clock), new Lease(time.clock)];
    expect(first.lead(rule())).toBe('no_lease');
    await leadOf(first, 'holder');
    await leadOf(second, 'standby');
    expect([await first.mayWrite(), await second.mayWrite()]).toEqual([true, false]);
    expect([first.fence()?.number, second.fence()]).toEqual(['101', null]);
    await first.close();
    await time.pass(leaseMs / 3);
    await leadOf(second, 'holder');
    expect(second.fence()?.number).toBe('102');
  });

  it('is kept by asking again each third of it', async () => {
    const lease = new Lease(time.clock);
    await leadOf(lease, 'holder');
    for (let at = 0; at < 12; at += 1) {
      await time.pass(leaseMs / 3);
      expect(lease.lead(rule())).toBe('holder');
      await renewed(lease);
      await leadOf(lease, 'holder');
    }
    expect(lease.fence()?.number).toBe('101');
  });

  it('passes on within 30 s where the holder is gone, with the longest lease that may be set', async () => {
    const [first, second] = [new Lease(time.clock), new Lease(time.clock)];
    await leadOf(first, 'holder');
    await leadOf(second, 'standby');
    const startMs = time.nowMs();
    const [gone] = [...leases.keys()];
    while (held?.lease === gone) {
      await time.pass(leaseMs / 3);
      await renewed(second);
    }
    await leadOf(second, 'holder');
    // 20 s may be set: times 20/15. A renewal is begun in the next turn of the loop, after a second at most.
    expect(((time.nowMs() - startMs) * 20) / 15 + 1_000).toBeLessThan(30_000);
  });

  it('of a process that was paused is over when it wakes, before etcd is asked', async () => {
    const lease = new Lease(time.clock);
    await leadOf(lease, 'holder');
    await time.leap(leaseMs);
    const before = asked;
    expect([lease.fence(), await lease.mayWrite(), asked]).toEqual([null, false, before]);
    expect(lease.lead(rule())).toBe('no_lease');
  });

  it('is not held by a process that was paused between the check and its response', async () => {
    const lease = new Lease(time.clock);
    await leadOf(lease, 'holder');
    const checking = lease.mayWrite();
    await time.leap(leaseMs);
    expect(await checking).toBe(false);
  });

  it('without a response of etcd neither acts once the lease is over, and no response is no permission', async () => {
    const lease = new Lease(time.clock);
    await leadOf(lease, 'holder');
    isDown = true;
    expect(await lease.mayWrite()).toBe(false);
    await time.pass(leaseMs);
    expect(lease.lead(rule())).toBe('no_lease');
    expect(new Lease(time.clock).lead(rule())).toBe('no_lease');
  });

  it('is nothing to a daemon that is no pair', async () => {
    const lease = new Lease(time.clock);
    expect([lease.lead(undefined), await lease.mayWrite(), lease.fence(), asked]).toEqual(['alone', true, null, 0]);
  });
});
