import { Router } from 'express';
import type { ActionRow } from '../core/action.ts';
import { stamp } from '../core/views.ts';
import { saySentence } from '../words/tell.ts';
import { type Say, wordsOf } from '../words/words.ts';
import { handled } from './actions.ts';
import type { ApiDeps } from './deps.ts';
import { negotiateLanguage, sendProblem } from './problem.ts';

/** A row of the journal as the API shows it; `because` in the language asked for. */
function actionView(row: ActionRow, say: Say) {
  const { id, action, kind, mode, advice, state, held, attempts, because, output, isInterrupted, undoneBy } = row;
  const { ecosystem, upstream, from, to, cause } = advice;
  return {
    id,
    action,
    kind,
    mode,
    advice: advice.id,
    ecosystem,
    upstream,
    from,
    to,
    cause,
    state,
    held,
    plannedAt: stamp(row.plannedAtMs),
    endedAt: stamp(row.endedAtMs),
    nextAt: stamp(row.nextAtMs),
    attempts,
    because: because === null ? null : saySentence(because, say),
    output,
    interrupted: isInterrupted,
    undoneBy,
  };
}

/** What follows advice by itself: its journal, its brake, and the undo of one row. */
export function createOnAdviceRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const brake = (kept: boolean) => ({ stopped: deps.areActionsStopped(), kept });
  routes.get('/actions', (request, response) => {
    const say = wordsOf(negotiateLanguage(request, response));
    response.json({ stopped: deps.areActionsStopped(), actions: deps.actions().map((row) => actionView(row, say)) });
  });
  // Not in the loop's next turn: the brake holds at once, whatever holds the loop up.
  routes.post('/actions/stop', (_request, response) => void response.json(brake(deps.stopActions(true))));
  routes.post('/actions/resume', (_request, response) => void response.json(brake(deps.stopActions(false))));
  routes.post(
    '/actions/:id/undo',
    handled(async (request, response) => {
      const id = String(request.params['id']);
      const asked = deps.undoAction(id);
      const row = deps.actions().find((one) => one.id === id);
      if (asked === 'ok' && row !== undefined)
        response.json(actionView(row, wordsOf(negotiateLanguage(request, response))));
      else if (asked === 'not_done')
        sendProblem(response, { kind: 'conflict', detail: (say) => say('problem.notDone') });
      else sendProblem(response, { kind: 'not_found' });
    }),
  );
  return routes;
}
