/** What the exit codes 0 and 1 of each command mean; 2 is wrong usage or configuration of every one. */
export const exits: Readonly<Record<string, readonly [fine: string, trouble: string]>> = {
  init: [
    'written',
    'nothing written: the file exists already, the prompt was not confirmed, nothing to monitor was found, or the write failed',
  ],
  run: ['stopped on request', 'did not start: the port or the state file is in use or cannot be used'],
  check: ['the configuration is valid; warnings are printed', 'never'],
  probe: ['the probe, or the client, succeeded', 'it failed, or the result is unknown'],
  rank: ['there is a line to set, or to keep', 'no mirror is usable'],
  advice: [
    'nothing needs to be changed, or the requested change was made',
    'advice is pending, the daemon cannot be reached, or nothing was applied',
  ],
  actions: ['listed, stopped, resumed, or an undo was requested', 'refused, or the daemon cannot be reached'],
  doctor: ['no trap, or notes only', 'a trap, or something that could not be determined'],
  explain: ['the text contains a known error', 'it contains no known error'],
  undo: [
    'undone, or listed',
    'nothing to undo, or a file was modified after the change; with `--all` also settings that name the front door',
  ],
  replay: ['replayed', 'no history, or a state file that cannot be read'],
  ack: ['acknowledged', 'refused, or the daemon cannot be reached'],
  webhook: ['delivered, or previewed', 'not delivered'],
  pause: ['paused or resumed', 'refused, or the daemon cannot be reached'],
  health: ['healthy, or ready with `--ready`', 'not so, or the daemon does not respond'],
  fleet: [
    'every mirror is up and no place differs; with --listen: stopped on request',
    'something differs, the response is partial, or the store does not respond',
  ],
  door: ['stopped on request', 'did not start: the port is in use or cannot be used'],
  rules: ['printed', 'never'],
  demo: [
    'the scenario ended, or the demo was stopped',
    'stopped with `--once` before the scenario ended, or it did not start',
  ],
  completion: ['printed', 'never'],
};
