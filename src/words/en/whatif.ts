/** What-if: what another chain of a client's would do, on the page and on the command line. */
export const whatif = {
  'whatif.title': 'What if',
  'whatif.nav': 'what if',
  'whatif.link': 'What if clients had another chain?',
  'whatif.lead':
    'Edit the chain that clients have, and see what it would do by what was measured in the last half hour. Nothing is changed by it.',
  'whatif.groups': 'Mirrors of',
  'whatif.field': 'Chain of {client}',
  'whatif.fieldOf': 'Chain of {client} ({group})',
  'whatif.client': 'Walked as',
  'whatif.hint':
    'As the client has it, with its own separators. Leave credentials out: they are not needed, and are taken out of URLs before anything is sent.',
  'whatif.noScript': 'Without its script this page cannot do that: the browser sends what stands in the field.',
  'whatif.held':
    'Nothing is sent while a host is typed that is not watched here: it may be half of a password. When the chain is whole, press “Work it out”.',
  'whatif.half': 'Nothing was sent: what stands behind a colon is no port, and may be a password whose “@” is missing.',
  'whatif.work': 'Work it out',
  'whatif.start': 'Start from:',
  'whatif.useInUse': 'the chain in use',
  'whatif.useAdvised': 'the one advised',
  'whatif.outcome': 'What it would do',
  'whatif.failed': 'The daemon does not answer',

  'whatif.edited': 'this chain',
  'whatif.inUse': 'in use',
  'whatif.advised': 'advised',
  'whatif.measure': 'measure',
  'whatif.available': 'fetches that end well',
  'whatif.fetch': 'one fetch',
  'whatif.fetchCost': 'with what failures cost',
  'whatif.build': 'one build',
  'whatif.buildFails': 'builds that fail',
  'whatif.buildCost': 'a build with what failures cost',
  'whatif.rests': 'rests on',
  'whatif.downloads': 'downloads',
  'whatif.notMeasured': 'not measured',
  'whatif.none': 'none',
  'whatif.is': '{what}: {value}',
  'whatif.between': '{low} to {high}',
  'whatif.chance': 'chance leaves {low} to {high}',
  'whatif.chanceOf': 'chance leaves',
  'whatif.moments': '{count} moments in {span}',
  'whatif.answers': '{count} answers each in {span}',
  'whatif.downloadsBad': '{failed} of the last {count} failed',
  'whatif.downloadsOpen': '{failed} of the last {count} failed, {unmeasured} not measured',

  'whatif.time.faster': 'faster',
  'whatif.time.slower': 'slower',
  'whatif.time.equal': 'as fast',
  'whatif.time.unsure': 'too few moments to tell their times apart',
  'whatif.time.none': 'no moment was good for both',
  'whatif.beside': 'beside the one {which}: {time}',
  'whatif.against':
    'Beside the one {which}: {time}. In {count} moments, those of downloads and confirming rounds too, that both were walked in it saves {rescued} that fail with that one, and fails in {broken} that end well with that one.',
  'whatif.againstNone': 'There is no moment that it and the one {which} were both walked in to a measured end.',
  'whatif.same': 'Nothing else is advised than the chain in use.',

  'whatif.members': 'Its members',
  'whatif.member.good': '{good} of {count} answers were good',
  'whatif.member.unmeasured': 'watched, but not measured enough yet',
  'whatif.member.unwatched': 'not watched here: nothing is known of it',
  'whatif.member.direct': 'what comes past the mirrors is not measured',
  'whatif.member.off': 'the fetch ends here',

  'whatif.note.unmeasured':
    'Of {count} moments {unmeasured} end where nothing is measured. They may end well or not, so shares and costs lie between two numbers; times are those of the others.',
  'whatif.note.independent':
    'Its mirrors were not asked in the same moments. The numbers suppose that they do not fail together, which they often do: take the share as too good.',
  'whatif.note.none':
    'None of its members is measured here, so nothing can be said of it. That is not to say that it is fine.',
  'whatif.note.few': 'Few moments: the first numbers after a start are rough.',
  'whatif.note.downloads':
    'No download through it was measured. In a fetch they count as light steps, in a build as what the other mirrors take.',
  'whatif.note.noDownloads': 'No download was measured at any mirror, so nothing is said of a build.',
  'whatif.note.vantage': 'It may be our own network just now: what fails here may not fail elsewhere.',
  'whatif.model':
    'The numbers are reckoned as advice is: a fetch is its steps one after the other, a build ten light and five heavy ones, three at once; a failure counts {cost}. Chance: 19 times of 20, if moments did not hang together.',

  'whatif.which': "which chain? such as 'https://a.example.com,direct'",
  'help.what-if.summary': 'what another chain of a client would do, by what a running daemon has measured',
  'help.what-if.details': `CHAIN is what the client has, with its own separators and in quotes: a GOPROXY line, a registry's URL, index URLs, hosts
in order. It is walked over the answers of the last half hour by the rules of that client, beside the chain in use and the
one advised. Nobody is asked and nothing is changed. Whose it is follows from its mirrors where --ecosystem is left out.
Exit 2 where the chain cannot be read.`,

  'whatif.problem.empty': 'There is no chain to walk.',
  'whatif.problem.too_long': 'The chain is longer than {expected} characters.',
  'whatif.problem.too_many_members': 'The chain has more than {expected} members.',
  'whatif.problem.reserved_word': 'Member {at} is a bare word; expected: {expected}.',
  'whatif.problem.not_a_url': 'Member {at} is no URL; expected: {expected}.',
  'whatif.problem.private':
    'This names something that the configuration keeps private. It is asked of no mirror, whatever the chain, so there is nothing to reckon with.',
  'whatif.problem.unknown_group': 'No mirrors of that kind are watched here; there are: {expected}.',
  'whatif.problem.unknown_client': 'That client is not known there; there are: {expected}.',
  'whatif.problem.which_group': 'Whose chain is it? Name the ecosystem and the upstream; there are: {expected}.',
} as const;
