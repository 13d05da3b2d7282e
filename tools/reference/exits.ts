/** What the exit codes 0 and 1 of each command mean; 2 is wrong usage or configuration of every one. */
export const exits: Readonly<Record<string, readonly [fine: string, trouble: string]>> = {
  init: [
    'the file was written',
    'nothing was written: the file exists already, the prompt was not confirmed, nothing to monitor was found, or the write failed',
  ],
  run: ['stopped on request', 'did not start: the port or the state file is in use, or cannot be used'],
  check: ['the configuration is valid; warnings are printed', 'never'],
  probe: ['the probe, or the client, succeeded', 'the probe, or the client, failed, or its result is unknown'],
  rank: ['a line to set was printed, or the current line is the best', 'no mirror is usable'],
  advice: [
    'nothing needs to be changed, or the requested change was made',
    'advice is pending, the daemon cannot be reached, or nothing was applied',
  ],
  actions: [
    'listed, stopped, resumed, or an undo was requested',
    'the daemon refused the request, or cannot be reached',
  ],
  doctor: ['no trap, or notes only', 'a trap, or something that could not be determined'],
  explain: ['the text contains a known error', 'the text contains no known error'],
  undo: [
    'undone, or listed',
    'there is nothing to undo, or a file was modified after the change; with `--all` also: settings still name the front door',
  ],
  replay: ['the replay is done', 'there is no history, or the state file cannot be read'],
  ack: ['acknowledged', 'the daemon refused the request, or cannot be reached'],
  webhook: ['delivered, or previewed', 'not delivered'],
  pause: ['paused or resumed', 'the daemon refused the request, or cannot be reached'],
  health: ['healthy, or ready with `--ready`', 'not healthy or not ready, or the daemon does not respond'],
  fleet: [
    'every mirror is up from every place, and no place has a problem; with --listen: stopped on request',
    'a mirror or a place has a problem, the response is partial, or the store does not respond',
  ],
  door: ['stopped on request', 'did not start: the port is in use or cannot be used'],
  rules: ['printed', 'never'],
  demo: [
    'the scenario ended, or the demo was stopped',
    'stopped with `--once` before the scenario ended, or it did not start',
  ],
  completion: ['printed', 'never'],
};
