import type { Listen } from './config.ts';

/** Where this machine reaches its own listener, without a slash behind; every address is reached over loopback. */
export function urlOfListener({ host, port, tls }: Listen): string {
  const own = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${tls === null ? 'http' : 'https'}://${own.includes(':') ? `[${own}]` : own}:${port}`;
}
