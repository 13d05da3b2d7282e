const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of the process, and of programs that it runs. Part of `limits`. */
export const processLimits = {
  workerInFlight: 256,
  /**
   * A probing thread that sends no heartbeat for this long is replaced; `workerStartMs`: the same before the first
   * heartbeat; `apartHangMs`: the same in the separate thread, so that several of its probes end within `roundMs`.
   */
  workerHangMs: 5 * second,
  apartHangMs: 3 * second,
  workerStartMs: 30 * second,
  /**
   * A mirror is moved to a separate thread if one of its responses, except a whole artifact, takes this much processor
   * time.
   */
  threadHeldMs: 500,
  /**
   * The processor time in milliseconds that a response may take for each MiB of its body, if the result is more than
   * `threadHeldMs`. An HTML page that is read twice needs 50 ms per MiB on a busy machine.
   */
  heldMsPerMib: 100,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /**
   * The maximum number of probing threads, one of them for large artifacts. The separate thread for mirrors whose
   * responses take much processor time (`threadHeldMs`) is additional.
   */
  workers: 3,
  /**
   * An artifact up to this size may be hashed in any thread. Larger ones, and those of unknown size, are hashed in the
   * thread for large artifacts (see `workers`). `smallArtifacts`: the maximum number of targets that are remembered as
   * small.
   */
  smallArtifactBytes: 256 * kib,
  smallArtifacts: 20_000,
  /** Another probing thread starts if the running threads have more than this many jobs (such as probes) per thread. */
  workerCrowd: 8,
  /**
   * A probing thread that was not needed for this long stops. An idle thread takes 13 MB, and its start takes 0.3 s of
   * CPU time.
   */
  workerIdleMs: 1 * minute,
  /**
   * The maximum number of undelivered notices. If there are more, the oldest notice of the longest queue is dropped.
   * Notices of mismatches are dropped last.
   */
  outbox: 5_000,
  deliveryMs: 10 * second,
  deliveryAgeMsMax: 24 * 60 * minute,
  deliveryBackoffMsMin: 1 * second,
  deliveryBackoffMsMax: 15 * minute,
  /**
   * The maximum size of a receiver's response. Discord's response contains the message: 8 000 characters of up to 6
   * bytes.
   */
  receiverResponseBytes: 64 * kib,
  actionMsMax: 10 * minute,
  /**
   * If the output of an action's program is longer than this, the program is killed. If the response of a key-value
   * store is longer, the request counts as failed.
   */
  actionOutputBytes: 1 * mib,
  actionOutputChars: 4_000,
  /**
   * The maximum memory of each Git process of an action. Git itself needs 20 MiB. A repository of 110 KiB can make it
   * need gigabytes.
   */
  gitMemoryBytes: 256 * mib,
  /** The maximum size of each file that Git writes, and of the local copy before it is made anew. */
  gitFileBytes: 256 * mib,
  gitCopyFiles: 2_000,
  actionTextChars: 256 * kib,
  /**
   * The maximum number of attempts at a step of an action before the step counts as failed. A `command` that ran and
   * failed is not repeated.
   */
  actionAttempts: 3,
  /** The wait before the second attempt at a step of an action; each further wait is four times as long. */
  actionRetryMs: 15 * second,
  /** After an undo counts as failed (see `actionAttempts`), it is attempted again at this interval. */
  actionUndoMs: 60 * minute,
  actionRows: 500,
  /**
   * After a regretted switch (an audit found the previous mirror better), the action ignores advice for the upstream
   * for this long.
   */
  actionRegretMs: 24 * 60 * minute,
  /**
   * If an operator undoes an action, advice for the same switch that comes within this time is about the same trouble,
   * so the action does not follow it.
   */
  actionUndoneMs: 10 * minute,
  /**
   * File descriptors that the process needs apart from clients and mirrors: threads, state, log, programs, receivers.
   */
  descriptorsOwn: 128,
  /**
   * A probe needs two sockets if both address families are tried at once. Rarely, a resolver's socket is additional.
   */
  descriptorsPerExchange: 2,
  connectionsPerAddress: 256,
  connections: 1_024,
  /**
   * The maximum number of requests that a client may send over one connection before their responses have ended
   * (pipelining). Above it, the connection is closed. apt sends at most 10.
   */
  requestsPerConnection: 64,
  /** The timeout for receiving the head of a client's request, and for the TLS handshake before it. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** How long a client may continue to send its request body after the response has ended. */
  refusedBodyMs: 1 * second,
  /** A connection on which nothing is sent or received for this long during a request is closed. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  requestHeadBytes: 16 * kib,
  /**
   * The maximum number of requests outside `/api/` (such as for the status page), per client and minute. A client is
   * identified by its token or, without `listen.token`, by its address.
   */
  pageRequestsPerMinute: 600,
  listRequestsPerMinute: 600,
  /**
   * The maximum number of requests for remedies, per client and minute. It is high because hundreds of CI jobs may
   * share one token.
   */
  remedyRequestsPerMinute: 6_000,
  writeRequestsPerMinute: 600,
  /**
   * The default maximum number of requests to the front door, per client and minute. `npm ci` of a large project sends
   * a few thousand requests within seconds.
   */
  doorRequestsPerMinute: 60_000,
  /**
   * If a list and its packages must come from one mirror, the front door keeps a client at it for `doorStayMs`. It
   * remembers at most this many pairs of client and upstream.
   */
  doorClientsKept: 10_000,
  doorStayMs: 10 * minute,
  /** The minimum interval at which the front door logs that it cannot reach its daemon. */
  doorLostMs: 60 * minute,
  doorPathChars: 2_048,
  shards: 64,
  /** The maximum number of responses that the front door relays at once. Further clients are redirected, or get 503. */
  doorPassing: 512,
  /** The maximum number of front doors that a request passes, one behind the other. */
  doorHopsMax: 3,
  /**
   * How long the front door waits for the beginning of a response. For an index, it waits until `doorAheadBytes` have
   * arrived. `doorStallMs`: how long it waits between two chunks of a response.
   */
  doorFetchMs: 20 * second,
  doorStallMs: 5 * second,
  /** The front door stops reading from a mirror that sends less than `doorPaceBytes` in this time. */
  doorPaceMs: 10 * second,
  doorPaceBytes: 40 * 1024,
  /** The front door disconnects a client that reads nothing for this long. */
  doorDrainMs: 30 * second,
  /**
   * A client address keeps this many responses that it does not read, if only clients of other addresses need room. A slow
   * link looks the same: at 10 KB/s, the kernel takes the next bytes only each 5 to 10 s.
   */
  unreadPerAddress: 16,
  /** The maximum size of an index that the front door relays if the mirror does not state its length. */
  doorIndexBytes: 128 * mib,
  /** A client may cache an index from the front door for at most this long. */
  doorCacheSeconds: 300,
  /**
   * The front door reads this much of an index before it sends any of it. While it holds `doorHeldBytes` for all clients
   * together, it reads less.
   */
  doorAheadBytes: 1 * mib,
  doorHeldBytes: 256 * mib,
  /** The longest package index whose links the front door rewrites. */
  doorRewriteBytes: 32 * mib,
  doorRefusedLinesPerMinute: 120,
  /** Bounds of the front door's wait for a mirror's response before it sends the request to the next mirror as well. */
  doorHedgeMsMin: 50,
  doorHedgeMsMax: 2 * second,
  /**
   * How long the front door waits for a mirror whose usual response time is unknown, before it sends the request to the
   * next mirror as well.
   */
  doorHedgeMs: 500,
  /**
   * The maximum number of connections in one pool of the front door. `doorPools`: the maximum number of pools. Each
   * mirror has one pool for its own host, and one for each other host that its files come from.
   */
  doorConnections: 64,
  doorPools: 200,
  eventChars: 1 * mib,
  /**
   * An event stream that we read is closed if nothing arrives for this long. The time is more than two heartbeat
   * intervals.
   */
  eventSilentMs: 40 * second,
  /** The maximum number of unauthorized requests per address and minute. Further requests get 429. */
  refusedRequestsPerMinute: 300,
  /** The maximum number of clients whose requests are counted separately. All other clients share one count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /** The maximum number of concurrent responses of /metrics. Each has up to a few megabytes. */
  scrapesAtOnce: 16,
  /** The longest notification that Alertmanager may send: a few thousand alerts. */
  alertmanagerBytes: 1 * mib,
  /** The maximum number of queued notifications of Alertmanager. Further notifications get 503. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  alertNameChars: 100,
  /** The maximum number of alerts in memory, including resolved alerts. */
  alertsKept: 1_000,
  /**
   * A new alert that began longer ago than this is ignored as stale. An alert that is not repeated for this long is
   * deleted.
   */
  alertAgeMsMax: 24 * 60 * minute,
  /** The default of `alertmanager.repeat`. Evidence ends if an alert is not repeated for `alertRepeats` intervals. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  /**
   * For this many intervals (`alertmanager.repeat`) after a start of the daemon, evidence stays although its alert is
   * not repeated.
   */
  alertRepeatsAfterStart: 2,
  /**
   * Routine data (such as results of probes) is written to the state file after this time, plus at most one turn of the
   * main loop. The time is long, because each transaction writes whole pages and waits for the disk. A killed process
   * loses about this much routine data, and more of rows that change all the time (see `isRowDue`).
   */
  commitMs: 9 * second,
  /** If this many rows wait to be written, routine data is written earlier, so that each write stays short. */
  commitRows: 500,
  /** Writes of the state must fail for this long before a finding says so: a single failure may be chance. */
  unstoredMs: 10 * second,
  alertReceivedStoreMs: 1 * minute,
  /** An alert that we send to an Alertmanager expires after this time; it is sent again every `pushEveryMs`. */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** A notice of an outage of some targets waits this long, because it is replaced if the mirror is found to be down. */
  partOutageHoldMs: 3 * second,
  /**
   * A notice that no other mirror is measured yet waits this long. Such a refusal causes `measuredOk` canary probes,
   * one each `roundStepMs`, and often ends with them, most of all after a start.
   */
  unmeasuredHoldMs: 10 * second,
  /** Trouble that begins again within this time after its last end counts as recurring. */
  storyWindowMs: 180 * minute,
  /**
   * How long recurring trouble must be absent before its end is reported to people. This time doubles with each
   * reported recurrence, up to `storyHoldMsMax`.
   */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /**
   * During recurring trouble, people get no new advice while the mirror of the last sent advice is about as good as the
   * newly advised mirror: it costs at most this fraction more.
   */
  storyWorseShare: 0.25,
  /** The maximum time of a stop after SIGTERM. No timer enforces it: `drainMs` and `closeMs` together are below it. */
  stopMs: 10 * second,
  /** The longest wait for running probes, deliveries and actions after SIGTERM. */
  drainMs: 6 * second,
  closeMs: 1 * second,
  /**
   * The wall clock counts as changed if it moves this much against the monotonic clock between two turns of the main
   * loop.
   */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Light probes (one metadata request each) start earlier or later by up to this fraction of their interval. */
  jitterShare: 0.05,
  /** The usual wait after a first response 429 without `Retry-After`. Each further such response doubles the wait. */
  throttleMsMin: 5 * second,
  /**
   * The longest `Retry-After` that we obey, and the longest back-off before jitter. It is short enough that no response
   * can stop monitoring for a day.
   */
  throttleMsMax: 5 * minute,
  /** The maximum value that is read from a `Retry-After` header. A longer wait is replaced by this value. */
  retryAfterMsMax: 24 * 60 * minute,
  /** The fraction of `bytesPerHour` that artifact downloads may use. */
  heavyShareOfBytes: 0.8,
  /** The assumed size of an artifact before its first download. */
  heavyBytesGuess: 1 * mib,
  /** The maximum number of rechecks that wait per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** The maximum length of a file with settings of clients or of a build, in characters. Lock files may be longer. */
  settingsChars: 256 * 1024,
  /**
   * The maximum number of values in a configuration; YAML aliases count at each use. A configuration with 500 mirrors
   * has 10 000 values.
   */
  configValues: 200_000,
  configDepth: 40,
  /** The maximum number of configuration errors that are listed. Further errors are only counted. */
  configMistakes: 1_000,
  /**
   * The timeout for reading a configured file. It is long, because DNS lookups in the same thread pool delay file
   * reads.
   */
  fileMs: 60 * second,
  /** The timeout of the thread that reads a new configuration. */
  configReadMs: 120 * second,
  /** The memory limit of the thread that reads a configuration. The largest tested configuration takes 300 MiB. */
  configReadMebibytes: 1_024,
  fileRounds: 20,
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** The maximum size of a detached signature. Real signatures have a few hundred bytes per key. */
  detachedSignatureBytes: 64 * kib,
  /** The maximum size of the attestations of a file. A file has one or two attestations of about 10 KB each. */
  provenanceBytes: 1 * mib,
  /** The maximum size of a signed list of checksums. Debian's list has about 250 KB. */
  signedListBytes: 8 * mib,
  /** The maximum size of a compressed package index. Debian's largest index has 12 MiB, and 50 MiB decompressed. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /**
   * The step `whole` reads a package index again at its first probe after this time. The time is just below the usual
   * probe interval of an hour.
   */
  indexReadMs: 50 * minute,
  /**
   * The maximum number of bytes of package indexes that the step `get` reads in full in one hour. It applies to each
   * signed list and each thread. Debian's largest index has 12 MiB.
   */
  indexBytesPerHour: 32 * mib,
  /**
   * The maximum number of packages that are chosen at random from the indexes of a signed list. Packages above
   * `rotaPackageBytes` are never chosen.
   */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /**
   * The maximum length of the name of a signing key. Names at npm have 50 characters, fingerprints 40, URLs of workflows
   * about 100.
   */
  keyNameChars: 200,
  /** The maximum number of signing keys of one registry. npm has two. */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The maximum size of the state file. Above it, writes fail as on a full disk. */
  stateBytes: 8 * 1024 * mib,
  /**
   * The maximum number of characters in a row of stored samples, which covers at most `responseRowMs`. Compressed, a
   * row takes less than a page of the state file.
   */
  responseRowChars: 9_000,
  responseRowMs: 10 * minute,
  responseRows: 150_000,
  /** The maximum number of stored probes. Each has about 2.6 KB. */
  probeRows: 400_000,
  mirrors: 500,
  modules: 5_000,
  clientWordsBytes: 64 * kib,
  clientWordsLines: 30,
  clientLineChars: 500,
  clientEntries: 200_000,
  clientWatchMs: 500,
  /**
   * The maximum output of a real client (such as `pip`); above it the client is stopped. pip's most verbose mode writes
   * a few hundred KB.
   */
  clientOutputBytes: 8 * mib,
  /** A real client (such as `pip`) is stopped above this disk use. */
  clientDiskBytes: 1536 * mib,
  /** The memory limit (RLIMIT_DATA) of each process of a real client (such as `pip`). */
  clientDataBytes: 4096 * mib,
  /** A folder of a real client that is older than this remains from a killed daemon, and is deleted. */
  clientLeftMs: 60 * minute,
  buildStreams: 8,
  buildEvery: 10,
  /**
   * The wait before another attempt if a client could not be started. `clientAgainMs`: the wait before a client runs
   * again after its result first differed from that of our own probes.
   */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /**
   * The first runs of clients begin at the earliest `clientFirstMsMin` after the start of the daemon, and are spread
   * over this time.
   */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;
