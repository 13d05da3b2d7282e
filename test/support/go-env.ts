import { testCerts } from './certs.ts';
import { sealedEnv } from './process.ts';

/** What a Go program under test is told about the world. */
export interface GoEnvOptions {
  /** GOPROXY: URLs on this machine only. */
  readonly goproxy: string;
  /**
   * `'off'`: no checksum database at all. `{ relayed }`: the default database, through the relay of the proxy. A verifier
   * key: that one, through the relay too. Default `'off'`.
   */
  readonly sumdb?: { readonly relayed: true } | string;
  /** Trusted in place of the system's certificates. Default: the test CA's. */
  readonly caFile?: string;
  /** Its GOPATH and, inside, module cache; a fresh one is a client without memory. */
  readonly gopath: string;
  /** How many requests it sends at once; default: as many as this machine has cores. */
  readonly parallel?: number;
  /** As GODEBUG holds it: `http2client=0`. Default: nothing. */
  readonly godebug?: string;
}

/**
 * The environment of a `go` command or Go server that can reach nothing but this machine: whatever else it tries goes
 * to a proxy on a port where nobody listens.
 */
export function sealedGoEnv(options: GoEnvOptions): Readonly<Record<string, string | undefined>> {
  const sumdb = options.sumdb ?? 'off';
  return {
    GOPROXY: options.goproxy,
    GOSUMDB: typeof sumdb === 'string' ? sumdb : undefined,
    GOPATH: options.gopath,
    GOMODCACHE: `${options.gopath}/pkg/mod`,
    GODEBUG: options.godebug,
    GOMAXPROCS: options.parallel === undefined ? undefined : String(options.parallel),
    GOENV: 'off',
    GOWORK: 'off',
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-modcacherw -mod=mod',
    GOPRIVATE: undefined,
    GONOPROXY: undefined,
    GONOSUMDB: undefined,
    GOINSECURE: undefined,
    SSL_CERT_FILE: options.caFile ?? testCerts().ca.certFile,
    SSL_CERT_DIR: '/nonexistent',
    ...sealedEnv('127.0.0.1,localhost,10.77.0.0/16'),
  };
}
