/** Tells people what is going on, on standard error: one line that is rewritten on a terminal, else a line each. */
export interface Progress {
  readonly say: (what: string) => void;
  readonly end: () => void;
}

/** Progress for the terminal that standard error is, or is not. */
export function startProgress(): Progress {
  const startedMs = performance.now();
  const { stderr } = process;
  const isTerminal = stderr.isTTY === true;
  return {
    say(what) {
      const line = `${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${what}`;
      stderr.write(isTerminal ? `\r\u001b[2K${line.slice(0, (stderr.columns ?? 80) - 1)}` : `${line}\n`);
    },
    end() {
      if (isTerminal) stderr.write('\r\u001b[2K');
    },
  };
}
