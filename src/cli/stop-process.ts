import { limits } from '../core/limits.ts';

/**
 * Ends the process with this code where it does not end by itself within `afterMs`. A thread inside `getaddrinfo` holds
 * up the end of a process, `process.exit` too, until the resolver gives up: twenty seconds and more where nobody
 * answers. Only becoming another program ends it at once, so we become one that exits. Standard output was written by
 * then: on POSIX, Node writes files, pipes and terminals synchronously.
 */
export function stopProcess(process: NodeJS.Process, code: number, afterMs: number = limits.closeMs): void {
  setTimeout(
    () => process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {}),
    afterMs,
  ).unref();
}
