import { Router } from 'express';
import type { ActionRow } from '../core/action.ts';
import { type ActionView, viewOfAction } from '../core/views.ts';
import { saySentence } from '../words/tell.ts';
import { type Say, wordsOf } from '../words/words.ts';
import { handled } from './actions.ts';
import type { ApiDeps } from './deps.ts';
import { negotiateLanguage, sendProblem } from './problem.ts';

function viewIn(say: Say): (row: ActionRow) => ActionView {
  return (row) => viewOfAction(row, (one) => saySentence(one, say));
}

/** The routes of actions: the journal, stop and resume, and the undo of one row. */
export function createOnAdviceRoutes(deps: ApiDeps): Router {
  const routes = Router();
  const brake = (kept: boolean) => ({ stopped: deps.areActionsStopped(), kept });
  routes.get('/actions', (request, response) => {
    const say = wordsOf(negotiateLanguage(request, response));
    response.json({ stopped: deps.areActionsStopped(), actions: deps.actions().map(viewIn(say)) });
  });
  // Not in the loop's next turn: `stop` takes effect at once, even if the loop is blocked.
  routes.post('/actions/stop', (_request, response) => void response.json(brake(deps.stopActions(true))));
  routes.post('/actions/resume', (_request, response) => void response.json(brake(deps.stopActions(false))));
  routes.post(
    '/actions/:id/undo',
    handled(async (request, response) => {
      const id = String(request.params['id']);
      const asked = deps.undoAction(id);
      const row = deps.actions().find((one) => one.id === id);
      if (asked === 'ok' && row !== undefined)
        response.json(viewIn(wordsOf(negotiateLanguage(request, response)))(row));
      else if (asked === 'not_done')
        sendProblem(response, { kind: 'conflict', detail: (say) => say('problem.notDone') });
      else sendProblem(response, { kind: 'not_found' });
    }),
  );
  return routes;
}
