import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../progress.ts';
import { type SoakEvent, scriptOf } from './script.ts';
import type { Page } from './watch/exposition.ts';
import type { Verdicts } from './watch/verdicts.ts';
import type { World } from './world.ts';

const lookEveryMs = 1_000;
/** How long what must come right is waited for: longer than the longest back-off, which grows with the trouble. */
const calmMsOf = (seconds: number): number => Math.min(20 * 60_000, Math.max(5 * 60_000, seconds * 2_000));
/** In calm: the listener, our own readers, and what is under way at its usual pace. */
const calmSocketsMax = 40;

/**
 * Plays the script of a seed against the world while looking at it, waits until all has come right, and looks once more
 * over a last kill.
 * @param nowSeconds  since the soak began, of the clock that the script goes by
 */
export async function play(
  world: World,
  verdicts: Verdicts,
  options: { readonly seed: number; readonly seconds: number; readonly nowSeconds: () => number },
  progress: Progress,
): Promise<readonly SoakEvent[]> {
  const script = scriptOf(options.seed, options.seconds, world.cast);
  await world.start();
  const watching = watchOn(world, verdicts);
  for (const event of script) {
    const waitMs = (event.atSeconds - options.nowSeconds()) * 1_000;
    if (waitMs > 0) await sleep(waitMs);
    if (world.hasDied()) break;
    verdicts.note(event.what);
    progress.say(JSON.stringify(event.what));
    await world.happen(event.what);
  }
  if (!world.hasDied()) await calm(world, verdicts, calmMsOf(options.seconds), progress);
  watching.end();
  await watching.done;
  return script;
}

/** Looks once a second until told to end, or there is nobody left to look at. */
function watchOn(world: World, verdicts: Verdicts): { readonly end: () => void; readonly done: Promise<void> } {
  let isOver = false;
  const done = (async () => {
    while (!isOver) {
      if (world.hasDied()) return verdicts.broken('it ends only when told to', ['its process is gone']);
      await world.look();
      await sleep(lookEveryMs);
    }
  })();
  return {
    end: () => {
      isOver = true;
    },
    done,
  };
}

/** All is well around it: now every notice must arrive, every mirror answer, and what was held be let go. */
async function calm(world: World, verdicts: Verdicts, calmMs: number, progress: Progress): Promise<void> {
  const healedAtMs = Date.now();
  const waits: readonly (readonly [string, (page: Page) => boolean])[] = [
    ['the state is written again', () => !world.isTainted()],
    ['every mirror answers again', (page) => canariesSince(page, healedAtMs)],
    ['every notice is delivered', (page) => queued(page) === 0 && world.watcher.lost().length === 0],
    ['sockets are let go', () => world.sockets() <= calmSocketsMax],
  ];
  for (const [what, isSo] of waits) {
    verdicts.note({ waitingFor: what });
    progress.say(`waiting until ${what}`);
    if (await comesTrue(world, isSo, calmMs)) continue;
    const page = await world.look();
    const lines = [...(page?.series ?? [])].filter(([key]) => /^(mirrorwatch_webhook_|mirrorwatch_state_)/.test(key));
    verdicts.broken(`in the end ${what}`, [
      [...world.watcher.lost(), `${world.sockets()} sockets`, ...lines].join('\n'),
    ]);
  }
  verdicts.note({ last: 'a kill in calm' });
  await world.happen({ kind: 'restart', signal: 'SIGKILL', downMs: 0, readOnly: false });
  // Two looks at what it knows: each third one does.
  for (let look = 0; look < 6; look += 1) await world.look();
  await world.stop();
}

async function comesTrue(world: World, isSo: (page: Page) => boolean, withinMs: number): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  while (performance.now() < untilMs && !world.hasDied()) {
    const page = await world.look();
    if (page !== null && isSo(page)) return true;
    await sleep(lookEveryMs);
  }
  return false;
}

/** Whether each mirror's first light step was answered since then. */
function canariesSince({ series }: Page, sinceMs: number): boolean {
  const canary = /^mirror_probe_last_success_timestamp_seconds\{.*step="(?:mod|metadata|index|digest|get)"/;
  const times = [...series].filter(([key]) => canary.test(key)).map(([, value]) => value);
  return times.length > 0 && times.every((seconds) => seconds * 1_000 > sinceMs);
}

function queued({ series }: Page): number {
  return [...series]
    .filter(([key]) => key.startsWith('mirrorwatch_webhook_queue_length'))
    .reduce((sum, [, value]) => sum + value, 0);
}
