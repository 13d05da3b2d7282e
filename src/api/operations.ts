import { Router } from 'express';
import { wordsOf } from '../words/words.ts';
import { handled } from './actions.ts';
import type { ApiDeps } from './deps.ts';
import { languageAsked } from './language.ts';
import { sendProblem } from './problem.ts';
import { createScrapes } from './scrape.ts';

/** `/metrics`, `/-/healthy`, `/-/ready`, `/-/reload`. */
export function operationRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/metrics', handled(createScrapes(deps)));
  routes.get('/-/healthy', (_request, response) => {
    response.type('text/plain').send('healthy\n');
  });
  routes.get('/-/ready', (request, response) => {
    const { ready, because } = deps.ready();
    const say = wordsOf(languageAsked(request, response));
    response
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(`${say(`ready.${because}`)}\n`);
  });
  routes.post(
    '/-/reload',
    handled(async (_request, response) => {
      const done = await deps.reload();
      if (done.tag === 'reloaded') response.json({ changed: done.changed });
      else if (done.tag === 'invalid')
        sendProblem(response, {
          kind: 'bad_request',
          detail: (say) => say('problem.mistakes'),
          more: { issues: done.issues },
        });
      else
        sendProblem(response, {
          kind: 'conflict',
          detail: (say) => say('problem.restart'),
          more: { keys: done.keys },
        });
    }),
  );
  return routes;
}
