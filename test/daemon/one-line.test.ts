import { afterEach, expect, test } from 'vitest';
import { run } from '../unit/cli/run-program.ts';
import { refuses } from './scripted-wire.ts';
import { but, threeMirrors } from './three-mirrors.ts';
import { adviceOf } from './told.ts';
import { settled, startWorld, stopWorlds, type World } from './world.ts';

// Mirror `a` is down for three minutes. Page, API, metrics and command state the same line in each minute.

afterEach(stopWorlds);

interface Stated {
  /** The phase and the line for new clients, by the API. */
  readonly api: string;
  /** `set`: new clients get the line of the advice; `none`: they get none. */
  readonly remedy: string;
  readonly exported: string;
  /** What a client gets that follows the advice. */
  readonly moved: string;
  readonly page: string;
  readonly metric: string;
}

async function statedBy(world: World): Promise<Stated> {
  const [advice] = (await adviceOf(world)) as unknown as readonly {
    readonly id: string;
    readonly state: string;
    readonly phase: string;
    readonly newClients: string;
  }[];
  const page = (await world.get('/', { accept: 'text/html' })).text;
  const path = '/api/v1/advice/go/remedy';
  const word = ({ status }: { readonly status: number }): string => (status === 200 ? 'set' : 'none');
  const exported = await settled(world.time, run(['advice', '--export', '--url', world.daemon.url]), 1);
  const metrics = (await world.get('/metrics')).text;
  const { verdicts } = JSON.parse((await world.get('/api/v1/verdicts')).text);
  const record = verdicts[0].advice[0];
  expect(record?.phase).toBe(advice?.phase);
  return {
    api: advice === undefined ? 'none' : `${advice.phase} ${advice.newClients}`,
    remedy: word(await world.get(path)),
    exported: exported.out === '' ? 'none' : 'set',
    moved: word(await world.get(path, advice === undefined ? {} : { 'x-advice-id': advice.id })),
    page: /data-copy/.test(page) ? 'set' : 'none',
    metric: /^mirror_advice_active\{/m.test(metrics) ? 'active' : 'none',
  };
}

test('an outage that ends: each surface states one line for new clients, in each minute', async () => {
  const yaml = threeMirrors({ more: 'advise: { hold: 45m }' });
  const world = await startWorld({ yaml, script: but(refuses, 'a', 120, 300) });
  await world.seconds(160);
  const seen = new Set<string>();
  for (let minute = 0; minute < 70; minute += 1) {
    const { api, remedy, exported, moved, page, metric } = await statedBy(world);
    seen.add(api);
    const line = api.endsWith('advised') ? 'set' : 'none';
    expect([minute, api, remedy, exported, page]).toEqual([minute, api, line, line, line]);
    expect([minute, moved]).toEqual([minute, api === 'none' ? 'none' : 'set']);
    expect([minute, metric]).toEqual([minute, api.startsWith('active') ? 'active' : 'none']);
    await world.seconds(60);
  }
  expect([...seen]).toEqual(['active advised', 'over advised', 'over usual', 'none']);
});
