import { type Request, Router } from 'express';
import type { WhatIfAsked, WhatIfProblem } from '../core/what-if.ts';
import { saySentence } from '../words/tell.ts';
import { english, type Say } from '../words/words.ts';
import type { ApiDeps } from './deps.ts';
import { wordOf } from './lists.ts';
import { sendProblem } from './problem.ts';

/** `GET /api/v1/what-if`: the effect of another chain. Reads only memory, sends no request, changes nothing. */
export function createWhatIfRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/what-if', (request, response) => {
    // The chain may contain credentials, which a response never repeats.
    response.setHeader('cache-control', 'no-store');
    const answer = deps.whatIf(readWhatIf(request));
    if (answer.tag === 'ok') response.json(answer.value);
    else {
      const { kind, at, expected } = answer.error;
      sendProblem(response, {
        kind: 'bad_request',
        detail: (say) => chainProblemOf(answer.error, say),
        more: { reason: kind, at, expected: saySentence(expected, english) },
      });
    }
  });
  return routes;
}

/** Parses the query; line ends in the field separate like blanks. */
export function readWhatIf(request: Request): WhatIfAsked {
  return {
    chain: wordOf(request, 'chain')?.replace(/[\r\n]+/g, ' ') ?? '',
    ecosystem: wordOf(request, 'ecosystem') ?? null,
    upstream: wordOf(request, 'upstream') ?? null,
    client: wordOf(request, 'client') ?? null,
  };
}

/** The reason why a chain cannot be walked. */
export function chainProblemOf({ kind, at, expected }: WhatIfProblem, say: Say): string {
  return say(`whatif.problem.${kind}`, { at: (at ?? 0) + 1, expected: saySentence(expected, say) });
}
