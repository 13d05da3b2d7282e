declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici';
}

declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici';
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}

declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  function request(this: Dispatcher, ask: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;

  export { request as default };
}

declare module 'undici/lib/core/symbols.js' {
  const symbols: {
    readonly kHTTP2Session: symbol;
    readonly kError: symbol;
    readonly kQueue: symbol;
    readonly kPendingIdx: symbol;
  };

  export { symbols as default };
}
