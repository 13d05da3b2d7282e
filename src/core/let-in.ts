/**
 * Emitted on a response once its request is authorized. The listener, which knows sockets but no tokens, then prefers to
 * keep this connection when it must close some.
 */
export const letIn = Symbol('let in');
