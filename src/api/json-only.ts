import type { RequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/** Refuses a body that is not said to be JSON, in place of reading it as nothing. A request without a body passes. */
export const jsonOnly: RequestHandler = (request, response, next) => {
  const { 'content-length': length, 'transfer-encoding': coding, 'content-type': type = '' } = request.headers;
  const hasBody = coding !== undefined || (length !== undefined && length !== '0');
  if (!hasBody || /^application\/json\s*(;|$)/i.test(type)) return next();
  sendProblem(response, { kind: 'unsupported' });
};
