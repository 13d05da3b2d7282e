import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, removeTempDir, tempDir } from './paths.ts';
import { until as look } from './patience.ts';

/** One tab of a headless browser. */
export interface Browser {
  /** Goes there and lets the page's script begin. */
  readonly open: (url: string) => Promise<void>;
  /** The value of an expression in the page. */
  readonly read: (expression: string) => Promise<unknown>;
  /** Repeats it until it is so. @throws Error when the patience of the tests is over, with the last value */
  readonly until: (expression: string, wanted: unknown) => Promise<void>;
  /** What is answered when the browser itself would ask for a name and a password; counts how often it would have. */
  readonly signIn: (password: string) => Promise<void>;
  readonly signIns: () => number;
  readonly close: () => Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly requestId?: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

/** Starts Chromium and speaks its DevTools protocol. @throws Error when it does not start */
export async function startBrowser(): Promise<Browser> {
  const dir = tempDir('chromium');
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0'];
  const child = spawn(commandPath('chromium'), [...args, `--user-data-dir=${dir}`, 'about:blank'], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const port = await portOf(dir);
  const tabs = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(tabs.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? '');
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const waiting = new Map<number, (message: Message) => void>();
  let sent = 0;
  let signIns = 0;
  let password: string | null = null;
  const send = (method: string, params: object = {}): Promise<Message> => {
    sent += 1;
    socket.send(JSON.stringify({ id: sent, method, params }));
    return new Promise((resolve) => waiting.set(sent, resolve));
  };
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    const requestId = message.params?.requestId;
    if (message.method === 'Fetch.requestPaused') void send('Fetch.continueRequest', { requestId });
    if (message.method !== 'Fetch.authRequired') return;
    signIns += 1;
    const authChallengeResponse = { response: 'ProvideCredentials', username: 'anybody', password };
    void send('Fetch.continueWithAuth', { requestId, authChallengeResponse });
  });
  const read = async (expression: string): Promise<unknown> =>
    (await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result?.result?.value;
  const until = async (expression: string, wanted: unknown): Promise<void> => {
    const what = `${expression} is ${JSON.stringify(wanted)}`;
    await look(
      what,
      () => read(expression),
      (value) => value === wanted,
    );
  };
  return {
    read,
    until,
    async open(url) {
      await send('Page.navigate', { url });
      await until(`document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`, true);
    },
    async signIn(word) {
      password = word;
      await send('Fetch.enable', { handleAuthRequests: true });
    },
    signIns: () => signIns,
    async close() {
      socket.close();
      child.kill('SIGKILL');
      await exited;
      removeTempDir(dir);
    },
  };
}

/** The port that it chose, from the file it writes. */
async function portOf(dir: string): Promise<number> {
  const file = join(dir, 'DevToolsActivePort');
  const said = await look(
    'chromium writes its port',
    () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    (text) => text.includes('\n'),
  );
  return Number(said.split('\n')[0]);
}
