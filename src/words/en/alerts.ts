/**
 * What the alerts of `mirrorwatch rules` say. What is filled in are the templates that Prometheus fills in itself:
 * src/rules/said.ts has them.
 */
export const alerts = {
  'alert.lastGood': ' Its last good answer was {ago} ago.',
  'alert.MirrorNoneUsable.summary': 'Nothing of {upstream} is usable from here',
  'alert.MirrorNoneUsable.says':
    'No mirror of {upstream} ({ecosystem}) is up as seen from {instance}: {value} that answered before fail, and there is nothing to move to.',
  'alert.MirrorDown.summary': 'Mirror {registry} is down',
  'alert.MirrorDown.says':
    '{registry} ({ecosystem}, upstream {upstream}) has been down for over a minute, confirmed.{more}',
  'alert.MirrorStateUnknown.summary': 'The state of {registry} is unknown',
  'alert.MirrorStateUnknown.says':
    '{registry} ({ecosystem}) has had no judged sample for over 15 minutes, and nobody paused it.{more}',
  'alert.MirrorNoSuccess.summary': 'No good answer from {registry}',
  'alert.MirrorNoSuccess.says': 'The last good answer of {registry} ({ecosystem}) was {span} ago.',
  'alert.MirrorNeverAnswered.summary': '{registry} has never answered',
  'alert.MirrorNeverAnswered.says':
    '{registry} ({ecosystem}) gave no good answer in {value} attempts since the daemon started, and its state file knows of none before.',

  'alert.MirrorSpike.summary': '{registry} is slow now',
  'alert.MirrorSpike.says':
    '{registry} ({ecosystem}) is in a spike: {value} slow samples in a row on its worst target.',
  'alert.MirrorLevelShift.summary': '{registry} has become slower for good',
  'alert.MirrorLevelShift.says':
    '{value} open finding on {registry} ({ecosystem}): a spike lasted so long that its round trips are the new baseline.',
  'alert.MirrorSlow.summary': '{registry} has been slow for an hour',
  'alert.MirrorSlow.says':
    'On half of the judged targets of {registry} ({ecosystem}), or more, the 95th percentile of the last hour is above {factor} × their baselines: {seconds} s on the worst.',

  'alert.refusedMost': ' Most often within 15 minutes: {often}, about {count} times.',
  'alert.MirrorRefuses.summary': '{registry} refuses us',
  'alert.MirrorRefuses.says':
    '{registry} ({ecosystem}) answers with a refusal: throttled, denied, or absent where others have it.{more}',
  'alert.MirrorUnreliable.summary': '{registry} fails now and then',
  'alert.MirrorUnreliable.says':
    '{registry} ({ecosystem}) fails more often than it should, and answers in between: too seldom for an outage, too often for chance.',
  'alert.MirrorSlowDownloads.summary': '{registry} moves artifacts slowly',
  'alert.MirrorSlowDownloads.says':
    '{registry} ({ecosystem}) moves artifacts at less than a quarter of what its siblings do, and below 1 MiB/s.',
  'alert.MirrorMaskedUpstream.summary': '{registry} hides the faults of its upstream',
  'alert.MirrorMaskedUpstream.says':
    '{registry} ({ecosystem}) answered about {about} probes within 15 minutes with "not found" where it could not fetch: clients then fall through to the next in their chain, or fail.',
  'alert.MirrorContentMismatch.summary': '{registry} serves wrong bytes',
  'alert.MirrorContentMismatch.says':
    '{registry} ({ecosystem}) served wrong bytes for {module} {version} twice, over two connections, or showed that what vouches for hashes is forked (cause: {cause}). Its finding has both sides. It stays until acknowledged.',

  'alert.MirrorLagging.summary': '{registry} is behind',
  'alert.MirrorLagging.says':
    '{registry} ({ecosystem}) lacks what the others have, for {span} at least in its worst module. The finding names it.',
  'alert.MirrorLagUnknown.summary': 'How far behind {registry} is cannot be told any more',
  'alert.MirrorLagUnknown.says':
    'The lag of {registry} ({ecosystem}) was known within the last day and is not now: neither the origin nor two other mirrors answer, or its own lists do not.',
  'alert.MirrorRegression.summary': '{registry} goes back and forth',
  'alert.MirrorRegression.says':
    'About {about} answers of {registry} ({ecosystem}) within an hour had gone backwards: a list, a tag or a serial was older than before.',

  'alert.expired': 'has expired',
  'alert.expiresSoon': 'expires soon',
  'alert.expiredAgo': 'expired {past} ago: clients refuse it',
  'alert.expiresIn': 'expires in {span}',
  'alert.MirrorCertificateExpires.summary': 'The certificate of {registry} {expires}',
  'alert.MirrorCertificateExpires.says': 'The certificate of {registry} {expiresWhen}.',
  'alert.MirrorCertificateInvalid.summary': 'The certificate of {registry} is refused ({reason})',
  'alert.MirrorCertificateInvalid.says':
    'About {about} probes of {registry} ({ecosystem}) within 15 minutes ended at its certificate: {reason}. Clients refuse it as well.',
  'alert.MirrorCertificateUnknown.summary': 'The certificate of {registry} is not seen any more',
  'alert.MirrorCertificateUnknown.says':
    '{registry} showed a certificate within the last day, valid until {until}, and shows none now.',

  'alert.MirrorAdvice.summary': 'Advice: move from {from} to {to}',
  'alert.MirrorAdvice.says':
    'Clients of {upstream} ({ecosystem}) should leave {from} for {to} because of: {cause}. If both are the same, the order behind it changes, or the line is a setting of the client. This prints the line to paste, and the way back: {command}',
  'alert.MirrorAdviceUnheeded.summary': 'Advice for {upstream} has waited for an hour',
  'alert.MirrorAdviceUnheeded.says':
    '{value} advice for clients of {upstream} ({ecosystem}) has been proposed for over an hour, and nobody has accepted it: they go on with a chain that is held to be bad. This prints the line to paste: {command}',
  'alert.MirrorAdviceRegretted.summary': 'A move of {upstream} was not worth it',
  'alert.MirrorAdviceRegretted.says':
    'Looking back, the mirror that clients of {upstream} ({ecosystem}) left on advice did better than the one they moved to, by our own canaries. It happened within the last day.',

  'alert.MirrorErrorBudgetFast.summary': '{registry} burns its error budget fast',
  'alert.MirrorErrorBudgetFast.says':
    '{percent} of the probes of {registry} ({ecosystem}) fail, where {slo} % should not: at this pace the budget of 30 days is gone within days.',
  'alert.MirrorErrorBudgetSlow.summary': '{registry} will not meet its objective',
  'alert.MirrorErrorBudgetSlow.says':
    '{percent} of the probes of {registry} ({ecosystem}) have failed over a day or more, where {slo} % should not.',

  'alert.MirrorDownMostPlaces.summary': '{registry} is down from most places',
  'alert.MirrorDownMostPlaces.says':
    '{registry} ({ecosystem}) is down as seen from {value} places, more than half of those that watch it: it is the mirror, not the way there.',
  'alert.MirrorSlowMostPlaces.summary': '{registry} is slow from most places',
  'alert.MirrorSlowMostPlaces.says':
    '{registry} ({ecosystem}) is slow as seen from {value} places, more than half of those that watch it: it is the mirror, not the way there.',
  'alert.MirrorErrorBudgetMostPlaces.summary': '{registry} burns its error budget from most places',
  'alert.MirrorErrorBudgetMostPlaces.says':
    '{registry} ({ecosystem}) burns its error budget as seen from {value} places, more than half of those that watch it: it is the mirror, not the way there.',
  'alert.VantageOutlier.summary': 'The place {vantage} is bad, not the mirrors',
  'alert.VantageOutlier.says':
    '{value} mirrors are down or slow as seen from {vantage} and well from most other places: look at the line of {vantage}.',
  'alert.VantageMissing.summary': 'Only {value} places report',
  'alert.VantageMissing.says':
    '{value} places report, fewer than within the last day or than {vantages}: what is said of most places stands on fewer votes.',

  'alert.leftUnjudged': ' About {count} probes within 5 minutes were left unjudged for it.',
  'alert.VantageSuspect.summary': 'The network of {instance} is suspect',
  'alert.VantageSuspect.says':
    'Mirrors that do not depend on each other fail together as seen from {instance}: verdicts stand still until it is over.{more}',
  'alert.stateUnknown': ' Of its mirrors, {count} have an unknown state.',
  'alert.VantageUnknown.summary': '{instance} cannot judge its own network',
  'alert.VantageUnknown.says':
    '{instance} ({version}) has not finished a first pass over its canaries for over 15 minutes.{more}',

  'alert.MirrorwatchUnfit.summary': '{instance} has a finding about itself ({kind})',
  'alert.MirrorwatchUnfit.says':
    '{value} open finding of kind {kind}: {instance} spoils its own samples, sees something else than real clients, or its place is cut off.',
  'alert.MirrorwatchSchedulerBehind.summary': '{instance} is behind its schedule',
  'alert.MirrorwatchSchedulerBehind.says':
    'One probe in a hundred of {instance} starts {span} late or more: paces are not kept, and probes crowd.',
  'alert.watches': ' It watches {count} mirrors.',
  'alert.MirrorwatchReloadFailed.summary': '{instance} refused its new configuration',
  'alert.MirrorwatchReloadFailed.says':
    '{instance} goes on with the configuration of {span} ago; the new one has mistakes, which are in its log.{more}',
  'alert.openFindings': ' Open findings: {count}.',
  'alert.waitingNotices': ' Waiting notices: {count}.',
  'alert.MirrorwatchStateNotWritable.summary': '{instance} cannot write its state',
  'alert.MirrorwatchStateNotWritable.says':
    'The state file of {instance} takes no writes: it goes on watching, but a restart would forget findings, advice and undelivered notices.{more}',
  'alert.MirrorwatchStateSetAside.summary': '{instance} began anew: its state file was corrupt',
  'alert.MirrorwatchStateSetAside.says':
    'The state file of {instance} was corrupt and was set aside within the last six hours: baselines, findings, advice and undelivered notices of before are gone, pauses and acknowledgements too.',
  'alert.MirrorwatchWebhookStuck.summary': 'Notices to {receiver} are stuck',
  'alert.MirrorwatchWebhookStuck.says': 'The oldest notice to {receiver} has waited {span}.',
  'alert.MirrorwatchNoticesLost.summary': 'Notices to {receiver} were given up',
  'alert.MirrorwatchNoticesLost.says':
    'About {about} notices to {receiver} were given up within 15 minutes: rejected, too old, or no room.',
  'alert.MirrorwatchLinesDropped.summary': '{instance} leaves targets out of /metrics',
  'alert.MirrorwatchLinesDropped.says':
    'The configuration of {instance} has more lines than limits.lines allows: the last configured targets are probed but not shown.',
  'alert.MirrorwatchDown.summary': 'mirrorwatch at {instance} is down',
  'alert.MirrorwatchDown.says':
    'Prometheus cannot scrape mirrorwatch at {instance} (job {job}): nothing watches the mirrors from there.',
  'alert.MirrorwatchAbsent.summary': 'No mirrorwatch is scraped',
  'alert.MirrorwatchAbsent.says':
    'Prometheus has no series of any mirrorwatch: every other alert here is silent, not satisfied.',
} as const;
