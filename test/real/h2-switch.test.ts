import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type RealDaemon, startRealDaemon } from '../daemon/real-daemon.ts';
import { testCerts } from '../support/certs.ts';
import { goDownload } from '../support/go-client.ts';
import { type H2BrokenMirror, startH2BrokenMirror } from '../support/h2-broken-mirror.ts';
import { run } from '../support/process.ts';
import { real } from '../support/requires.ts';

// The only Go mirror breaks over HTTP/2 alone: the lines of the advice cure the real go, and its rollback takes them back.

interface AdviceSeen {
  readonly id: string;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly cause: string;
  readonly bypass: string | null;
  readonly remedy: Readonly<Record<string, string>>;
  readonly rollback: string;
}

real('a Go mirror whose HTTP/2 alone is broken, and no other', ['go'], () => {
  let isBroken = false;
  let mirror: H2BrokenMirror;
  let daemon: RealDaemon | null = null;
  beforeEach(async () => {
    isBroken = false;
    mirror = await startH2BrokenMirror(() => (isBroken ? 'reset' : null));
    daemon = await startRealDaemon(
      `
listen: 127.0.0.1:0
schedule: { every: 1s, timeout: 5s, perHost: 4 }
steps: { list: 5s, info: 5s }
mirrors:
  - { name: near, ecosystem: go, url: "${mirror.url}", tls: { ca: /t/ca.pem } }
clients: { go: "${mirror.url}" }
modules: { go: [ example.com/hello@v1.0.0 ] }
go: { sumdb: off }
state: { path: ":memory:" }
`,
      {},
      { '/t/ca.pem': testCerts().ca.certPem },
    );
  });
  afterEach(async () => {
    await daemon?.daemon.stop();
    daemon = null;
  });
  afterAll(() => mirror?.close());

  const get = async (path: string): Promise<{ status: number; text: string }> =>
    (await daemon?.get(`/api/v1/${path}`)) ?? { status: 0, text: '' };
  const proposed = async (): Promise<AdviceSeen | undefined> => {
    const { status, text } = await get('advice');
    const all = status === 200 ? (JSON.parse(text) as { readonly advice: readonly AdviceSeen[] }).advice : [];
    return all.find(({ state }) => state === 'proposed');
  };
  const download = (godebug: string | undefined, inShell: string) =>
    goDownload(['example.com/hello@v1.0.0'], {
      goproxy: mirror.url,
      inShell,
      ...(godebug === undefined ? {} : { godebug }),
    });
  /** What GODEBUG holds after these lines; `unset`: nothing, it is not there. */
  const held = async (godebug: string | undefined, lines: string): Promise<string> =>
    (
      await run('sh', ['-euc', `${lines}\nprintf %s "\${GODEBUG-unset}"`], { env: { GODEBUG: godebug }, cwd: '/' })
    ).stdout.trim();

  test('its lines work in a shell whose GODEBUG holds something, and its rollback undoes only them', async () => {
    await daemon?.until('up', async () => (await get('mirrors')).text.includes('"state":"up"'));
    isBroken = true;
    let advice: AdviceSeen | undefined;
    await daemon?.until('advice', async () => {
      advice = await proposed();
      return advice !== undefined;
    });
    expect(advice).toMatchObject({ from: 'near', to: 'near', cause: 'outage', bypass: 'GODEBUG=http2client=0' });
    const { remedy: { env = '' } = {}, rollback = '' } = advice ?? {};
    expect((await get('advice/go/remedy')).text).toBe(`${env}\n`);
    expect((await get('advice/go/remedy?as=json')).text).toBe('{"GODEBUG":"http2client=0"}\n');

    const gctrace = 'gctrace=0,madvdontneed=1';
    for (const before of [undefined, gctrace]) {
      expect((await download(before, '')).errors.join()).toContain('INTERNAL_ERROR; received from peer');
      expect((await download(before, env)).code).toBe(0);
      expect((await download(before, `${env}\n${env}`)).code).toBe(0);
      expect((await download(before, `${env}\n${env}\n${rollback}`)).errors.join()).toContain('INTERNAL_ERROR');
    }
    expect(await held(gctrace, env)).toBe(`${gctrace},http2client=0`);
    expect(await held(gctrace, `${env}\n${rollback}`)).toBe(gctrace);
    expect(await held(gctrace, rollback)).toBe(gctrace);
    expect(await held(undefined, `${env}\n${rollback}`)).toBe('');

    isBroken = false;
    await daemon?.until('withdrawn', async () => (await get('advice/go/remedy')).status === 204);
    expect(await proposed()).toBeUndefined();
  });

  test('once accepted, its opposite is advised when HTTP/2 works again', async () => {
    await daemon?.until('up', async () => (await get('mirrors')).text.includes('"state":"up"'));
    isBroken = true;
    let advice: AdviceSeen | undefined;
    await daemon?.until('advice', async () => {
      advice = await proposed();
      return advice !== undefined;
    });
    await fetch(new URL(`/api/v1/advice/${advice?.id}/accept`, daemon?.daemon.url), { method: 'POST' });
    expect((await get('advice/go/remedy')).text).toBe(`${advice?.remedy['env']}\n`);
    isBroken = false;
    let back: AdviceSeen | undefined;
    await daemon?.until('failback', async () => {
      back = await proposed();
      return back !== undefined;
    });
    expect(back).toMatchObject({ cause: 'failback', remedy: { env: advice?.rollback } });
  });
});
