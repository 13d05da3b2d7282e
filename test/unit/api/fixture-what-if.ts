import type { ApiDeps } from '../../../src/api/deps.ts';
import { mirror, type Said, Stage } from '../advise/stage.ts';

const url = { a: 'https://goproxy.coast.example.com', b: 'https://mirrors.inland.example.com/goproxy' } as const;

/** What clients of the fixture have. */
export const whatIfInUse = `${url.a},direct`;

/**
 * Sixty moments: `coast` takes 900 ms and is broken in six of them, `inland` takes 240 ms and lacks it (404) in two,
 * `campus` takes 120 ms and was never asked beside the others. Downloads of the first two.
 */
export function fixtureWhatIf(): ApiDeps['whatIf'] {
  const stage = new Stage(
    whatIfInUse,
    [mirror('coast', { url: url.a }), mirror('inland', { url: url.b }), mirror('campus')],
    { private: { go: ['git.example.com/*'] } },
  );
  for (let i = 0; i < 60; i += 1) {
    const coast: Said = i % 10 === 3 ? 'reset' : 880 + (i % 5) * 10;
    const inland: Said = i % 30 === 7 ? { status: 404, kind: 'absent' } : 230 + (i % 5) * 5;
    stage.pass(29);
    stage.sample('coast', coast);
    stage.sample('inland', inland);
    if (i % 12 === 0) for (const name of ['coast', 'inland']) stage.sample(name, 2_000, { step: 'zip', bytes: 4e6 });
    stage.consider();
  }
  return (asked) => stage.advisor.whatIf(asked, stage.at);
}
