import type { ActionEnd, ActionRow, ActionRule, PlaceVotes } from '../../../../src/core/action.ts';
import type { Advice } from '../../../../src/core/advice.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { advanceActions, restoreActions } from '../../../../src/features/actions/engine.ts';
import type { ActionInput, ActionOutput, ActionState } from '../../../../src/features/actions/turn.ts';

export const gitDeed: ActionRule['deed'] = {
  kind: 'git',
  repository: '/srv/r.git',
  branch: 'main',
  path: 'a',
  as: 'env',
  author: 'a <a@example.com>',
  isSigned: false,
  allow: [],
  mergeRequest: null,
};
export const storeDeed = {
  kind: 'http',
  url: new Secret('http://127.0.0.1:2379/v3/kv/txn'),
  method: 'POST',
  headers: {},
  body: { store: 'etcd' },
  key: '/a',
  as: null,
  allow: [],
} as const;
export const done: ActionEnd = { tag: 'ok', output: 'diff', kept: 7 };
export const broken: ActionEnd = { tag: 'failed', because: { key: 'acted.time', values: {} }, output: '', retry: true };

/** An engine on a clock of its own; each step is answered by `ends`, at once and in the next turn. */
export function engine(rules: readonly ActionRule[], rows: readonly ActionRow[] = []) {
  let state: ActionState = restoreActions(rows);
  let nowMs = 1_000_000;
  let wanted: Advice | null | undefined = null;
  let answer: (step: string) => ActionEnd | 'hangs' = () => done;
  let situation: Pick<ActionInput, 'isStopped' | 'isSuspect' | 'isDown' | 'citesOutage'> = {
    isStopped: false,
    isSuspect: false,
    isDown: () => false,
    citesOutage: () => false,
  };
  let seen: PlaceVotes | null = null;
  const ended: ActionInput['ended'][number][] = [];
  const outputs: ActionOutput[] = [];
  const steps: string[] = [];
  const turn = (more: Partial<ActionInput> = {}): void => {
    nowMs += 1_000;
    const input = {
      rules,
      wanted: () => wanted,
      regretted: [],
      undo: [],
      unbegun: [],
      isStopping: false,
      ...situation,
      votes: () => seen,
      ended: ended.splice(0),
      ...more,
    };
    const [next, output] = advanceActions(state, input, { wallMs: nowMs, monotonicMs: nowMs });
    state = JSON.parse(JSON.stringify({ rows: [...next.rows], busy: [...next.busy] }), (key, value) =>
      key === 'rows' ? new Map(value) : key === 'busy' ? new Set(value) : value,
    );
    outputs.push(output);
    for (const { step, row } of output.orders) {
      steps.push(`${step} ${row.id}`);
      const end = answer(step);
      if (end !== 'hangs') ended.push({ id: row.id, step, end });
    }
  };
  return {
    turn,
    turns(count: number) {
      for (let at = 0; at < count; at += 1) turn();
    },
    wants(advice: Advice | null | undefined) {
      wanted = advice;
    },
    ends(by: typeof answer) {
      answer = by;
    },
    is(more: Partial<typeof situation>) {
      situation = { ...situation, ...more };
    },
    sees(votes: PlaceVotes | null) {
      seen = votes;
    },
    after(ms: number) {
      nowMs += ms;
    },
    steps,
    outputs,
    results: () => outputs.flatMap(({ results }) => results.map(({ result, row }) => `${result} ${row.id}`)),
    accepted: () => outputs.flatMap(({ accepted }) => accepted),
    reverted: () => outputs.flatMap((one) => one.reverted.map(({ advice, back }) => [advice.id, back?.id ?? null])),
    rows: () => [...state.rows.values()],
    row: (id: string) => state.rows.get(id),
  };
}

export const id = 'advice00000000000001.ci';
export const kv = {
  kind: 'http',
  url: new Secret('http://127.0.0.1:2379/v3/kv/txn'),
  method: 'POST',
  headers: {},
  body: { store: 'etcd' },
  key: '/ci',
  as: null,
  allow: [],
} as const;
