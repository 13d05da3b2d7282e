import type { AdviceChange } from '../../../src/core/advice.ts';
import type { Due } from '../../../src/core/due.ts';
import type { Now } from '../../../src/core/ports.ts';
import type { Absorb } from '../../../src/daemon/news.ts';
import { seededRandom } from '../../../src/io/random.ts';
import type { Sendable } from '../../../src/notify/notifier.ts';
import { createHeap } from '../../../src/schedule/heap.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import type { Played, Player, World, WorldEvent, WorldSetup } from '../world.ts';
import { configOf, declaredBy } from './config.ts';
import { createLoop, type Input, type Loop, turnGapMs } from './loop.ts';
import { createMoves, type Following } from './moves.ts';
import { controlOf, epochMs, sampleOf } from './sample.ts';
import { assemble, createKept, type Stages } from './stages.ts';

const acceptAfterMs = 60_000;
const deliveryMs = 20;

/** Today's judge; clients ask for the remedy before each build and follow it without a word. */
export const daemonPlayer: Player = { name: 'daemon', play: (world) => playDaemon(world, 'remedy') };

/** Today's judge; somebody accepts each proposed advice a minute after it came, and clients use what was accepted. */
export const daemonAcceptedPlayer: Player = {
  name: 'daemon, accepted',
  play: (world) => playDaemon(world, 'accepted'),
};

/** One life of the process. */
interface Life {
  readonly stages: Stages;
  readonly loop: Loop;
  inbox: Input[];
}

/** Plays a world with the real stages on virtual time: turns come when those of `src/daemon/pipeline.ts` would. */
export function playDaemon(world: World, following: Following): Played {
  const random = seededRandom(world.seed);
  const kept = createKept();
  const moves = createMoves(following);
  const notices: { atMs: number; what: string }[] = [];
  const probes = { scheduled: 0, extra: 0 };
  const stalls = world.events.filter((event) => event.kind === 'stall');
  const ahead = createHeap<() => void>();
  let setup = world.setup;
  let addresses = addressesOf(setup);
  let nowMs = 0;
  let wallShiftMs = 0;
  let turnAtMs = Number.POSITIVE_INFINITY;
  let life: Life | null = null;

  const now = (): Now => ({ wallMs: epochMs + nowMs + wallShiftMs, monotonicMs: nowMs });
  /** A stalled process turns when it goes on. */
  const wakeAt = (atMs: number): void => {
    turnAtMs = Math.ceil(atMs);
    for (const { atMs: fromMs, forMs } of stalls)
      if (turnAtMs >= fromMs && turnAtMs < fromMs + forMs) turnAtMs = Math.ceil(fromMs + forMs);
  };
  const take = (to: Life, input: Input): void => {
    if (to !== life) return;
    life.inbox.push(input);
    if (life.inbox.length === 1) wakeAt(nowMs + turnGapMs);
  };
  const command = (run: (s: Stages, at: Now, absorb: Absorb) => void): void => {
    const to = life;
    if (to !== null) take(to, { kind: 'command', run: (at, absorb) => run(to.stages, at, absorb) });
  };

  function begin(): void {
    const stages = assemble(setup, kept, random, now());
    const own = (): Life => begun;
    const loop = createLoop(stages, kept, { probe, control, send, considered }, now());
    const begun: Life = { stages, loop, inbox: [] };
    life = begun;
    wakeAt(nowMs);

    function probe(due: Due): void {
      probes[due.purpose === 'scheduled' ? 'scheduled' : 'extra'] += 1;
      const sample = sampleOf(world, addresses.get(due.target.registry) ?? null, due, nowMs, now().wallMs, stalls);
      ahead.push(() => take(own(), { kind: 'probed', due, sample }), sample.endedMonotonicMs);
    }
    function control({ name }: { readonly name: string }, timeoutMs: number, round: Due['round']): void {
      const { endMs, answer } = controlOf(world, name, timeoutMs, nowMs, stalls);
      ahead.push(() => take(own(), { kind: 'control', answer: { ...answer, at: now() }, round }), endMs);
    }
    function send(sent: Sendable): void {
      notices.push({ atMs: nowMs, what: whatOf(sent) });
      ahead.push(() => take(own(), { kind: 'delivery', sent }), nowMs + deliveryMs);
    }
    function considered(news: { readonly advice: readonly AdviceChange[] }): void {
      moves.note(stages.advisor, stages.setup, stages.declared, nowMs);
      if (following === 'accepted') for (const { change, advice } of news.advice) accept(change, advice.id);
    }
    function accept(change: AdviceChange['change'], id: string): void {
      if (change !== 'proposed') return;
      ahead.push(
        () =>
          command((s, at, absorb) => {
            const accepted = s.advisor.accept(id, at);
            if (accepted.tag === 'ok') absorb.advise(accepted.value);
          }),
        nowMs + acceptAfterMs,
      );
    }
  }

  function happen(event: WorldEvent): void {
    switch (event.kind) {
      case 'restart':
        life?.loop.end(life.inbox.splice(0), now());
        life = null;
        turnAtMs = Number.POSITIVE_INFINITY;
        ahead.push(begin, nowMs + event.downMs);
        return;
      case 'reload':
        moves.reload(setup, event.setup);
        setup = event.setup;
        addresses = addressesOf(setup);
        return command((s, at, absorb) => reload(s, event.setup, at, absorb));
      case 'clock_jump':
        wallShiftMs += event.byMs;
        return;
      case 'stall':
        // `wakeAt` and the samples know of it beforehand.
        return;
      default:
        event satisfies never;
    }
  }

  for (const event of world.events) ahead.push(() => happen(event), event.atMs);
  begin();
  for (;;) {
    const isTurn = turnAtMs < ahead.leastKey();
    nowMs = isTurn ? turnAtMs : ahead.leastKey();
    if (!(nowMs < world.durationMs)) break;
    const on: Life | null = life;
    if (!isTurn) ahead.pop()?.();
    else if (on !== null) wakeAt((on as Life).loop.turn((on as Life).inbox.splice(0), now()));
  }
  return { moves: moves.moves, notices, probes };
}

/** As `src/daemon/lifecycle.ts` does. */
function reload(s: Stages, setup: WorldSetup, now: Now, absorb: Absorb): void {
  const config = configOf(setup);
  const targets = expandTargets(config);
  s.setup = setup;
  s.config = config;
  s.declared = declaredBy(setup);
  s.scheduler.replace(config, targets, now);
  absorb.detect(s.detector.reconfigure(config, targets, now));
  absorb.advise(s.advisor.reconfigure(config, s.declared, now));
  absorb.notify(s.notifier.reconfigure(config, now));
}

function addressesOf(setup: WorldSetup): ReadonlyMap<string, string> {
  return new Map(setup.mirrors.map(({ name, address }) => [name, address]));
}

/** What a message says, in a few words: `advice proposed (outage) for go`, `outage opened: a`. */
function whatOf({ notice }: Sendable): string {
  const { data } = JSON.parse(notice.body) as {
    data: {
      advice?: { state: string; cause: string; upstream: string };
      finding?: { kind: string; registry: string | null };
    };
  };
  const { advice, finding } = data;
  if (advice !== undefined) return `advice ${advice.state} (${advice.cause}) for ${advice.upstream}`;
  const change = notice.type === 'mirror.recovery' ? 'closed' : 'opened';
  return `${finding?.kind ?? notice.type} ${change}: ${finding?.registry ?? 'us'}`;
}
