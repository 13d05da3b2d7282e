import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Log } from '../core/ports.ts';
import { makeFolder, moveAside, type Opened, openFile, type StoreFile } from './store-file.ts';
import { type SchemaTrouble, storeTroubleOf } from './store-schema.ts';

const retryMs = 30_000;

export interface RecoveryDeps {
  readonly clock: Clock;
  readonly log?: Log;
  /** Called when stored rows may have changed, because a corrupt file was replaced or the file became writable. */
  readonly onAnew?: (note: string) => void;
  /** The maximum size of the state file, bytes; absent: `limits.stateBytes`. */
  readonly bytesMax?: number;
}

/**
 * The state file, which recovers from failures. If it is not writable, it is opened again later. If it was deleted, it
 * is written again. If it is corrupt, a new one replaces it.
 */
export class RecoveringFile {
  readonly #path: string;
  readonly #deps: RecoveryDeps;
  #file: StoreFile | null;
  #trouble: SchemaTrouble | null;
  #triedAtMs: number;
  /** When the file was first found deleted or replaced, monotonic milliseconds; `null`: it is in place. */
  #lostAtMs: number | null = null;
  #isClosed = false;
  #setAsideCount: number;

  constructor(path: string, opened: Exclude<Opened, { tag: 'refused' }>, deps: RecoveryDeps) {
    this.#path = path;
    this.#deps = deps;
    this.#file = opened.file;
    this.#trouble = opened.tag === 'unwritable' ? opened.trouble : null;
    this.#triedAtMs = deps.clock.monotonicMs();
    this.#setAsideCount = opened.tag === 'open' && opened.setAside !== null ? 1 : 0;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isWritable(): boolean {
    return !this.#isClosed && this.#file !== null && !this.#file.readOnly && this.#trouble === null;
  }

  /** The number of corrupt files that were moved aside. */
  get setAsideCount(): number {
    return this.#setAsideCount;
  }

  close(): void {
    this.#lost(true);
    this.#isClosed = true;
    this.#file?.close();
    this.#file = null;
  }

  /**
   * Returns the result of `run` on the file.
   * @param nothing  the result if the file cannot be read
   */
  read<T>(run: (from: StoreFile) => T, nothing: T): T {
    const file = this.#file;
    if (this.#isClosed || file === null) return nothing;
    try {
      return run(file);
    } catch (thrown) {
      const found = storeTroubleOf(thrown);
      if (found.kind === 'corrupt' && !file.readOnly) this.#startAnew(found);
      else this.#deps.log?.error('state file cannot be read', { path: this.#path, code: found.code });
      return nothing;
    }
  }

  /**
   * Runs changes in one transaction.
   * @returns why the changes are not stored, or may be lost soon; `null`: they are stored
   */
  commit(run: (to: StoreFile) => void): SchemaTrouble | null {
    const isLost = this.#lost(false);
    const isDue = this.#deps.clock.monotonicMs() - this.#triedAtMs >= retryMs;
    if ((this.#file === null || this.#file.readOnly) && isDue && this.#reopen())
      this.#deps.onAnew?.(`state file ${this.#path} can be written again`);
    const found = this.#write(run);
    const left = found?.kind === 'corrupt' && this.#startAnew(found) ? this.#write(run) : found;
    this.#trouble = left ?? isLost;
    return this.#trouble;
  }

  /** Runs a statement that deletes rows. @returns the number of deleted rows */
  erase(sql: string, bound: number): number {
    if (this.#isClosed) return 0;
    let count = 0;
    const found = this.#write((to) => {
      count = Number(to.statement(sql).run(bound).changes);
    });
    if (found?.kind === 'corrupt') this.#startAnew(found);
    return found === null ? count : 0;
  }

  #write(run: (to: StoreFile) => void): SchemaTrouble | null {
    const to = this.#file;
    if (to === null || to.readOnly) return this.#trouble;
    try {
      to.transaction(() => run(to));
      return null;
    } catch (thrown) {
      return storeTroubleOf(thrown);
    }
  }

  #reopen(): boolean {
    this.#triedAtMs = this.#deps.clock.monotonicMs();
    const next = openFile(this.#path, this.#deps.clock.wallMs(), this.#deps.bytesMax);
    if (next.tag !== 'open') {
      if (next.tag === 'unwritable') next.file?.close();
      this.#trouble = next.tag === 'unwritable' ? next.trouble : { kind: 'io', code: next.failure.kind };
      return false;
    }
    if (next.setAside !== null) this.#setAsideCount += 1;
    this.#file?.close();
    this.#file = next.file;
    this.#trouble = null;
    this.#lostAtMs = null;
    return true;
  }

  /**
   * Checks that the open file is still at its path, because writes to a deleted file would be lost. If it was deleted,
   * writes it again after `retryMs`, or at once if `atOnce`. If another file is at its path, nothing is written. Returns
   * the failure; `null`: none, or the file is read-only or not open.
   */
  #lost(atOnce: boolean): SchemaTrouble | null {
    const file = this.#file;
    if (file === null || file.readOnly) return null;
    const standing = file.standing();
    if (standing === 'here') return null;
    const code = standing === 'gone' ? 'ENOENT' : 'REPLACED';
    const nowMs = this.#deps.clock.monotonicMs();
    if (this.#lostAtMs === null) {
      this.#lostAtMs = nowMs;
      this.#deps.log?.error(
        standing === 'gone'
          ? 'state file was deleted while in use; it is written anew'
          : 'another file lies in the place of the state file; nothing is kept until a restart',
        { path: this.#path },
      );
    }
    const isDue = atOnce || nowMs - this.#lostAtMs >= retryMs;
    return standing === 'gone' && isDue && this.#writeAnew(file) ? null : { kind: 'io', code };
  }

  #writeAnew(from: StoreFile): boolean {
    const beside = `${this.#path}.new`;
    try {
      makeFolder(dirname(this.#path));
      rmSync(beside, { force: true });
      from.copyTo(beside);
      // The old file is closed before a new write-ahead log exists: SQLite deletes the log by path, so a later close
      // would delete the new one.
      from.close();
      this.#file = null;
      if (!existsSync(this.#path)) renameSync(beside, this.#path);
      if (!this.#reopen()) return false;
      this.#deps.log?.warn('state file was written anew with all that it held', { path: this.#path });
      return true;
    } catch (thrown) {
      this.#trouble = storeTroubleOf(thrown);
      return false;
    }
  }

  #startAnew(found: SchemaTrouble): boolean {
    const isOurs = this.#file === null || this.#file.standing() !== 'replaced';
    this.#file?.close();
    this.#file = null;
    this.#trouble = found;
    if (!isOurs) return false;
    try {
      const setAside = moveAside(this.#path, this.#deps.clock.wallMs());
      this.#setAsideCount += 1;
      const note = `state file was corrupt; set aside as ${setAside} and begun anew`;
      this.#deps.log?.error(note, { path: this.#path, code: found.code });
      if (!this.#reopen()) return false;
      this.#deps.onAnew?.(note);
      return true;
    } catch (thrown) {
      this.#trouble = storeTroubleOf(thrown);
      return false;
    }
  }
}
