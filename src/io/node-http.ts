/**
 * Node's own HTTP, taken without `import`: that reads every name a built-in module has, and one of this one's, `WebSocket`,
 * loads undici, which takes 13 MB and is never used.
 */
export const { createServer, request } = process.getBuiltinModule('node:http');
