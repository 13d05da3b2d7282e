/**
 * Emitted on a response once its request was let in. The listener, which knows sockets and no tokens, then keeps the connection
 * before those of strangers.
 */
export const letIn = Symbol('let in');
