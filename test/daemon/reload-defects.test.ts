import { afterEach, expect, it } from 'vitest';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

afterEach(stopWorlds);

async function metric(world: World, series: string): Promise<string | undefined> {
  const { text } = await world.get('/metrics');
  return text.split('\n').find((line) => line.startsWith(`${series} `));
}

it('a defect in a reload is logged and shown, and the daemon goes on', async () => {
  const world = await startWorld({
    yaml: threeMirrors({ every: '5s' }),
    script: well,
    ports: (ports) => ({
      ...ports,
      calendar: {
        nextAfter() {
          throw new Error('no calendar here');
        },
      },
    }),
  });
  await world.seconds(30);
  const usual = world.yaml;
  world.yaml = usual.replace(/schedule: \{ every: 5s/, 'schedule: { cron: "* * * * *"');
  const refused = expect(world.daemon.reload()).rejects.toThrow('no calendar here');
  await world.seconds(1);
  await refused;
  expect(world.log.filter(({ message }) => message === 'defect in a reload')).toHaveLength(1);
  expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toMatch(/ 0$/);
  world.yaml = usual;
  const reload = world.daemon.reload();
  await world.seconds(1);
  expect((await reload).tag).toBe('reloaded');
  expect(await metric(world, 'mirrorwatch_config_last_reload_successful')).toMatch(/ 1$/);
});

/** The page's notice of a configuration that was rejected, without markup; `null`: there is none. */
async function notice(world: World, language = 'en'): Promise<string | null> {
  const { text } = await world.get('/', { 'accept-language': language });
  const banners = [...text.matchAll(/<aside class="banner us">(.*?)<\/aside>/g)].map(([, words = '']) => words);
  const found = banners.find((one) => /The new configuration was rejected|新配置被拒绝/.test(one));
  return found?.replaceAll(/<[^>]*>/g, '').replaceAll('&quot;', '"') ?? null;
}

async function reload(world: World, yaml: string): Promise<void> {
  world.yaml = yaml;
  const reloaded = world.daemon.reload();
  await world.seconds(1);
  await reloaded;
}

it('the page shows a rejected configuration with its first mistake and since when, until a reload succeeds', async () => {
  const world = await startWorld({ yaml: threeMirrors(), script: well });
  await world.seconds(20);
  const usual = world.yaml;
  const line = usual.split('\n').findIndex((one) => one.startsWith('schedule:')) + 1;
  expect(await notice(world)).toBeNull();
  await reload(world, usual.replace('schedule: {', 'schedule: { evry: 5s,'));
  await world.seconds(120);
  const since = 'Reloads have failed since 2026-01-01 00:00 UTC (for 2 min): ';
  const kept = `The new configuration was rejected. The old configuration stays in force. ${since}`;
  expect(await notice(world)).toBe(
    `${kept}built-in configuration:${line}:13 schedule.evry: saw "evry", expected one of the keys every, cron, timeZone, spread, timeout, perHost, bytesPerHour; did you mean "every"?`,
  );
  expect(await notice(world, 'zh')).toContain('仍使用原来的配置。自 2026-01-01 00:00 UTC 起');
  await reload(world, usual.replace(/^state: .*$/m, 'state: { path: /elsewhere/state.db }'));
  expect(await notice(world)).toBe(`${kept}changes of these keys need a restart of the daemon: state.path`);
  await reload(world, usual);
  expect(await notice(world)).toBeNull();
});
