import { Router } from 'express';
import type { ApiDeps } from '../deps.ts';

/** The status page: `GET /`. */
export function pageRoutes(deps: ApiDeps): Router {
  const routes = Router();
  routes.get('/', (_request, response) => {
    response.type('text/plain').send(`mirrorwatch ${deps.version}\n`);
  });
  return routes;
}
