import type { Move, Played, WorldChain } from '../world.ts';
import { chainBehind, chainText } from './chain.ts';
import type { Round } from './rounds.ts';
import type { Scene } from './scene.ts';
import { isFailure } from './verdict.ts';

/** Canary answers in a row after which a mirror is left out of the chains that are advised. */
const failingAfter = 2;

/** What one upstream's clients use now: knows who is failing, builds chains, writes down moves. */
export class Desk {
  private scene: Scene;
  private streaks: number[];
  private readonly moves: Move[];
  /** Place of the first member of the chain in force; -1: that is no mirror of this scene. */
  head: number;
  chain: WorldChain;

  constructor(scene: Scene, moves: Move[]) {
    this.scene = scene;
    this.moves = moves;
    this.streaks = scene.mirrors.map(() => 0);
    this.chain = scene.declared;
    this.head = this.placeOf(scene.declared.members[0] ?? '');
  }

  /** Place of the declared chain's first mirror; -1 as for `head`. */
  get home(): number {
    return this.placeOf(this.scene.declared.members[0] ?? '');
  }

  /** Places that a move may go to: all mirrors but an origin, which counts only as a member of the declared chain. */
  get candidates(): readonly number[] {
    const { mirrors, declared } = this.scene;
    const mayLead = mirrors.map(({ role, name }) => role === 'mirror' || declared.members.includes(name));
    return mirrors.map((_, place) => place).filter((place) => mayLead[place]);
  }

  isFailing(place: number): boolean {
    return (this.streaks[place] ?? 0) >= failingAfter;
  }

  /** Notes who answers; true where that changed the chains that could be advised. */
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

  /** Another configuration: the chain in force stays where the declared one and its head are still there. */
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

/** What came of a player that tells people about each move and nothing else. */
export function playedOf(moves: readonly Move[], probes: Played['probes']): Played {
  const sorted = moves.toSorted((one, other) => one.atMs - other.atMs);
  const notices = sorted.map(({ atMs, upstream, why }) => ({ atMs, what: `advice ${upstream}: ${why}` }));
  return { moves: sorted, notices, probes };
}
