import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commandPath, tempDir } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';
import { real } from '../support/requires.ts';
import { run } from '../unit/cli/run-program.ts';

/** As the package has them. */
const completions = tempDir('completions');
beforeAll(async () => {
  for (const [shell, name] of [
    ['bash', 'mirrorwatch.bash'],
    ['zsh', '_mirrorwatch'],
    ['fish', 'mirrorwatch.fish'],
  ] as const)
    writeFileSync(join(completions, name), `${(await run(['completion', shell])).out}\n`);
});

const asked: readonly (readonly [line: readonly string[], has: readonly string[], not: readonly string[]])[] = [
  [['ra'], ['rank'], ['run']],
  [['webhook', ''], ['test'], ['rank']],
  [['rank', '--ro'], ['--rounds'], ['--json']],
  [['run', '--log-level', ''], ['debug', 'warn'], ['--config']],
  [['demo', '--ecosystem', 'a'], ['all'], ['npm']],
  [['completion', ''], ['bash', 'fish'], []],
  [['check', '--config', 'mirror'], ['mirrorwatch.yaml'], ['rank']],
];

/** A folder with one file to complete. */
async function offered(ask: (folder: string) => Promise<string>): Promise<readonly string[]> {
  const folder = tempDir('shells');
  writeFileSync(join(folder, 'mirrorwatch.yaml'), '');
  return (await ask(folder)).split(/\s+/).filter((word) => word !== '');
}

function expectOffer(words: readonly string[], has: readonly string[], not: readonly string[]): void {
  for (const word of has) expect(words).toContain(word);
  for (const word of not) expect(words).not.toContain(word);
}

real('bash', ['bash'], () => {
  test.each(asked)('offers to %j: %j', async (line, has, not) => {
    const words = await offered((folder) =>
      mustRun(
        commandPath('bash'),
        [
          '-c',
          'source "$0/mirrorwatch.bash"; COMP_WORDS=(mirrorwatch "$@"); COMP_CWORD=$#; _mirrorwatch; IFS=" "; echo "$' +
            '{COMPREPLY[*]}"',
          completions,
          ...line,
        ],
        { cwd: folder },
      ),
    );
    expectOffer(words, has, not);
  });
});

real('fish', ['fish'], () => {
  test.each(asked)('offers to %j: %j', async (line, has, not) => {
    const words = await offered((folder) =>
      mustRun(
        commandPath('fish'),
        ['--no-config', '-c', `source ${completions}/mirrorwatch.fish; complete -C 'mirrorwatch ${line.join(' ')}'`],
        { cwd: folder, env: { HOME: folder } },
      ),
    );
    expectOffer(words, has, not);
  });
});

// zsh completes where somebody types: a terminal of its own (zpty), which lists what it offers.
real('zsh', ['zsh'], () => {
  test.each(asked)('offers to %j: %j', async (line, has, not) => {
    const text = await offered((folder) =>
      mustRun(commandPath('zsh'), ['-f', '-c', zshScript, completions, `mirrorwatch ${line.join(' ')}`], {
        cwd: folder,
        env: { HOME: folder, TERM: 'dumb' },
      }),
    );
    expectOffer(text, has, not);
  });
  test('its script is for eval too', async () => {
    const byEval = zshScript.replace('compdef _mirrorwatch mirrorwatch', 'source $0/_mirrorwatch');
    expect(byEval).not.toBe(zshScript);
    const text = await offered((folder) =>
      mustRun(commandPath('zsh'), ['-f', '-c', byEval, completions, 'mirrorwatch rank --ro'], {
        cwd: folder,
        env: { HOME: folder, TERM: 'dumb' },
      }),
    );
    expectOffer(text, ['--rounds'], ['--json']);
  });
});

/** Hands the completion's own words out by a compadd that prints them, as no list of a terminal is easily read. */
const zshScript = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=($0 \\$fpath); autoload -Uz compinit; compinit -u -D; compdef _mirrorwatch mirrorwatch; PROMPT=; stty -echo"
zpty -w shell 'compadd () { local -a hits; builtin compadd -O hits "$@"; print -r -- "hit:" $hits > /dev/fd/2; builtin compadd "$@" }'
zpty -w shell 'null-line () { exit }; zle -N null-line; bindkey "^M" null-line; bindkey "^J" null-line; bindkey "^I" complete-word; print READY-NOW'
zpty -r shell line '*READY-NOW*READY-NOW*' 2>/dev/null
zpty -n -w shell "$1"$'\\t'
zpty -n -w shell $'\\n'
while zpty -r shell line 2>/dev/null; do print -r -- "$line"; done
`;
