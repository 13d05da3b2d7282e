/** One finding or advice as it changed, told by `/api/v1/events`. */
export interface Told {
  readonly change: string;
  readonly what: 'finding' | 'advice';
  readonly ecosystem: string | null;
  readonly upstream: string | null;
  /** The kind of a finding, the cause of an advice. */
  readonly kind: string;
  readonly id: string;
  /** Of a finding the mirror, of an advice `from → to`. */
  readonly subject: string | null;
}

interface EventJson {
  readonly change: string;
  readonly finding?: Omit<Told, 'change' | 'what' | 'subject'> & { readonly registry: string | null };
  readonly advice?: Omit<Told, 'change' | 'what' | 'subject' | 'kind'> & {
    readonly cause: string;
    readonly from: string;
    readonly to: string;
  };
}

/** Listens to a daemon until it stops, or until `signal`: every change of a finding or an advice from now on, as it comes. */
export async function tellLive(daemonUrl: string, signal: AbortSignal): Promise<readonly Told[]> {
  const told: Told[] = [];
  const { body } = await fetch(new URL('/api/v1/events?types=finding,advice', daemonUrl), { signal });
  if (body === null) throw new Error('no events');
  void read(body, told).catch((cause: unknown) => {
    if (!signal.aborted) throw cause;
  });
  return told;
}

async function read(body: ReadableStream<Uint8Array>, told: Told[]): Promise<void> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const events = `${rest}${chunk}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data !== undefined) told.push(toldOf(JSON.parse(data)));
    }
  }
}

function toldOf({ change, finding, advice }: EventJson): Told {
  if (finding !== undefined) {
    const { id, ecosystem, upstream, kind, registry } = finding;
    return { change, what: 'finding', id, ecosystem, upstream, kind, subject: registry };
  }
  if (advice === undefined) throw new Error(`neither a finding nor an advice: ${change}`);
  const { id, ecosystem, upstream, cause, from, to } = advice;
  return { change, what: 'advice', id, ecosystem, upstream, kind: cause, subject: `${from} → ${to}` };
}
