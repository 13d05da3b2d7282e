const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Bounds of the process: its threads, its HTTP side, its messages, its state file and the clients that it runs. Part of `limits`. */
export const processLimits = {
  /** Queue between worker and main, in probes; more and the schedule waits. */
  workerInFlight: 256,
  workerHangMs: 30 * second,
  /**
   * A mirror of which one light answer took its thread so long in all (processor time) is probed in a thread apart for the time
   * after it; that thread ends when it was not needed for `apartIdleMs`.
   */
  threadHeldMs: 500,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /** At most, on any machine: one for heavy steps, which hold a thread while they hash, and two for the rest. */
  workers: 3,
  /** Another thread starts where each has so many probes under way. */
  workerCrowd: 8,
  /**
   * One that was not needed for so long ends: longer than the usual pace of heavy steps, an hour. Each start takes another of
   * malloc's arenas, sixteen on two cores, and leaves 3 MB in it: ending it after each probe costs more than it gives back.
   */
  workerIdleMs: 90 * minute,
  /** Undelivered notices over all receivers; beyond it the oldest go, mismatches last. */
  outbox: 5_000,
  deliveryMs: 10 * second,
  deliveryAgeMsMax: 24 * 60 * minute,
  deliveryBackoffMsMin: 1 * second,
  deliveryBackoffMsMax: 15 * minute,
  receiverAnswerBytes: 4 * kib,
  /** One step of an action: longer, and a second daemon may have begun the same. */
  actionMsMax: 10 * minute,
  /** What a program that an action runs may print before it is ended, and what is kept of it. */
  actionOutputBytes: 1 * mib,
  actionOutputChars: 4_000,
  /** A file, or a value of a store, that an action rewrites. */
  actionTextChars: 256 * kib,
  /** An action that failed is tried so often, with a pause that begins here and grows fourfold. */
  actionAttempts: 3,
  actionRetryMs: 15 * second,
  /** What another daemon of the pair may do, as etcd says, is tried again after this time. */
  actionLeaseMs: second,
  /** An undo that failed is tried again so often, without end. */
  actionUndoMs: 60 * minute,
  /** Rows of the journal in memory and in the state file; those that can still be undone always stay. */
  actionRows: 500,
  /** An action that made things worse is not repeated for so long. */
  actionRegretMs: 24 * 60 * minute,
  /** HTTP in: connections of one address, and of all. Past either a stranger's makes room, the one that was idle longest. */
  connectionsPerAddress: 256,
  connections: 1_024,
  /** From the connection to the end of the head, a TLS handshake included. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** A body that goes on after its answer was sent: what is refused (401, 413) is not read for `requestMs`. */
  refusedBodyMs: 1 * second,
  /** An answer that nobody reads on; event streams beat more often. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  /** Of one client (a token; on loopback an address), by class, so that none starves another: people and their browser, */
  pageRequestsPerMinute: 600,
  /** programs that poll, */
  listRequestsPerMinute: 600,
  /** a CI that asks once a job, hundreds of them at once behind one token, */
  remedyRequestsPerMinute: 6_000,
  /** and what changes something, Alertmanager's posts among it. */
  writeRequestsPerMinute: 600,
  /** Of one client of the front door: an `npm ci` of a large project makes some thousand within seconds. */
  doorRequestsPerMinute: 60_000,
  /** Clients of the front door whose mirror is kept, so that signed lists and their files come from one place. */
  doorClientsKept: 10_000,
  /** For so long after the first of its requests. */
  doorStayMs: 10 * minute,
  /** A path that clients ask the front door for: module paths and file names are far shorter. */
  doorPathChars: 2_048,
  /** Daemons that share the targets of one place. */
  shards: 64,
  /** Responses that pass through the front door at once; beyond them clients are redirected, or wait (503) for a mirror with credentials. */
  doorPassing: 512,
  /** Of one that it passes on: until its head has come, between two pieces, and in all. */
  doorFetchMs: 20 * second,
  doorStallMs: 5 * second,
  /** A mirror that sends less than this in so long, while it is waited for, drips: 4 KiB a second. */
  doorPaceMs: 10 * second,
  doorPaceBytes: 40 * 1024,
  /** A client that reads nothing for so long is cut: it holds memory and one of the places above. */
  doorDrainMs: 30 * second,
  doorIndexBytes: 128 * mib,
  /** Read of an index before the client sees any of it. */
  doorAheadBytes: 1 * mib,
  /** An index whose links are rewritten is held whole. */
  doorRewriteBytes: 32 * mib,
  /** Of all of them at once; the next one is refused. */
  doorHeldBytes: 512 * mib,
  /** Lines of its access log about requests that it refuses: whoever sends them must not fill a disk. */
  doorRefusedLinesPerMinute: 120,
  /**
   * A second mirror is asked after the usual time of the first, within these bounds; the first where it is not known. For an
   * artifact it is the longest one: it may come from behind the mirror, and twice is dear.
   */
  doorHedgeMsMin: 50,
  doorHedgeMsMax: 2 * second,
  doorHedgeMs: 500,
  /** Connections to one host of a mirror, and hosts of all mirrors. */
  doorConnections: 64,
  doorPools: 200,
  /** An event of the daemon's stream: advice with its candidates has some KB. */
  eventChars: 1 * mib,
  /** Without a heartbeat for so long, the stream is dead: there is one every 15 s. */
  eventSilentMs: 40 * second,
  /** Refused ones of one address: it is then told to wait. Whoever has the token comes in all the same. */
  refusedRequestsPerMinute: 300,
  /** Clients told apart; the others share a count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /** Answers of /metrics at once: the zipped text of each is held until it is read, some megabytes with 15 000 targets. */
  scrapesAtOnce: 16,
  /** A notification of Alertmanager: some thousand alerts; more is cut with `max_alerts` there. */
  alertmanagerBytes: 1 * mib,
  /** Posts of Alertmanager that wait for the loop; more are answered 503, which it retries. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  /** Of a label that people are shown. */
  alertNameChars: 100,
  /** Alerts remembered, ended ones included, so that a repetition is known as one; the longest silent ones go first. */
  alertsKept: 1_000,
  /** An alert this old when it is first heard of is stale, and one not heard of for so long is forgotten. */
  alertAgeMsMax: 24 * 60 * minute,
  /** `repeat_interval` where the configuration names none; evidence not heard of for so many of them has ended. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  /** After a start it has at least so many of them to be heard again: nobody listened before. */
  alertRepeatsAfterStart: 2,
  /** What nobody was told of is written at most so often: each transaction waits for the disk, and rewrites pages of its own. */
  commitMs: 1 * second,
  /** Repetitions are written to the state file at most so often. */
  alertHeardStoreMs: 1 * minute,
  /** What we push to an Alertmanager ends by itself after this, and is sent again at a third of it, as Prometheus does. */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** Trouble that begins again within this of its last end is the same story; by the departures that `hold` looks back at. */
  storyLookBackMs: 180 * minute,
  /** An end of what came and went before is told once it has held so long; twice as long each time it was told too soon, up to the second. */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /** One who was told to use another mirror stays there while it costs at most so much more than the best. */
  storyWorseShare: 0.25,
  /** Messages of a chat that can still be changed, the newest of each receiver. */
  sentMessages: 20,
  /** Notices of one such message that later ones can name. */
  sentNotices: 100,
  /** From SIGTERM the process is gone within this: what follows fits in it. A delivery that is cut is sent again under its id. */
  stopMs: 10 * second,
  /** Time given to probes in flight and deliveries at SIGTERM. */
  drainMs: 6 * second,
  /** Then so much each for threads that hang, for connections, and for what keeps the process from ending. */
  closeMs: 1 * second,
  /** A wall clock that moves this much against the monotonic one has jumped; a loop silent this long was suspended. */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Start times move by so much of their interval either way: enough to break step, little enough never to overtake. */
  jitterShare: 0.05,
  /** A 429 without `Retry-After`: wait so long, then twice as long, up to `throttleMsMax`. */
  throttleMsMin: 5 * second,
  /**
   * No step of a mirror waits longer, whatever `Retry-After` asks for: one answer must not stop monitoring for a day. It is
   * the default pace of the light steps, so a throttled step costs the mirror one request each five minutes; a mirror that
   * stops answering during the wait is found after this and an outage's failures.
   */
  throttleMsMax: 5 * minute,
  /** A `Retry-After` beyond a day is a broken clock, not a wish. */
  retryAfterMsMax: 24 * 60 * minute,
  /** Heavy steps stop at this share of `bytesPerHour`, which leaves the rest to light ones. */
  heavyShareOfBytes: 0.8,
  /** What a heavy step is taken to move until it was measured (design.md section 4.1). */
  heavyBytesGuess: 1 * mib,
  /** Second looks at a wrong hash that wait for a slot, per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** Values of a configuration, what an alias stands for counted each time, and how deep they nest: five hundred mirrors have ten thousand. */
  configValues: 200_000,
  configDepth: 40,
  /** Mistakes of a configuration that are listed; the others are counted. */
  configMistakes: 1_000,
  /**
   * A file of the configuration that is not read by then (a dead network mount) is a mistake, not a stand-still. Longer than a
   * resolver that nobody answers takes to give up: its look-ups and files share the threads that read.
   */
  fileMs: 60 * second,
  /** A configuration that is read again is read in a thread of its own, which ends by then: files have their time, checking some seconds. */
  configReadMs: 120 * second,
  /** Memory of that thread for what it reads, MiB: the largest that was tried takes 300. */
  configReadMebibytes: 1_024,
  /** Rounds of reading: what a file names may lead to a folder, that to files, a lock file to the one beside it. */
  fileRounds: 20,
  /**
   * The timeout of a program that verifies a signature, long enough for a file of many megabytes; and the limit of its
   * output.
   */
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** A detached signature, some hundred bytes of each key. */
  detachedSignatureBytes: 64 * kib,
  /** Attestations of one file: about 10 KB each, and some have two. */
  provenanceBytes: 1 * mib,
  /** A list of signed sums: Debian's has some 250 KB, with all architectures. */
  signedListBytes: 8 * mib,
  /** An index of packages: that of Debian's largest component has some 12 MiB packed and 50 MiB of text. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /** Packages that one index is asked for before it is read again, 40 KB of text; larger ones are left out. */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /** An authority's name of a key, as shown: npm's have 50 characters, a fingerprint 40, a workflow's URL some 100. */
  keyNameChars: 200,
  /** Keys of one registry (npm's has two), and signatures over one version (one, two while keys are changed). */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The state file never grows past this: it is then full, as a disk would be, and takes rows again once some expired. */
  stateBytes: 8 * 1024 * mib,
  /**
   * Answers kept for a replay: a row is one page of the file, holds at most so many minutes, and is written at least so
   * often while it grows; beyond so many rows (about 0.6 GiB) the oldest go, however young.
   */
  answerRowChars: 3_600,
  answerRowMs: 10 * minute,
  answerWriteMs: 5 * second,
  answerRows: 150_000,
  mirrors: 500,
  modules: 5_000,
  /** A real client's run: what is kept of its words, and looked at below its folder, which a hostile artifact could fill. */
  clientWordsBytes: 64 * kib,
  clientWordsLines: 30,
  clientLineChars: 500,
  clientEntries: 200_000,
  clientWatchMs: 500,
  /** Beyond so much output it is stopped; pip at its most talkative writes some hundred KB. */
  clientOutputBytes: 8 * mib,
  /** And beyond so much disk: the largest module zip that go takes, its extracted files and as much again. */
  clientDiskBytes: 1536 * mib,
  /** RLIMIT_DATA of each of its processes: several times what npm takes for the largest packuments. */
  clientDataBytes: 4096 * mib,
  /** A folder this old is nobody's: several times the longest run. */
  clientLeftMs: 60 * minute,
  /** Requests of one build at once, as many as a small build machine sends. */
  buildStreams: 8,
  /** One probe in so many is part of a build. */
  buildEvery: 10,
  /** A run that could not start is tried again after so long, and one that differs from our steps repeated. */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /** The first runs after a start lie within so much, and after so much: the steps have answered once by then. */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;
