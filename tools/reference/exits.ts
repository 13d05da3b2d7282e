/** What the exit codes 0 and 1 of each command mean; 2 is wrong usage or configuration of every one. */
export const exits: Readonly<Record<string, readonly [fine: string, trouble: string]>> = {
  init: [
    'written',
    'nothing written: a file is there already, nobody said yes, nothing to watch was found, or it could not be written',
  ],
  run: ['stopped as it was asked to', 'did not start: the port or the state file is taken, or cannot be used'],
  check: ['the configuration is right; warnings are printed', 'never'],
  probe: ['the probe, or the client, succeeded', 'it failed, or nobody could tell'],
  rank: ['there is a line to set, or to keep', 'no mirror is usable'],
  advice: [
    'nothing is to be changed, or what was asked for was done',
    'advice is pending, the daemon cannot be asked, or nothing was applied',
  ],
  actions: ['listed, stopped, resumed, or an undo was requested', 'refused, or the daemon cannot be asked'],
  'what-if': ['worked out', 'the daemon cannot be asked'],
  doctor: ['no trap, or notes alone', 'a trap, or something that could not be told'],
  explain: ['a known error', 'no known error in it'],
  undo: ['put back, or listed', 'nothing to put back, or a file was changed since'],
  replay: ['replayed', 'no history, or a state file that cannot be read'],
  ack: ['acknowledged', 'refused, or the daemon cannot be asked'],
  webhook: ['delivered, or drawn', 'not delivered'],
  pause: ['paused or resumed', 'refused, or the daemon cannot be asked'],
  health: ['healthy, or ready with `--ready`', 'neither, or nobody answers'],
  fleet: [
    'every mirror is up and no place differs; with --listen: stopped as it was asked to',
    'something differs, the response is partial, or the store does not respond',
  ],
  door: ['stopped as it was asked to', 'did not start: the port is taken, or cannot be used'],
  rules: ['printed', 'never'],
  demo: [
    'the story was told, or it was stopped',
    'stopped with `--once` before its story was told, or it did not start',
  ],
  completion: ['printed', 'never'],
};
