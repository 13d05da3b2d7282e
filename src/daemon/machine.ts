import type { Actor } from '../core/action.ts';
import type { ClientRunner } from '../core/client-run.ts';
import { createClientRunner } from '../io/client-runner.ts';

// Exports for all commands. What only the daemon needs is in system.ts, which takes three times as long to load.
export { type ChangePlace, type ChangeRefused, makeChanges, undoChange } from '../io/changes.ts';
export { systemClock } from '../io/clock.ts';
export { type DaemonAt, sendToDaemon } from '../io/daemon-access.ts';
export { type Exchanged, exchangeOnce, type TlsTrust, tlsOf } from '../io/exchange.ts';
export {
  codeOf,
  createFilesBelow,
  isFileBelow,
  makeFolders,
  readOwnFile,
  realFileOf,
  replaceFile,
  systemFiles,
} from '../io/files.ts';
export { gitTrackingOf } from '../io/git-index.ts';
export { type KeptChange, listAllKeptChanges, listKeptChanges } from '../io/kept-changes.ts';
export { createMachine } from '../io/machine.ts';
export { findOwnerSocket, socketPathOf } from '../io/owner-socket.ts';
export { systemRandom } from '../io/random.ts';
export { notifySystemd, watchForChange } from '../io/service-manager.ts';
export { systemTimers } from '../io/timers.ts';
export { expandTargets as expand } from '../schedule/targets.ts';

export interface ProcessFacts {
  readonly version: string;
  /** The address of the project. Only a release has it. */
  readonly homepage?: string | undefined;
  readonly node: string;
  /** The value of `PATH`; absent: empty. */
  readonly path?: string;
  readonly log: { readonly level: string; readonly pretty: boolean };
  /** Counts the places of a group whose advice is a given switch; absent: their votes are unknown. */
  readonly votes?: Actor['votes'];
}

/** @param folder  see `createClientRunner` */
export function clientsFor({ path = '' }: Pick<ProcessFacts, 'path'>, folder?: string): ClientRunner {
  return createClientRunner({ path, ...(folder && { folder }) });
}
