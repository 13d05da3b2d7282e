const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of the process: threads, HTTP server, notices, state file and the real clients that it runs. Part of `limits`. */
export const processLimits = {
  /** Maximum number of probes in flight in a thread; above it the schedule waits. */
  workerInFlight: 256,
  workerHangMs: 30 * second,
  /**
   * If one light response of a mirror takes this much processor time of its thread, the mirror is probed in a separate thread
   * for `heldApartMs`. That thread ends when it was idle for `apartIdleMs`.
   */
  threadHeldMs: 500,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /** The maximum on any machine: one thread for heavy steps, which block a thread while they hash, and two for the rest. */
  workers: 3,
  /** Another thread starts when each one has this many probes in flight. */
  workerCrowd: 8,
  /**
   * A thread that was idle for this long ends. The time is longer than an hour, the usual pace of heavy steps: each start of a
   * thread uses another malloc arena (up to 16 on two cores) and leaves 3 MB in it, so ending it after each probe costs memory.
   */
  workerIdleMs: 90 * minute,
  /** Undelivered notices over all receivers; above it the oldest are dropped, mismatches last. */
  outbox: 5_000,
  deliveryMs: 10 * second,
  deliveryAgeMsMax: 24 * 60 * minute,
  deliveryBackoffMsMin: 1 * second,
  deliveryBackoffMsMax: 15 * minute,
  /** Discord responds with the whole message: 8 000 characters, of up to 6 bytes each where they are escaped. */
  receiverAnswerBytes: 64 * kib,
  /** The maximum timeout of one step of an action. */
  actionMsMax: 10 * minute,
  /** The maximum output of an action's program before it is ended, and the part that is kept. */
  actionOutputBytes: 1 * mib,
  actionOutputChars: 4_000,
  /** The maximum length of a file or a store's value that an action rewrites. */
  actionTextChars: 256 * kib,
  /** Attempts of a failed action; the wait starts at `actionRetryMs` and grows fourfold each time. */
  actionAttempts: 3,
  actionRetryMs: 15 * second,
  /** A step that only the other daemon of the pair may do now, by the lease in etcd, is retried after this time. */
  actionLeaseMs: second,
  /** The interval of retries of a failed undo; they never end. */
  actionUndoMs: 60 * minute,
  /** Rows of the journal in memory and in the state file; those that can still be undone always stay. */
  actionRows: 500,
  /** An action that made things worse is not repeated within this time. */
  actionRegretMs: 24 * 60 * minute,
  /** Incoming connections per address, and in total. Above either limit the longest idle unauthenticated one is closed. */
  connectionsPerAddress: 256,
  connections: 1_024,
  /** The timeout from the connection to the end of the request's head, a TLS handshake included. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** How long the body of a refused request (401, 413) is still read after the response. */
  refusedBodyMs: 1 * second,
  /** A response is closed if its client reads nothing for this long; event streams send heartbeats more often. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  /** Requests for pages from one client. A client is a token, or on loopback an address; each class has its own limit. */
  pageRequestsPerMinute: 600,
  /** Requests for lists, which programs poll. */
  listRequestsPerMinute: 600,
  /** Requests for remedies: hundreds of CI jobs may share one token. */
  remedyRequestsPerMinute: 6_000,
  /** Write requests, including Alertmanager's notifications. */
  writeRequestsPerMinute: 600,
  /** Requests per client of the front door: one `npm ci` of a large project sends a few thousand within seconds. */
  doorRequestsPerMinute: 60_000,
  /** Clients of the front door whose mirror is kept, so that signed lists and their files come from one place. */
  doorClientsKept: 10_000,
  /** How long a client keeps that mirror, from its first request. */
  doorStayMs: 10 * minute,
  /** The maximum length of a path at the front door: module paths and file names are far shorter. */
  doorPathChars: 2_048,
  /** Daemons that share the targets of one place. */
  shards: 64,
  /**
   * Responses passed through the front door at once. Above it clients are redirected, or get 503 if the mirror needs
   * credentials.
   */
  doorPassing: 512,
  /** Timeouts of the door's request to a mirror: in total, and between two chunks. */
  doorFetchMs: 20 * second,
  doorStallMs: 5 * second,
  /** A mirror that sends less than `doorPaceBytes` in this time counts as too slow. */
  doorPaceMs: 10 * second,
  doorPaceBytes: 40 * 1024,
  /** A client that reads nothing for this long is disconnected: it uses memory and one of `doorPassing`. */
  doorDrainMs: 30 * second,
  /** The maximum size of an index without a stated length. */
  doorIndexBytes: 128 * mib,
  /** The part of an index that is read before the client gets any of it. */
  doorAheadBytes: 1 * mib,
  /** The maximum size of an index whose links are rewritten, which is held in memory. */
  doorRewriteBytes: 32 * mib,
  /** The memory for all indexes that are rewritten at once; above it the next one fails. */
  doorHeldBytes: 512 * mib,
  /** Lines in the door's access log about refused requests: a client must not be able to fill the disk. */
  doorRefusedLinesPerMinute: 120,
  /**
   * If a mirror has not responded within its usual time, the door also requests from the next mirror. The wait is kept
   * within these bounds; it is `doorHedgeMs` if the usual time is unknown. For an artifact the wait is `doorHedgeMsMax`:
   * its mirror may fetch it for the first time, and a second download is costly.
   */
  doorHedgeMsMin: 50,
  doorHedgeMsMax: 2 * second,
  doorHedgeMs: 500,
  /** Connections to one host of a mirror, and hosts of all mirrors. */
  doorConnections: 64,
  doorPools: 200,
  /** The maximum length of an event in the daemon's stream: advice with its candidates has a few KB. */
  eventChars: 1 * mib,
  /** A stream without a heartbeat for this long is dead: more than two intervals of heartbeats. */
  eventSilentMs: 40 * second,
  /** Unauthorized requests per address; above it they get 429. Requests with the token are still accepted. */
  refusedRequestsPerMinute: 300,
  /** Clients that are counted separately; all others share one count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /**
   * Concurrent responses of /metrics: each holds its compressed text until it is read, a few megabytes with 15 000
   * targets.
   */
  scrapesAtOnce: 16,
  /** The maximum size of a notification: a few thousand alerts; set `max_alerts` in Alertmanager to send fewer. */
  alertmanagerBytes: 1 * mib,
  /** Notifications of Alertmanager that wait for the loop; above it they get 503, which Alertmanager retries. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  /** The maximum length of a shown label. */
  alertNameChars: 100,
  /**
   * Alerts in memory, including ended ones, so that repetitions are recognized; those not repeated for longest are
   * dropped first.
   */
  alertsKept: 1_000,
  /** An alert this old on its first arrival is stale; an alert not repeated for this long is dropped. */
  alertAgeMsMax: 24 * 60 * minute,
  /** The default of `repeat_interval`. Evidence that is not repeated for `alertRepeats` intervals has ended. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  /** After a start, evidence lasts at least this many intervals: notifications were lost while the daemon was down. */
  alertRepeatsAfterStart: 2,
  /** The minimum interval of writes without news: each transaction waits for the disk and rewrites pages. */
  commitMs: 1 * second,
  /** A repeated alert is written to the state file at most once in this interval. */
  alertHeardStoreMs: 1 * minute,
  /**
   * An alert that we send to an Alertmanager expires after this time. It is sent again after a third of it, as
   * Prometheus does.
   */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** Trouble that begins again within this time after its last end belongs to the same story; the same time as for `hold`. */
  storyLookBackMs: 180 * minute,
  /**
   * The end of recurring trouble is sent to people after this time; it doubles after each end that was sent too early,
   * up to `storyHoldMsMax`.
   */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /** People who were advised to use a mirror get no new advice while it costs at most this share more than the best. */
  storyWorseShare: 0.25,
  /** Messages of a chat that can still be edited: the newest of each receiver. */
  sentMessages: 20,
  /** Notices remembered for one message that can still be edited; older ones are forgotten. */
  sentNotices: 100,
  /**
   * The process ends within this time after SIGTERM; the next two limits fit in it. An interrupted delivery is repeated
   * with its id.
   */
  stopMs: 10 * second,
  /** Time given to probes in flight and deliveries at SIGTERM. */
  drainMs: 6 * second,
  /** The time after that, each for hanging threads, for connections, and for anything else that keeps the process alive. */
  closeMs: 1 * second,
  /** A wall clock that moves this much against the monotonic one has jumped; a loop silent this long was suspended. */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Start times vary by this share of their interval in both directions: enough to desynchronize, too little to overtake. */
  jitterShare: 0.05,
  /** The wait after a 429 without `Retry-After`; it doubles each time, up to `throttleMsMax`. */
  throttleMsMin: 5 * second,
  /**
   * The maximum wait of a step, whatever `Retry-After` requests: one response must not stop monitoring for a day. It is the
   * default pace of light steps, so a throttled step costs the mirror one request in this time. An outage that begins
   * during the wait is found after this time plus the usual confirmation.
   */
  throttleMsMax: 5 * minute,
  /** A longer `Retry-After` is taken for a broken clock. */
  retryAfterMsMax: 24 * 60 * minute,
  /** Heavy steps stop at this share of `bytesPerHour`, which leaves the rest to light ones. */
  heavyShareOfBytes: 0.8,
  /** The assumed bytes of a heavy step until it is measured (design.md section 4.1). */
  heavyBytesGuess: 1 * mib,
  /** Rechecks of a wrong hash that wait for a slot, per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** Values in a configuration (a YAML alias counts each time), and their depth. 500 mirrors have about 10 000 values. */
  configValues: 200_000,
  configDepth: 40,
  /** Mistakes of a configuration that are listed; the others are counted. */
  configMistakes: 1_000,
  /**
   * The timeout for reading a file that the configuration names: a dead network mount is then reported as a mistake. It is
   * longer than the timeout of a dead resolver, because name lookups and file reads share threads.
   */
  fileMs: 60 * second,
  /** The timeout of a reload's thread: the time for files (`fileMs`), and as much for checks. */
  configReadMs: 120 * second,
  /** The memory limit of that thread, MiB: the largest tested configuration takes 300. */
  configReadMebibytes: 1_024,
  /**
   * The maximum depth of references between files: to a folder, to the files in it, from a lock file to the file beside
   * it.
   */
  fileRounds: 20,
  /**
   * The timeout of a program that verifies a signature, long enough for a file of many megabytes; and the limit of its
   * output.
   */
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** A detached signature, some hundred bytes of each key. */
  detachedSignatureBytes: 64 * kib,
  /** The attestations of one file: one or two of about 10 KB. */
  provenanceBytes: 1 * mib,
  /** A signed list of checksums: Debian's has about 250 KB, with all architectures. */
  signedListBytes: 8 * mib,
  /** An index of packages: that of Debian's largest component has some 12 MiB packed and 50 MiB of text. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /** Packages taken from one index before it is read again; packages larger than `rotaPackageBytes` are skipped. */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /** The shown length of a key's name: npm's have 50 characters, a fingerprint 40, a workflow's URL about 100. */
  keyNameChars: 200,
  /** Keys of one registry (npm's has two), and signatures over one version (one, two while keys are changed). */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The maximum size of the state file. At this size writes fail as on a full disk, until rows have expired. */
  stateBytes: 8 * 1024 * mib,
  /**
   * Samples kept for a replay. A row fills one page of the file, covers at most `answerRowMs`, and is written at least every
   * `answerWriteMs` while it grows. Above `answerRows` rows (about 0.6 GiB) the oldest are deleted.
   */
  answerRowChars: 3_600,
  answerRowMs: 10 * minute,
  answerWriteMs: 5 * second,
  answerRows: 150_000,
  /**
   * Failed probes in the state file, the newest: about 2.6 KB each, at most 14 with one hop. A mirror that fails for weeks
   * would fill the file by `state.keep` alone.
   */
  probeRows: 400_000,
  mirrors: 500,
  modules: 5_000,
  /**
   * A real client's run: the kept part of its output, and the number of examined files, which a hostile artifact could
   * fill.
   */
  clientWordsBytes: 64 * kib,
  clientWordsLines: 30,
  clientLineChars: 500,
  clientEntries: 200_000,
  clientWatchMs: 500,
  /** The maximum output before it is stopped; pip's most verbose mode writes a few hundred KB. */
  clientOutputBytes: 8 * mib,
  /** The maximum disk use: the largest module zip that go accepts and its extracted files, doubled. */
  clientDiskBytes: 1536 * mib,
  /** RLIMIT_DATA of each of its processes: several times what npm takes for the largest packuments. */
  clientDataBytes: 4096 * mib,
  /** A run's folder older than this was left by a dead process: several times the longest run. */
  clientLeftMs: 60 * minute,
  /** Requests of one build at once, as many as a small build machine sends. */
  buildStreams: 8,
  /** One in this many probes is part of a build. */
  buildEvery: 10,
  /** The wait before a run that could not start is retried, and before one that differs from our steps is repeated. */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /** The first runs after a start are spread over this time, after a delay in which each step has had a response. */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;
