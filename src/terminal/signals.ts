import type { World } from './context.ts';

/**
 * Receives the signals of a long-running command. If a reload is requested before `onReload` is called, the reload is
 * performed when `onReload` is called. SIGHUP always has a handler. Without one, SIGHUP would end the process, and
 * systemd counts that as a clean exit.
 */
export function receiveSignals({ onSignal }: Pick<World, 'onSignal'>): {
  readonly stopped: Promise<void>;
  onReload(act: () => void): void;
} {
  let reload: (() => void) | null = null;
  let isWanted = false;
  const stopped = new Promise<void>((resolve) =>
    onSignal((signal) => {
      if (signal === 'stop') resolve();
      else if (reload === null) isWanted = true;
      else reload();
    }),
  );
  return {
    stopped,
    onReload(act) {
      reload = act;
      if (isWanted) act();
    },
  };
}
