import { homeAgain } from './constants.ts';

/** When home may be gone back to without an alarm: the longer, the oftener it was left. */
export class HomeAgain {
  private departures: number[] = [];
  private leftMs = 0;
  private health = 0;

  leave(atMs: number): void {
    this.departures = [...this.departures.filter((at) => atMs - at < homeAgain.withinMs), atMs];
    this.leftMs = atMs;
    this.health = 0;
  }

  /** One answer of home while another mirror is in front. However long it was dead, a hundred good ones are enough. */
  see(isBad: boolean): void {
    if (!isBad) this.health += homeAgain.good;
    else this.health = Math.max(homeAgain.bad, Math.min(0, this.health + homeAgain.bad));
  }

  /** True once the wait is over and home answered well for long enough. */
  isReady(atMs: number): boolean {
    const lately = this.departures.filter((at) => atMs - at < homeAgain.withinMs).length;
    const waitMs = Math.min(homeAgain.waitMostMs, homeAgain.waitMs * 2 ** Math.max(0, lately - 1));
    return atMs - this.leftMs >= waitMs && this.health >= homeAgain.enough;
  }
}
