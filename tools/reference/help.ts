import { loadCommands, program } from '../../src/cli/program.ts';

const commands = await loadCommands();

/** The output of `mirrorwatch … --help`, by command. The key `''` stands for the program without a command. */
export async function helpTexts(): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of ['', ...commands.map((command) => command.name)]) texts.set(name, await help(name));
  return texts;
}

async function help(name: string): Promise<string> {
  const lines: string[] = [];
  await program({
    argv: name === '' ? ['--help'] : [name, '--help'],
    env: {},
    cwd: '/',
    terminal: {
      columns: 100,
      out: (line) => lines.push(line),
      err: (line) => lines.push(line),
      progress: () => undefined,
      paint: (_, text) => text,
      paintErr: (_, text) => text,
      input: async () => '',
      confirm: async () => null,
    },
    facts: { version: '', node: '', log: { level: 'silent', pretty: false } },
    onSignal: () => undefined,
  });
  return lines.join('\n');
}
