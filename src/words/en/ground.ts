/** Why an advice is given, or why none is though something is wrong. */
export const ground = {
  'ground.move': '{trouble}. {promise}.',
  'ground.refuse': '{trouble}. No switch is advised: {refusal}.',
  'ground.bypass':
    '{head} fails over HTTP/2 ({cause}) and answers over HTTP/1.1. No other mirror is advised: {refusal}. {bypass} makes {client} use HTTP/1.1 for all requests: more connections, slower builds.',
  'ground.bypassOver': '{head} answers over HTTP/2 again: {bypass} is no longer needed.',
  'ground.noBypass': '{refusal}, and no setting of {clients} is known that turns HTTP/2 off',
  'ground.cannot': '{head} cannot be judged',
  'ground.down': '{head} is down ({cause}): all {count} probes of the last {span} failed',
  'ground.hangs':
    '{head} hangs ({cause}): none of {count} probes in the last {span} got a complete response; each waited up to {waited}',
  'ground.refuses': '{head} refuses every request ({cause}): {count} probes in a row in the last {span}',
  'ground.throttles': '{head} throttles requests: its Retry-After ends in {span}',
  'ground.certificate':
    '{head} presents a certificate that clients refuse ({cause}): all {count} probes of the last {span} failed',
  'ground.downloads': '{head} fails every download ({cause}): {count} in a row in the last {span}',
  'ground.failsOne': '{head} fails for {what} ({cause}): {count} probes in a row in the last {span}',
  'ground.failsSome':
    '{head} fails for {failing} of {targets} targets ({cause}), such as {what}: all {count} probes of these failed in the last {span}',
  'ground.target': '{step} of {module}',
  'ground.unreliable':
    '{head} is unreliable ({cause}): {failed} of {all} probes in the last {span} failed ({percent} %)',
  'ground.recovered': '{head} responds again: all {count} probes of the last {span} succeeded',
  'ground.mismatch': '{head} served bytes that do not match their hash',
  'ground.notOrigins': '{head} serves other bytes than the origin',
  'ground.slow': '{head} is slow: {here} ({there} at {to})',
  'ground.faster': '{to} is faster than {head}, which is as fast as usual: {there} ({here} at {head})',
  'ground.throughput': '{head} has slow downloads: {here} ({there} at {to})',
  'ground.asFast': '{head} is as fast as {to} again: {here} ({there} at {to})',
  'ground.failback': '{to}, the preferred mirror, is healthy again, {away} after clients left it',
  'ground.slo': '{head} misses its objective by {alert}: its last {answers} canary answers have a p95 of {p95}{failed}',
  'ground.anAlert': 'an alert',
  'ground.alert': 'the alert {name}, firing for {span}',
  'ground.none': 'none',
  'ground.failed': ', {count} failed',
  'ground.lag': '{head} is behind',

  'ground.answered': '{to} answered {good} of {all}',
  'ground.takes': '{answered}; a fetch takes {there} there',
  'ground.cuts': 'Switching to {to} cuts a fetch from {here} to {there} (−{percent} %). {compared}',
  'ground.compared': 'Compared {rounds} times in the last {span}; {answered}',

  'ground.us': 'what we watch fails in one moment, so this looks like our own network',
  'ground.upstream': '{count} mirrors hand on trouble of the upstream ({names}), so another mirror would not help',
  'ground.unmeasured':
    'no other mirror was measured well enough ({good} good canary answers in the last {paces} paces, the last one good)',
  'ground.alone': 'there is no other mirror of {upstream}',
  'ground.ruledOut': 'every other mirror is ruled out ({others})',
} as const;
