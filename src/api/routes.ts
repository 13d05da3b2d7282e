import type { RequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/** All routes: method and path as in `openapi.yaml`. A GET accepts HEAD too. */
export const routes = [
  ['GET', '/'],
  ['GET', '/mirrors/{name}'],
  ['GET', '/probes/{id}'],
  ['GET', '/what-if'],
  ['GET', '/history'],
  ['GET', '/timeline'],
  ['GET', '/page.css'],
  ['GET', '/page.js'],
  ['GET', '/icon.svg'],
  ['GET', '/metrics'],
  ['GET', '/-/healthy'],
  ['GET', '/-/ready'],
  ['POST', '/-/reload'],
  ['GET', '/api/v1/mirrors'],
  ['GET', '/api/v1/mirrors/{name}/trend'],
  ['GET', '/api/v1/targets'],
  ['GET', '/api/v1/findings'],
  ['GET', '/api/v1/advice'],
  ['GET', '/api/v1/probes/{id}'],
  ['GET', '/api/v1/advice/{ecosystem}/remedy'],
  ['POST', '/api/v1/advice/{id}/accept'],
  ['POST', '/api/v1/advice/{id}/dismiss'],
  ['POST', '/api/v1/findings/{id}/ack'],
  ['POST', '/api/v1/mirrors/{name}/pause'],
  ['GET', '/api/v1/actions'],
  ['POST', '/api/v1/actions/stop'],
  ['POST', '/api/v1/actions/resume'],
  ['POST', '/api/v1/actions/{id}/undo'],
  ['GET', '/api/v1/what-if'],
  ['GET', '/api/v1/events'],
  ['POST', '/api/v1/alertmanager'],
] as const satisfies readonly (readonly ['GET' | 'POST', string])[];

const known = routes.map(([method, path]) => ({
  allow: method === 'GET' ? 'GET, HEAD' : method,
  form: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}/?$`, 'i'),
}));

/** 405 with `Allow` for a known path with another method; else the next handler. */
export const othersRefused: RequestHandler = (request, response, next) => {
  const allow = known.filter(({ form }) => form.test(request.path)).map((route) => route.allow);
  const isTaken = allow.some((methods) => methods.split(', ').includes(request.method));
  if (allow.length === 0 || isTaken) return next();
  sendProblem(response, { kind: 'method', allow: allow.join(', ') });
};
