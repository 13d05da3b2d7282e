import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What actions of the soak leave on the disk. */
export interface ActionsWatch {
  /** What is broken now, in words; empty: nothing. */
  readonly look: () => readonly string[];
}

const before = 'GOPROXY=off\n';
/** Of one write: seen twice in a row it was left behind. */
const beside = /^go\.env\.mirrorwatch-[0-9a-f]{8}$/;

/**
 * Prepares a folder with the file and the program of the soak's actions, and watches them: the file is whole and names only
 * configured mirrors, nothing is left beside it, and the program never runs twice for one attempt.
 * @param known  members of a chain that may be in the file
 */
export function createActionsWatch(dir: string, known: readonly string[]): ActionsWatch {
  writeFileSync(join(dir, 'go.env'), before);
  const line = '"$MIRRORWATCH_ACTION_ID $MIRRORWATCH_EVENT $MIRRORWATCH_ATTEMPT"';
  writeFileSync(join(dir, 'log.sh'), `#!/bin/sh\necho ${line} >> '${join(dir, 'log')}'\n`, { mode: 0o755 });
  writeFileSync(join(dir, 'log'), '');
  let left = new Map<string, number>();

  function fileTrouble(): readonly string[] {
    const text = readFileSync(join(dir, 'go.env'), 'utf8');
    const [, chain] = /^GOPROXY=(\S+)\n$/.exec(text) ?? [];
    if (chain === undefined) return [`half a file: ${JSON.stringify(text)}`];
    const strange = chain.split(/[,|]/).filter((one) => !known.some((url) => trimmed(url) === trimmed(one)));
    return strange.map((one) => `a mirror that is not configured: ${one}`);
  }

  function logTrouble(): readonly string[] {
    const lines = readFileSync(join(dir, 'log'), 'utf8').split('\n').slice(0, -1);
    return lines.filter((one, at) => lines.indexOf(one) < at).map((one) => `twice: ${one}`);
  }

  /** A kill may leave one, which the next start removes: only what stays over many looks is left behind. */
  function leftTrouble(): readonly string[] {
    const names = readdirSync(dir).filter((name) => beside.test(name));
    left = new Map(names.map((name) => [name, (left.get(name) ?? 0) + 1]));
    return [...left].filter(([, looks]) => looks > leftLooksMax).map(([name]) => `left behind: ${name}`);
  }

  return { look: () => [...fileTrouble(), ...logTrouble(), ...leftTrouble()] };
}

/** Longer than a daemon is down, and than it takes to start and to see that it is not the network. */
const leftLooksMax = 300;

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
