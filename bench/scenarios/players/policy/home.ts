import { homeAgain } from './constants.ts';

/**
 * Decides when clients may return to home (the first declared mirror) without an alarm. Each further departure within
 * `homeAgain.withinMs` doubles the minimum wait.
 */
export class HomeAgain {
  private departures: number[] = [];
  private leftMs = 0;
  private health = 0;

  leave(atMs: number): void {
    this.departures = [...this.departures.filter((at) => atMs - at < homeAgain.withinMs), atMs];
    this.leftMs = atMs;
    this.health = 0;
  }

  /**
   * Records one response of home while another mirror is the head. However long home was dead, a hundred good responses
   * are enough.
   */
  see(isBad: boolean): void {
    if (!isBad) this.health += homeAgain.good;
    else this.health = Math.max(homeAgain.bad, Math.min(0, this.health + homeAgain.bad));
  }

  /** True once the wait is over and home has responded well for long enough. */
  isReady(atMs: number): boolean {
    const lately = this.departures.filter((at) => atMs - at < homeAgain.withinMs).length;
    const waitMs = Math.min(homeAgain.waitMostMs, homeAgain.waitMs * 2 ** Math.max(0, lately - 1));
    return atMs - this.leftMs >= waitMs && this.health >= homeAgain.enough;
  }
}
