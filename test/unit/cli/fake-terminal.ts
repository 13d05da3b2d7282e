import type { Terminal } from '../../../src/terminal/terminal.ts';

/** A terminal that keeps what was written. */
export interface FakeTerminal extends Terminal {
  /** Lines to standard output. */
  readonly outs: readonly string[];
  /** Lines to standard error. */
  readonly errs: readonly string[];
  readonly progressed: readonly string[];
  /** The questions that a person was asked. */
  readonly questions: readonly string[];
  /** Everything, in order. */
  text(): string;
}

/**
 * Plain, 100 columns wide; painted text is left as it is.
 * @param answer  what a person would say to every question; `null`: nobody is there
 * @param input   what standard input holds
 */
export function fakeTerminal(answer: boolean | null = null, input = ''): FakeTerminal {
  const outs: string[] = [];
  const errs: string[] = [];
  const all: string[] = [];
  const progressed: string[] = [];
  const questions: string[] = [];
  return {
    columns: 100,
    outs,
    errs,
    progressed,
    questions,
    out(line) {
      outs.push(line);
      all.push(line);
    },
    err(line) {
      errs.push(line);
      all.push(line);
    },
    progress: (line) => void progressed.push(line),
    paint: (_, text) => text,
    paintErr: (_, text) => text,
    confirm: async (question) => {
      questions.push(question);
      return answer;
    },
    input: async () => input,
    text: () => all.join('\n'),
  };
}
