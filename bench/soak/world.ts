import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeTempDir, tempDir } from '../../test/support/paths.ts';
import { until } from '../../test/support/patience.ts';
import { freePort } from '../../test/support/ports.ts';
import { openClock } from './clock.ts';
import { everyMsOf, type Ground, isTaken, yamlOf } from './config.ts';
import { openDisk } from './disk.ts';
import { makeGuest } from './guest.ts';
import { startMirrors } from './mirrors.ts';
import { startReceivers } from './receivers.ts';
import type { Cast, Happening, Variant } from './script.ts';
import { createActionsWatch } from './watch/actions.ts';
import type { Verdicts } from './watch/verdicts.ts';
import { troubleIn } from './watch/words.ts';
import { createWatcher, type Watcher } from './watcher.ts';

/** Everything around one daemon, and the daemon. */
export interface World {
  readonly cast: Cast;
  readonly watcher: Watcher;
  /** What this machine cannot play, in words. */
  readonly leftOut: readonly string[];
  readonly start: () => Promise<void>;
  readonly happen: (what: Happening) => Promise<void>;
  /** Whether what the state knows may differ from what was told: its disk fails, or has and it did not say since that it is well. */
  readonly isTainted: () => boolean;
  /** The daemon has ended by itself. */
  readonly hasDied: () => boolean;
  /** One look; all that is to be seen at any time. */
  readonly look: () => ReturnType<Watcher['look']>;
  readonly sockets: () => number;
  readonly lives: () => number;
  /** SIGTERM, for good. */
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const receiverNames = ['ops', 'desk'] as const;
const lastWordsMs = 100;

/** Builds it; the daemon is not started yet. */
export async function openWorld(verdicts: Verdicts): Promise<World> {
  const closers: (() => Promise<void> | void)[] = [];
  const dir = tempDir('soak-config');
  closers.push(() => removeTempDir(dir));
  const disk = openDisk();
  closers.push(disk.close);
  const clock = openClock(dir);
  const mirrors = await startMirrors();
  closers.push(mirrors.close);
  const receivers = await startReceivers(receiverNames);
  closers.push(receivers.close);
  const ground: Ground = {
    port: await freePort(),
    mirrors,
    receivers: receivers.all.map(({ name, receiver }) => ({ name, url: receiver.url })),
    statePath: join(disk.dir, 'state.db'),
    actionsDir: dir,
  };
  const configFile = join(dir, 'mirrorwatch.yaml');
  let variant: Variant = 'as at first';
  /** What the daemon said of its reloads, in order. */
  const reloads: string[] = [];
  let isDiskWell = true;
  let isTainted = false;
  const write = (one: Variant): void => writeFileSync(configFile, yamlOf(one, ground));
  write(variant);
  const actions = createActionsWatch(dir, [...mirrors.all.map(({ url }) => url), 'direct', 'off']);
  const guest = makeGuest({
    port: ground.port,
    configFile,
    env: clock.env,
    wrote(line) {
      const trouble = troubleIn(line);
      if (trouble !== null) verdicts.broken('its log holds no trouble of its own', [`${trouble}: ${line}`]);
      if (/"msg":"(configuration reloaded|reload refused)/.test(line)) reloads.push(line);
    },
  });
  closers.push(guest.close);
  const watcher = createWatcher(guest, receivers, verdicts, (step) => everyMsOf(variant, step));

  async function look(): ReturnType<Watcher['look']> {
    const wasWell = isDiskWell;
    const page = await watcher.look();
    verdicts.broken('actions leave whole files, and act once for each attempt', actions.look());
    if (wasWell && isDiskWell && page?.series.get('mirrorwatch_state_writable') === 1) isTainted = false;
    return page;
  }

  async function restart({ signal, downMs, readOnly }: Extract<Happening, { kind: 'restart' }>): Promise<void> {
    const code = await guest.end(signal);
    if (signal === 'SIGTERM' && code !== 0) verdicts.broken('SIGTERM ends it with 0', [`it ended with ${code}`]);
    const isLost = isTainted;
    if (readOnly && disk.canFail) {
      disk.freeze();
      isDiskWell = false;
      isTainted = true;
    }
    // What it sent last is read first.
    await sleep(Math.max(lastWordsMs, downMs));
    if (isLost) watcher.forget();
    await guest.start();
    watcher.restart();
  }

  /** Asks for a reload; by POST until there is an answer, as a busy machine may cut a connection as too slow. @returns what the log says of it */
  async function asked(by: 'signal' | 'post'): Promise<string> {
    const before = reloads.length;
    if (by === 'signal') guest.reload();
    else {
      const post = () => fetch(`${guest.url}/-/reload`, { method: 'POST' }).catch(() => null);
      await until('an answer to the reload', post, (answer) => answer !== null || guest.hasDied());
    }
    await until('word of the reload', () => reloads.length > before || guest.hasDied(), Boolean, { everyMs: 20 });
    return reloads[before] ?? '';
  }

  async function reload(next: Variant, by: 'signal' | 'post'): Promise<void> {
    write(next);
    let word = await asked(by);
    // A file that takes five seconds to read is refused, on a busy machine too.
    while (isTaken(next) && word.includes('ETIMEDOUT')) word = await asked(by);
    const taken = word.includes('configuration reloaded');
    if (taken !== isTaken(next)) verdicts.broken('a reload is taken or refused', [`${next}: ${word}`]);
    if (taken) variant = next;
    // Whoever is killed next starts with what is in the file.
    else write(variant);
    watcher.restart();
    // A page may be from just before: it is asked for until it has heard.
    const says = async () => (await look())?.series.get('mirrorwatch_config_last_reload_successful');
    const isRight = (said: number | undefined): boolean => said === (taken ? 1 : 0) || guest.hasDied();
    await until(`the page to say that the reload was ${taken ? 'taken' : 'refused'}`, says, isRight);
  }

  async function happen(what: Happening): Promise<void> {
    switch (what.kind) {
      case 'mirror':
        return mirrors.setFault(what.mirror, what.fault, what.times);
      case 'slow':
        return mirrors.setDelay(what.mirror, what.ms);
      case 'line':
        return mirrors.setLine(what.trouble);
      case 'receiver':
        return receivers.set(what.receiver, what.trouble);
      case 'disk':
        if (!disk.canFail) return;
        if (what.trouble === 'full') {
          isTainted = true;
          isDiskWell = false;
          return disk.fill();
        }
        disk.heal();
        isDiskWell = true;
        return;
      case 'clock':
        return clock.set(what.offsetSeconds);
      case 'reload':
        return reload(what.variant, what.by);
      case 'restart':
        return restart(what);
      default:
        what satisfies never;
    }
  }

  const [firstMirror = '', ...otherMirrors] = mirrors.all.map(({ name }) => name);
  return {
    cast: { mirrors: [firstMirror, ...otherMirrors], receivers: receiverNames },
    watcher,
    leftOut: [
      ...(disk.canFail ? [] : ['troubles of the disk (needs root and mounts)']),
      ...(clock.canJump ? [] : ['jumps of the clock (needs libfaketime: apt install faketime)']),
    ],
    start: guest.start,
    happen,
    isTainted: () => isTainted,
    hasDied: guest.hasDied,
    look,
    sockets: () => guest.holdings().sockets,
    lives: guest.life,
    async stop() {
      const code = await guest.end('SIGTERM');
      if (code !== 0) verdicts.broken('SIGTERM ends it with 0', [`it ended with ${code}`]);
    },
    async close() {
      for (const closer of closers.reverse()) await closer();
    },
  };
}
