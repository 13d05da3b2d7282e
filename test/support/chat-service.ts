import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { ChatFormat } from '../../src/core/receiver-format.ts';
import { chatMistakes } from './chat-schema.ts';
import { listenAnywhere } from './ports.ts';

/** One post as a chat's service saw it. */
export interface ChatPost {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** What it had against it; empty: it was taken. */
  readonly mistakes: readonly string[];
}

/** A chat's service on loopback: holds posts to its documented schema, limits and signature, and answers as it would. */
export interface FakeChat {
  /** With the token that it gives out: a secret. */
  readonly url: string;
  readonly posts: readonly ChatPost[];
  /** The next answers, whatever is posted; then its own again. */
  readonly script: (...answers: readonly ChatAnswer[]) => void;
  readonly close: () => Promise<void>;
}

export interface ChatAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a token in a URL is made of; found nowhere else. */
export const chatToken = 'tok3n-of-the-b0t';

const paths: Readonly<Record<ChatFormat, string>> = {
  slack: `/services/T000/B000/${chatToken}`,
  discord: `/api/webhooks/1000/${chatToken}`,
  feishu: `/open-apis/bot/v2/hook/${chatToken}`,
  dingtalk: `/robot/send?access_token=${chatToken}`,
  wecom: `/cgi-bin/webhook/send?key=${chatToken}`,
};

const json = (body: object): ChatAnswer => ({
  status: 200,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

/** As each says yes, no to what was posted, and no to who posted it. */
const answers: Readonly<Record<ChatFormat, Readonly<Record<'yes' | 'malformed' | 'unsigned', ChatAnswer>>>> = {
  slack: {
    yes: { status: 200, body: 'ok' },
    malformed: { status: 400, body: 'invalid_blocks' },
    unsigned: { status: 403, body: 'invalid_token' },
  },
  discord: {
    yes: json({ id: '0', type: 0 }),
    malformed: { status: 400, body: '{"message":"Invalid Form Body","code":50035}' },
    unsigned: { status: 401, body: '{"message":"Invalid Webhook Token","code":50027}' },
  },
  feishu: {
    yes: json({ StatusCode: 0, StatusMessage: 'success', code: 0, data: {}, msg: 'success' }),
    malformed: json({ code: 9499, msg: 'Bad Request', data: {} }),
    unsigned: json({ code: 19021, msg: 'sign match fail or timestamp is not within one hour from current time' }),
  },
  dingtalk: {
    yes: json({ errcode: 0, errmsg: 'ok' }),
    malformed: json({ errcode: 400105, errmsg: 'unsupported msgtype' }),
    unsigned: json({ errcode: 310000, errmsg: 'sign not match' }),
  },
  wecom: {
    yes: json({ errcode: 0, errmsg: 'ok' }),
    malformed: json({ errcode: 40058, errmsg: 'markdown.content exceed max length 4096' }),
    unsigned: json({ errcode: 93000, errmsg: 'invalid webhook url' }),
  },
};

/** Starts one. @param secret  what posts must be signed with; `null`: with nothing */
export async function startFakeChat(format: ChatFormat, secret: string | null): Promise<FakeChat> {
  const posts: ChatPost[] = [];
  let scripted: readonly ChatAnswer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [next, ...rest] = scripted;
      scripted = rest;
      const body = Buffer.concat(chunks).toString('utf8');
      const path = request.url ?? '';
      const isSigned = path.includes(chatToken) && isSignedBy(format, secret, path, body);
      const mistakes = [...chatMistakes(format, body), ...(isSigned ? [] : ['not signed'])];
      const method = request.method ?? '';
      posts.push({ method, path, body, mistakes });
      const own = !isSigned ? 'unsigned' : mistakes.length > 0 ? 'malformed' : 'yes';
      const answer = next ?? (format === 'discord' && own === 'yes' ? inDiscord(path, body) : answers[format][own]);
      response.writeHead(answer.status, answer.headers);
      // In pieces, as through a proxy.
      for (const piece of answer.body.match(/.{1,1000}/gs) ?? []) response.write(piece);
      response.end();
    });
  });
  const port = await listenAnywhere(server);
  return {
    url: `http://127.0.0.1:${port}${paths[format]}`,
    posts,
    script: (...next) => {
      scripted = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Says the whole message where it is asked to wait, its id late. */
function inDiscord(path: string, body: string): ChatAnswer {
  const { searchParams } = new URL(path, 'http://service.invalid');
  if (searchParams.get('wait') !== 'true') return { status: 204, body: '' };
  return json({ type: 0, ...(JSON.parse(body) as object), id: '9000000000000000' });
}

/** Each by its own page; a stamp may be an hour off. */
function isSignedBy(format: ChatFormat, secret: string | null, path: string, body: string): boolean {
  if (secret === null) return !/[?&]sign=/.test(path) && !('sign' in (JSON.parse(body) as object));
  if (format === 'feishu') {
    const { timestamp = '', sign = '' } = JSON.parse(body) as { timestamp?: string; sign?: string };
    return isNear(Number(timestamp) * 1000) && sign === hmac(`${timestamp}\n${secret}`, '');
  }
  if (format !== 'dingtalk') return false;
  const query = new URL(path, 'http://service.invalid').searchParams;
  const timestamp = query.get('timestamp') ?? '';
  return isNear(Number(timestamp)) && query.get('sign') === hmac(secret, `${timestamp}\n${secret}`);
}

function isNear(wallMs: number): boolean {
  return Math.abs(Date.now() - wallMs) < 3_600_000;
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64');
}
