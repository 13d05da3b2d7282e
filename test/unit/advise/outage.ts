import { expect } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import type { Mirror } from '../../../src/core/mirror.ts';
import { mirror, Stage } from './stage.ts';

export const chain = 'https://a.example.com,https://b.example.com,direct';
export const abc: readonly Mirror[] = [mirror('a'), mirror('b'), mirror('c')];

export function warm(mirrors: readonly Mirror[] = abc, declared = chain, more = {}): Stage {
  const stage = new Stage(declared, mirrors, more);
  stage.paces(6, Object.fromEntries(mirrors.map((one) => [one.name, 200])));
  return stage;
}

export function only(stage: Stage): Advice {
  const [advice, ...more] = stage.advisor.list();
  if (advice === undefined || more.length > 0) throw new Error(`${more.length + 1} advices`);
  return advice;
}

/** Home is refused at three more paces, a trouble that has an end, and then answers well at so many. */
export function recover(stage: Stage, paces: number): void {
  stage.paces(3, { a: 'refused', b: 200, c: 200 });
  stage.shut('a', 'outage');
  stage.paces(paces, { a: 200, b: 200, c: 200 });
}

/** Clients have accepted advice to leave `a` for `b`; `a` works again since, and the switch back is proposed. */
export function away(): Stage {
  const stage = warm();
  kill(stage);
  stage.consider();
  stage.accept(only(stage).id);
  stage.shut('a', 'outage');
  stage.paces(60, { a: 200, b: 200, c: 200 });
  return stage;
}

/** `a` is refused in a confirming round of three moments while the others answer, and detect opens an outage. */
export function kill(stage: Stage, registry = 'a'): void {
  for (const moment of [0, 1, 2, 3]) {
    if (moment > 0) stage.pass(1.4);
    for (const one of stage.config.mirrors)
      stage.sample(
        one.name,
        one.name === registry || stage.findings.has(`f-${one.name}-outage`) ? 'refused' : 210,
        moment === 0 ? {} : { round: `r${stage.seconds}/${moment}` },
      );
  }
  stage.open(registry, 'outage');
}

/** Downloads from `a` fail while the others succeed, until there is advice to leave `a`. Its confidence is `low`. */
export function failDownloads(): Stage {
  const stage = new Stage(chain, abc);
  const download = (a: number | 'server'): void => {
    for (const { name } of abc) stage.sample(name, name === 'a' ? a : 900, { step: 'zip', bytes: 400_000 });
  };
  for (let pace = 0; pace < 12; pace += 1) {
    download(900);
    stage.paces(1, { a: 200, b: 200, c: 200 });
  }
  while (stage.changes.length === 0) {
    stage.pass(5);
    download('server');
    stage.consider();
  }
  expect(only(stage)).toMatchObject({ from: 'a', to: 'b', cause: 'unreliable', confidence: 'low' });
  return stage;
}
