import { expect, test } from 'vitest';
import { mirror, Stage } from './stage.ts';

/** The stage with file mirrors in place of Go's. */
function filesStage(declared: string): Stage {
  const of = { ecosystem: 'http', upstream: 'tools' };
  const stage = new Stage(
    declared,
    ['a', 'b', 'c'].map((name) => mirror(name, of)),
  );
  const observe: typeof stage.advisor.observe = stage.advisor.observe.bind(stage.advisor);
  Object.assign(stage.advisor, {
    observe: ((sample, now) => {
      const target = { ...sample.due.target, ...of, step: 'get', version: null };
      return observe({ ...sample, due: { ...sample.due, target } }, now);
    }) satisfies typeof observe,
  });
  return stage;
}

test('a list of servers, as pacman and apt have it, has a proposal that stays and can be accepted', () => {
  const stage = filesStage('https://a.example.com https://b.example.com');
  stage.paces(20, { a: 200, b: 200, c: 200 });
  stage.paces(20, { a: 3_000, b: 200, c: 200 });
  expect(stage.story()).toEqual(['proposed slower b']);
  const [advice] = stage.advisor.list();
  expect(stage.advisor.accept(advice?.id ?? '', stage.at).tag).toBe('ok');
  expect(stage.advisor.remedy('http', 'tools')).toMatchObject({ kind: 'set', advice: { state: 'accepted', to: 'b' } });
});
