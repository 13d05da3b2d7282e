/**
 * Node's own HTTP, without `import`: that reads every export of a built-in module, and one of them, `WebSocket`, loads
 * undici, which takes 13 MB and is never used here.
 */
export const { createServer, request } = process.getBuiltinModule('node:http');
