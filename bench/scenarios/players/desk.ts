import type { Move, Played, WorldChain } from '../world.ts';
import { chainBehind, chainText } from './chain.ts';
import type { Round } from './rounds.ts';
import type { Scene } from './scene.ts';
import { isFailure } from './verdict.ts';

/** After this many failed canaries in a row, a mirror is left out of advised chains. */
const failingAfter = 2;

/** The chain that clients of one upstream use now. It records moves, and knows which mirrors fail. */
export class Desk {
  private scene: Scene;
  private streaks: number[];
  private readonly moves: Move[];
  /**
   * The place (in `scene.mirrors`) of the first member of the current chain; -1: that member is no mirror of this
   * scene.
   */
  head: number;
  chain: WorldChain;

  constructor(scene: Scene, moves: Move[]) {
    this.scene = scene;
    this.moves = moves;
    this.streaks = scene.mirrors.map(() => 0);
    this.chain = scene.declared;
    this.head = this.placeOf(scene.declared.members[0] ?? '');
  }

  /** The place of the first member of the declared chain; -1: that member is no mirror of this scene. */
  get home(): number {
    return this.placeOf(this.scene.declared.members[0] ?? '');
  }

  /** Places of the mirrors that may become the head. An origin may only if the declared chain contains it. */
  get candidates(): readonly number[] {
    const { mirrors, declared } = this.scene;
    const mayLead = mirrors.map(({ role, name }) => role === 'mirror' || declared.members.includes(name));
    return mirrors.map((_, place) => place).filter((place) => mayLead[place]);
  }

  isFailing(place: number): boolean {
    return (this.streaks[place] ?? 0) >= failingAfter;
  }

  /** Records which mirrors fail. Returns true if a mirror began or ceased to fail, so that advised chains change. */
  note(round: Round): boolean {
    let hasChanged = false;
    round.answers.forEach((answer, place) => {
      if (!answer || round.isHeavy) return;
      const wasFailing = this.isFailing(place);
      if (isFailure(round.question, answer)) {
        if (round.question === this.scene.canary) this.streaks[place] = (this.streaks[place] ?? 0) + 1;
      } else if (round.question === this.scene.canary) this.streaks[place] = 0;
      hasChanged ||= wasFailing !== this.isFailing(place);
    });
    return hasChanged;
  }

  /** The chain that would be advised with this mirror first. */
  chainOf(place: number): WorldChain {
    const name = this.scene.mirrors[place]?.name ?? '';
    const failing = new Set(this.scene.mirrors.filter((_, at) => this.isFailing(at)).map((mirror) => mirror.name));
    return chainBehind(this.scene.declared, name, (member) => failing.has(member));
  }

  moveTo(place: number, atMs: number, why: string): void {
    this.head = place;
    this.chain = this.chainOf(place);
    this.moves.push({ atMs, upstream: this.scene.upstream, chain: this.chain, why });
  }

  /**
   * Applies a new configuration. The current chain stays if the declared chain is unchanged and the head is still
   * configured. Else clients use the declared chain.
   */
  reload(scene: Scene): void {
    const isDeclaredAsBefore = chainText(scene.declared) === chainText(this.scene.declared);
    const streaks = new Map(this.scene.mirrors.map(({ name }, place) => [name, this.streaks[place] ?? 0]));
    const head = this.scene.mirrors[this.head]?.name ?? '';
    this.scene = scene;
    this.streaks = scene.mirrors.map(({ name }) => streaks.get(name) ?? 0);
    this.head = this.placeOf(head);
    if (isDeclaredAsBefore && this.head >= 0) return;
    this.chain = scene.declared;
    this.head = this.home;
  }

  private placeOf(name: string): number {
    return this.scene.mirrors.findIndex((mirror) => mirror.name === name);
  }
}

/** The result of a player that sends one message for each move, and no other messages. */
export function playedOf(moves: readonly Move[], probes: Played['probes']): Played {
  const sorted = moves.toSorted((one, other) => one.atMs - other.atMs);
  const notices = sorted.map(({ atMs, upstream, why }) => ({ atMs, what: `advice ${upstream}: ${why}` }));
  return { moves: sorted, notices, probes };
}
