import { type Answer, text } from './answer.ts';
import { type RawServer, type RawServerOptions, startRawServer } from './raw-server.ts';
import { type FakeSumdb, makeSumdb } from './sumdb.ts';
import { moduleAnswers, type SyntheticModule, syntheticModules } from './synthetic-modules.ts';

/** How to start a fake Go mirror. */
export interface FakeMirrorOptions extends Omit<RawServerOptions, 'answer'> {
  /** Default: `syntheticModules`. */
  readonly modules?: readonly SyntheticModule[];
  /** What its base URL ends in, as `/goproxy`; `url` has it. Default: nothing. */
  readonly basePath?: string;
  /** The checksum database it relays; `null`: none, so that `supported` is a 404. Default: one of its own modules. */
  readonly sumdb?: FakeSumdb | null;
}

/** A scripted Go mirror: a `RawServer`, so with its faults, delays, log, `kill` and `revive`. */
export interface FakeMirror extends RawServer {
  readonly modules: readonly SyntheticModule[];
  readonly sumdb: FakeSumdb | null;
  /** The good answers by decoded path without base path; put, change and delete at will. */
  readonly answers: Map<string, Answer>;
  /** Serves this module set from now on, in place of the one before. The checksum database stays. */
  readonly setModules: (modules: readonly SyntheticModule[]) => void;
}

/** The name of the default fake checksum database. */
export const fakeSumdbName = 'sum.example.com';

/**
 * Starts a Go mirror in this process that serves correct lists, infos, go.mod files, zips and a checksum database for
 * made-up modules, and fails as told.
 */
export async function startFakeMirror(options: FakeMirrorOptions = {}): Promise<FakeMirror> {
  const { modules = syntheticModules, basePath = '', sumdb: given, ...serverOptions } = options;
  const sumdb = given === undefined ? makeSumdb(fakeSumdbName, modules) : given;
  const answers = new Map<string, Answer>();
  let served = modules;
  const setModules = (next: readonly SyntheticModule[]): void => {
    served = next;
    answers.clear();
    for (const [path, answer] of [...moduleAnswers(next), ...(sumdb?.answers ?? [])]) answers.set(path, answer);
  };
  setModules(modules);
  const server = await startRawServer({
    ...serverOptions,
    answer: ({ path }) => {
      const inside = path.startsWith(basePath) ? path.slice(basePath.length) : null;
      return (inside === null ? undefined : answers.get(inside)) ?? text(404, `not found: ${path}\n`);
    },
  });
  return {
    host: server.host,
    port: server.port,
    url: `${server.url}${basePath}`,
    requests: server.requests,
    connectionCount: server.connectionCount,
    setFault: server.setFault,
    setDelay: server.setDelay,
    kill: server.kill,
    revive: server.revive,
    close: server.close,
    get modules() {
      return served;
    },
    sumdb,
    answers,
    setModules,
  };
}
