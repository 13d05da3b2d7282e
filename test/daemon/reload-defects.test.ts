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
