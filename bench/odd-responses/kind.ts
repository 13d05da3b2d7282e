import type { Answer, SeenRequest } from '../../test/support/answer.ts';
import type { CommandResult } from '../../test/support/process.ts';
import type { Need } from '../../test/support/requires.ts';
import type { Odd } from './odd.ts';

/** One odd response. */
export interface Row {
  /** What is odd, in words. */
  readonly name: string;
  /** Which response is odd: a place of its kind. */
  readonly at: string;
  readonly odd: Odd;
  /** Which right server it is the odd response of, where the kind has several. */
  readonly server?: string;
}

/** A real client. */
export interface RealClient {
  readonly needs: readonly Need[];
  version(): Promise<string>;
  /** Has the client fetch what the row is about, from nothing. Fails with a code other than 0. */
  fetch(url: string, row: Row): Promise<Pick<CommandResult, 'code'> & { readonly said?: string }>;
  /** After the last row. */
  close?(): Promise<void>;
}

export interface Requested {
  readonly step: string;
  readonly module: string | null;
  readonly version: string | null;
}

/** One ecosystem: a server whose responses are right, what a client requests of it, and how each response is made odd. */
export interface Kind {
  readonly word: string;
  readonly rows: readonly Row[];
  /**
   * Returns the right response.
   * @param base    the URL of the server
   * @param server  of the row
   */
  right(request: Pick<SeenRequest, 'path' | 'headers' | 'method'>, base: string, server: string | undefined): Answer;
  /** True if the right response is one of this place. */
  isAt(place: string, request: Pick<SeenRequest, 'path' | 'method'>, right: Answer): boolean;
  /** Completes what depends on the final bytes of an odd response. */
  readonly finish?: (answer: Answer) => Answer;
  readonly words: (base: string) => Readonly<Record<string, string>>;
  /** True if a TLS handshake ends the connection at once: some clients try TLS first. */
  readonly closesTls?: true;
  /** The mirror's URL, by the server's. */
  urlOf(base: string): string;
  /** The mirror's keys in the configuration beside its name and URL. */
  readonly mirror: string;
  /** The keys of the configuration that its modules need. */
  readonly yaml: string;
  /** The probes that stand for one fetch by a client, in order. */
  probes(row: Row): readonly Requested[];
  readonly clients: Readonly<Record<string, RealClient>>;
}

/** The name of a row within its kind. */
export function keyOf({ at, name }: Pick<Row, 'at' | 'name'>): string {
  return `${at}: ${name}`;
}

/** The first version number that a command prints. */
export async function printedVersion(print: () => Promise<CommandResult>): Promise<string> {
  const { stdout, stderr } = await print();
  return /\d+\.\d+(?:\.\d+)*(?:~\w+)?/.exec(stdout + stderr)?.[0] ?? 'unknown';
}
