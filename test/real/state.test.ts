import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import { stateDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import {
  type ReceivedPost,
  startWebhookReceiver,
  verifyPost,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts';
import { type DaemonProcess, mirrorwatch, startDaemon } from './daemon.ts';
import type { Advices, Findings } from './views.ts';

const secret = `whsec_${Buffer.from('a secret of these tests alone 32').toString('base64')}`;

type Hook = { readonly type: string; readonly data: { readonly seq: number; readonly subject: string } };

real('the state file', [], () => {
  const mirrors: FakeMirror[] = [];
  let receiver: WebhookReceiver;
  let dir: string;
  let daemon: DaemonProcess | null = null;

  beforeAll(async () => {
    dir = stateDir('state');
    for (let count = 0; count < 3; count += 1) mirrors.push(await startFakeMirror());
  });
  afterAll(async () => {
    for (const mirror of mirrors) await mirror.close();
  });
  beforeEach(async () => {
    receiver = await startWebhookReceiver();
    for (const mirror of mirrors) await mirror.revive();
  });
  afterEach(async () => {
    await daemon?.close();
    await receiver.close();
  });

  const yaml = (): string => `
vantage: state
schedule: { every: 500ms, timeout: 30s, perHost: 4 }
mirrors:
${mirrors.map(({ url }, at) => `  - { name: m${at}, ecosystem: go, url: "${url}", weight: ${100 - at} }`).join('\n')}
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: "off" }
webhooks: [ { name: ops, url: "${receiver.url}", secrets: [ "${secret}" ], on: [ outage, advice ], allow: [ 127.0.0.0/8 ] } ]
`;
  const idOf = (post: ReceivedPost | undefined): string => String(post?.headers['webhook-id']);
  /** Waits for posts of so many ids beyond the first `before` posts: one that is not answered in its time comes again. */
  const received = (count: number, before = 0): Promise<readonly ReceivedPost[]> =>
    until(
      `webhooks of ${count} ids`,
      () => receiver.posts.slice(before),
      (posts) => new Set(posts.map(idOf)).size >= count,
    );
  /** Mirror m0 has died and is known to be down; the advice to leave it is out. */
  const killFirst = async (): Promise<void> => {
    const [first] = mirrors;
    const one = daemon;
    if (first === undefined || one === null) throw new Error('nothing was started');
    await until(
      'measured well enough',
      one.metrics,
      (all) =>
        [0, 1].every(
          (at) =>
            (all.get(
              `mirror_probe_attempts_total{ecosystem="go",registry="m${at}",module="example.com/hello",version="v1.0.0",step="mod"}`,
            ) ?? 0) >= 6,
        ),
      { help: one.log },
    );
    await first.kill();
  };

  test('a second daemon on it, or on its port, ends with 1 and says why; the first goes on', async () => {
    daemon = await startDaemon({ dir, yaml: yaml() });
    const second = await mirrorwatch(['run', '--config', daemon.configFile], { cwd: dir });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('another process, probably a daemon, has locked the file');
    expect(second.stderr).toContain('state.db');
    const other = stateDir('other');
    const file = join(other, 'mirrorwatch.yaml');
    writeFileSync(file, `listen: 127.0.0.1:${daemon.port}\nstate: { path: state.db }\n${yaml()}`);
    const third = await mirrorwatch(['run', '--config', file], { cwd: other });
    expect(third.code).toBe(1);
    expect(third.stderr).toContain(`127.0.0.1:${daemon.port}`);
    expect(third.stderr).toContain('EADDRINUSE');
    expect((await daemon.get('/-/ready')).status).toBe(200);
    expect((await daemon.metrics()).get('mirrorwatch_state_writable')).toBe(1);
    expect(await daemon.stop()).toBe(0);
  });

  test('one that ended lets go of it; kill -9 while deliveries hang, again and again: the same webhooks come again under the same ids, none is lost, and none comes again once it is delivered', async () => {
    receiver.script({ kind: 'hang' });
    daemon = await startDaemon({ dir, yaml: yaml() });
    await killFirst();
    await received(2);
    const first = new Map(receiver.posts.map((post) => [idOf(post), post.body]));
    // The receiver saw them, the daemon never heard so: before an answer, while one is awaited, and just after starting.
    for (const waitMs of [0, 150, 700]) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await daemon.kill();
      await daemon.close();
      // The last one hears that they arrived.
      if (waitMs === 700) receiver.script({ kind: 'status', status: 204 });
      const before = receiver.posts.length;
      daemon = await startDaemon({ dir, yaml: yaml() });
      const again = await received(first.size, before);
      for (const post of again) expect([idOf(post), post.body]).toEqual([idOf(post), first.get(idOf(post))]);
      expect(new Set(again.map(idOf))).toEqual(new Set(first.keys()));
    }
    await until(
      'an empty outbox',
      daemon.metrics,
      (all) => all.get('mirrorwatch_webhook_queue_length{receiver="ops"}') === 0,
      { help: daemon.log },
    );
    await daemon.kill();
    await daemon.close();
    const delivered = receiver.posts.length;
    daemon = await startDaemon({ dir, yaml: yaml() });
    await until(
      'a sample after the restart',
      daemon.metrics,
      (all) =>
        (all.get(
          'mirror_probe_attempts_total{ecosystem="go",registry="m1",module="example.com/hello",version="v1.0.0",step="mod"}',
        ) ?? 0) >= 4,
    );
    expect(receiver.posts.slice(delivered)).toEqual([]);
    // Each is one message: a receiver that keeps ids has each once, in the order of its subject.
    const hooks = new Map(receiver.posts.map((post) => [idOf(post), verifyPost(post, secret) as Hook]));
    expect([...hooks.values()].map(({ type, data }) => [type, data.subject]).sort()).toEqual([
      ['mirror.advice', 'advice/go/go'],
      ['mirror.outage', 'outage/m0'],
    ]);
    // What was found before the first kill is still known, once.
    const { findings } = await daemon.api<Findings>('findings?state=all');
    const { advice } = await daemon.api<Advices>('advice?state=all');
    const ofMirrors = findings.filter(({ kind }) => kind !== 'self');
    expect(ofMirrors.map(({ kind, registry }) => [kind, registry])).toEqual([['outage', 'm0']]);
    expect(advice.map(({ state, from, to }) => [state, from, to])).toEqual([['proposed', 'm0', 'm1']]);
    expect(await daemon.stop()).toBe(0);
  });

  test.each([
    ['that is no state file', 'notes.txt', 'the file is not a mirrorwatch state file'],
    [
      'where there can be no folder',
      '/proc/mirrorwatch-none/y.db',
      'the folder of the file cannot be created (ENOENT)',
    ],
  ])('a path %s is a mistake: said, exit 2, and nothing is touched', async (_, path, why) => {
    const own = tempDir('state-path');
    const file = join(own, 'mirrorwatch.yaml');
    writeFileSync(join(own, 'notes.txt'), 'not ours\n');
    writeFileSync(
      file,
      `mirrors: [ { name: a, ecosystem: go, url: "${mirrors[0]?.url}" } ]\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }\nstate: { path: ${path} }\n`,
    );
    const { code, stderr } = await mirrorwatch(['run', '--config', file]);
    expect([code, stderr.includes(why)]).toEqual([2, true]);
    expect([readFileSync(join(own, 'notes.txt'), 'utf8'), readdirSync(own).length]).toEqual(['not ours\n', 2]);
  });
});
