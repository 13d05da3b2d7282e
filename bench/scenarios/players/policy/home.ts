import { homeAgain } from './constants.ts';

/**
 * Decides when clients may return to home (the first declared mirror) without an alarm. Each further departure within
 * `homeAgain.withinMs` doubles the minimum wait.
 */
export class HomeAgain {
  private departures: number[] = [];
  private leftMs = 0;
  private health = 0;
  private downloads = 0;
  private hadTrouble = false;

  leave(atMs: number): void {
    this.departures = [...this.departures.filter((at) => atMs - at < homeAgain.withinMs), atMs];
    this.leftMs = atMs;
    this.health = 0;
    this.downloads = 0;
    this.hadTrouble = false;
  }

  /**
   * Records one response of home while another mirror is the head. However long home was dead, a hundred good responses
   * are enough.
   */
  see(isBad: boolean): void {
    if (!isBad) this.health += homeAgain.good;
    else this.health = Math.max(homeAgain.bad, Math.min(0, this.health + homeAgain.bad));
  }

  /** Records a download of home. `isSlow`: it took far longer than that of the mirror in use. */
  seeDownload(isBad: boolean, isSlow: boolean): void {
    const good = this.hadTrouble ? homeAgain.goodDownload : homeAgain.enough;
    const step = isBad ? homeAgain.bad : isSlow ? homeAgain.slowDownload : good;
    this.hadTrouble ||= step < 0;
    this.downloads = step > 0 ? this.downloads + step : Math.max(homeAgain.bad, Math.min(0, this.downloads + step));
  }

  /** True if a return waits for good downloads alone. */
  waitsForDownloads(atMs: number): boolean {
    return this.downloads < homeAgain.enough && this.isReady(atMs, true);
  }

  /** True once the wait is over and home has responded well for long enough. */
  isReady(atMs: number, areDownloadsGood = this.downloads >= homeAgain.enough): boolean {
    const lately = this.departures.filter((at) => atMs - at < homeAgain.withinMs).length;
    const waitMs = Math.min(homeAgain.waitMostMs, homeAgain.waitMs * 2 ** Math.max(0, lately - 1));
    return atMs - this.leftMs >= waitMs && areDownloadsGood && this.health >= homeAgain.enough;
  }
}
