import { isSigned, type ReceivedPost } from '../../../test/support/webhook-receiver.ts';

/** A message as one receiver had it first. */
export interface Told {
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  readonly subject: string;
  readonly seq: number;
  readonly body: string;
  /** What it tells: `finding <id> opening` or `recovery`, `advice <id> <state>`, `action <id> <result> <attempts> <held>`. */
  readonly what: string;
  /** It opens trouble and says that its next end waits: of later news on its subject none may come for hours. */
  readonly holdsEnds: boolean;
  /** Whether any attempt was answered 2xx. */
  isTaken: boolean;
}

/** What one receiver was told. */
export interface Notices {
  /** All posts so far, in order; those that are new are read. @returns what must not be, each once */
  readonly take: (posts: readonly ReceivedPost[]) => readonly string[];
  /** The state could not be written when the process was killed: what was sent since is not known to the next one. */
  readonly forgetOrder: () => void;
  readonly all: () => readonly Told[];
}

interface Body {
  readonly type: string;
  readonly data: {
    readonly seq: number;
    readonly subject: string;
    readonly finding?: { readonly id: string };
    readonly advice?: { readonly id: string; readonly state: string };
    readonly result?: string;
    readonly action?: { readonly id: string; readonly attempts: number; readonly held: string | null };
    readonly story?: { readonly endsAfterSeconds: number };
  };
}

/** Holds every post to its signature, each id to one text, each news to one id, and each subject to its order. */
export function createNotices(receiver: string, secret: string): Notices {
  const byId = new Map<string, Told>();
  let idOf = new Map<string, string>();
  let seqOf = new Map<string, Told>();
  let read = 0;

  function first(told: Told): readonly string[] {
    byId.set(told.id, told);
    const said: string[] = [];
    const other = idOf.get(told.what);
    if (other !== undefined)
      said.push(
        `${receiver}: ${told.what} came under two ids: ${other} ${byId.get(other)?.body} and ${told.id} ${told.body}`,
      );
    idOf.set(told.what, told.id);
    const before = seqOf.get(told.subject);
    if (before !== undefined && told.seq <= before.seq)
      said.push(`${receiver}: ${told.subject} ${told.seq} (${told.id}) after ${before.seq} (${before.id})`);
    seqOf.set(told.subject, told);
    return said;
  }

  function take(post: ReceivedPost): readonly string[] {
    const id = String(post.headers['webhook-id']);
    if (!isSigned(post, secret)) return [`${receiver}: a post of ${id} that is not signed: ${post.body}`];
    const body = JSON.parse(post.body) as Body;
    const { behaviour } = post;
    const isTaken = behaviour.kind === 'status' && behaviour.status >= 200 && behaviour.status < 300;
    const known = byId.get(id);
    if (known !== undefined) {
      known.isTaken ||= isTaken;
      return known.body === post.body ? [] : [`${receiver}: ${id} came with two texts: ${known.body} and ${post.body}`];
    }
    const { type, data } = body;
    const { seq, subject, story } = data;
    const holdsEnds = type !== 'mirror.recovery' && (story?.endsAfterSeconds ?? 0) > 0;
    return first({ id, atMs: post.atMs, type, subject, seq, body: post.body, what: whatOf(body), holdsEnds, isTaken });
  }

  return {
    take(posts) {
      const fresh = posts.slice(read);
      read = posts.length;
      return fresh.flatMap(take);
    },
    forgetOrder() {
      idOf = new Map();
      seqOf = new Map();
    },
    all: () => [...byId.values()],
  };
}

function whatOf({ type, data: { finding, advice, action, result } }: Body): string {
  if (action !== undefined) return `action ${action.id} ${result} ${action.attempts} ${action.held}`;
  if (finding !== undefined) return `finding ${finding.id} ${type === 'mirror.recovery' ? 'recovery' : 'opening'}`;
  return `advice ${advice?.id} ${advice?.state}`;
}

/** Something that the daemon says has happened, for which every receiver must have had word. */
export interface Happened {
  readonly what: string;
  readonly subject: string;
  /** Ours: it had not happened yet when we looked the last time before, milliseconds. */
  readonly notBeforeMs: number;
  /** Whether later news on its subject may have taken its place before it was told. */
  readonly isReplaceable: boolean;
}

/**
 * What a receiver that is well again was never told, nor anything later in its place, nor that it waits.
 * @see docs/decisions/0057-recurring-trouble-in-few-messages.md
 */
export function lostOf(receiver: string, told: readonly Told[], happened: readonly Happened[]): readonly string[] {
  const taken = told.filter(({ isTaken }) => isTaken);
  const whats = new Set(taken.map(({ what }) => what));
  const last = new Map(taken.map((one) => [one.subject, one]));
  return happened.flatMap(({ what, subject, notBeforeMs, isReplaceable }) => {
    const isOver = isReplaceable && (last.get(subject)?.atMs ?? Number.NEGATIVE_INFINITY) >= notBeforeMs;
    return whats.has(what) || isOver || last.get(subject)?.holdsEnds
      ? []
      : [`${receiver} was never told: ${what} (${subject})`];
  });
}
