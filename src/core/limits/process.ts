const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of the process, and of programs that it runs. Part of `limits`. */
export const processLimits = {
  /** Probes in flight in a thread; further ones wait. */
  workerInFlight: 256,
  workerHangMs: 30 * second,
  /** A mirror whose response takes this much processor time is probed apart, in a thread that ends when idle. */
  threadHeldMs: 500,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /** At most one thread for heavy steps, which block a thread while they hash, and two for the rest. */
  workers: 3,
  /** Another thread starts when each one has this many probes in flight. */
  workerCrowd: 8,
  /** Longer than the usual pace of heavy steps: each start of a thread leaves 3 MB in another malloc arena. */
  workerIdleMs: 90 * minute,
  /** Undelivered notices; above it the oldest are dropped, mismatches last. */
  outbox: 5_000,
  deliveryMs: 10 * second,
  deliveryAgeMsMax: 24 * 60 * minute,
  deliveryBackoffMsMin: 1 * second,
  deliveryBackoffMsMax: 15 * minute,
  /** Discord responds with the whole message: 8 000 characters of up to 6 bytes each. */
  receiverAnswerBytes: 64 * kib,
  /** The longest timeout of one step of an action. */
  actionMsMax: 10 * minute,
  /** An action's program is ended above this output; `actionOutputChars` are kept. */
  actionOutputBytes: 1 * mib,
  actionOutputChars: 4_000,
  /** The longest file or store value that an action rewrites. */
  actionTextChars: 256 * kib,
  /** Attempts of a failed action. The first wait is `actionRetryMs`, each next one four times as long. */
  actionAttempts: 3,
  actionRetryMs: 15 * second,
  /** A step that only the other daemon of the pair may do now is retried after this time. */
  actionLeaseMs: second,
  /** The interval of retries of a failed undo, which never end. */
  actionUndoMs: 60 * minute,
  /** Rows of the journal; those that can still be undone always stay. */
  actionRows: 500,
  /** After an action that made things worse, its rule follows no advice for the upstream for this long. */
  actionRegretMs: 24 * 60 * minute,
  /** Incoming connections. Above a limit another one, or the new one, is closed. */
  connectionsPerAddress: 256,
  connections: 1_024,
  /** The time from the connection to the end of a request's head, with the TLS handshake. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** How long the body of a refused request (401, 413) is still read. */
  refusedBodyMs: 1 * second,
  /** A response is closed if its client reads nothing for this long. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  /** Requests for pages from one client: a token, or on loopback an address. */
  pageRequestsPerMinute: 600,
  /** Requests for lists, which programs poll, from one client. */
  listRequestsPerMinute: 600,
  /** Requests for remedies from one client: hundreds of CI jobs may share one token. */
  remedyRequestsPerMinute: 6_000,
  /** Write requests from one client, with notifications of Alertmanager. */
  writeRequestsPerMinute: 600,
  /** Requests from one client of the front door: `npm ci` of a large project sends a few thousand within seconds. */
  doorRequestsPerMinute: 60_000,
  /** Clients whose mirror the front door keeps, so that signed lists and their files come from one place. */
  doorClientsKept: 10_000,
  doorStayMs: 10 * minute,
  /** The longest path at the front door: module paths and file names are far shorter. */
  doorPathChars: 2_048,
  shards: 64,
  /** Responses that pass through the front door at once; further clients are redirected, or get 503. */
  doorPassing: 512,
  /** Timeouts of the front door: until a mirror has sent the beginning, and between two chunks. */
  doorFetchMs: 20 * second,
  doorStallMs: 5 * second,
  /** A mirror that sends the front door less than `doorPaceBytes` in this time is too slow. */
  doorPaceMs: 10 * second,
  doorPaceBytes: 40 * 1024,
  /** The front door disconnects a client that reads nothing for this long. */
  doorDrainMs: 30 * second,
  /** The longest index without a stated length that the front door passes on. */
  doorIndexBytes: 128 * mib,
  /** The front door reads so much of an index before the client gets any of it. */
  doorAheadBytes: 1 * mib,
  /** The longest index whose links the front door rewrites, in memory; `doorHeldBytes`: all of them together. */
  doorRewriteBytes: 32 * mib,
  doorHeldBytes: 512 * mib,
  /** Lines about refused requests in the front door's access log: clients must not fill the disk. */
  doorRefusedLinesPerMinute: 120,
  /** The front door also requests from the next mirror after a mirror's usual time, within these bounds. */
  doorHedgeMsMin: 50,
  doorHedgeMsMax: 2 * second,
  /** The time that counts where the usual time of a mirror is not known. */
  doorHedgeMs: 500,
  /** Connections of the front door to one host, and the number of hosts. */
  doorConnections: 64,
  doorPools: 200,
  /** The longest event in the daemon's stream: advice with its candidates has a few KB. */
  eventChars: 1 * mib,
  /** An event stream without a heartbeat for this long is dead: more than two intervals. */
  eventSilentMs: 40 * second,
  /** Unauthorized requests per address; further ones get 429. Requests with the token are still accepted. */
  refusedRequestsPerMinute: 300,
  /** Clients that are counted separately; all others share one count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /** Concurrent responses of /metrics: each holds up to a few megabytes until it is read. */
  scrapesAtOnce: 16,
  /** The longest notification: a few thousand alerts. `max_alerts` in Alertmanager makes them shorter. */
  alertmanagerBytes: 1 * mib,
  /** Notifications of Alertmanager that wait for the loop; further ones get 503, and are sent again. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  alertNameChars: 100,
  /** Alerts in memory, ended ones too, so that repetitions are recognized. */
  alertsKept: 1_000,
  /** An alert older than this on arrival is stale; one not repeated for this long is dropped. */
  alertAgeMsMax: 24 * 60 * minute,
  /** The default of `repeat_interval`. Evidence ends `alertRepeats` intervals after the last repetition. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  /** Evidence does not end within so many intervals after a start: notifications were lost before. */
  alertRepeatsAfterStart: 2,
  /** The least time between writes without news: each transaction waits for the disk. */
  commitMs: 1 * second,
  /** The least time between writes of a repeated alert. */
  alertHeardStoreMs: 1 * minute,
  /** An alert that we send to an Alertmanager expires after this time, and is sent again every `pushEveryMs`. */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** Trouble that begins again within this time after its last end belongs to the same story. */
  storyLookBackMs: 180 * minute,
  /** The end of recurring trouble is sent after this time, doubled after each end that was sent too early. */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /** No new advice for people while the advised mirror costs at most this share more than the best. */
  storyWorseShare: 0.25,
  /** Chat messages per receiver that can still be edited, and the notices remembered for one message. */
  sentMessages: 20,
  sentNotices: 100,
  /** The process ends within this time after SIGTERM; a cut delivery is repeated with its id. */
  stopMs: 10 * second,
  /** The time for probes in flight and deliveries at SIGTERM. */
  drainMs: 6 * second,
  /** The time after `drainMs`, each for hanging threads, for connections, and for anything else. */
  closeMs: 1 * second,
  /** A wall clock that moves this much against the monotonic one has jumped; a loop silent this long was suspended. */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Light steps start up to this share of the interval sooner or later; with cron, all steps, of the spread. */
  jitterShare: 0.05,
  /** The wait after a 429 without `Retry-After`; it doubles each time, up to `throttleMsMax`. */
  throttleMsMin: 5 * second,
  /** The longest wait after a 429, whatever `Retry-After` says: one response must not end monitoring for a day. */
  throttleMsMax: 5 * minute,
  /** A longer `Retry-After` is cut to this: a broken clock. */
  retryAfterMsMax: 24 * 60 * minute,
  /** Heavy steps stop at this share of `bytesPerHour`: the rest is for light ones. */
  heavyShareOfBytes: 0.8,
  /** The assumed bytes of a heavy step until measured (design.md section 4.1). */
  heavyBytesGuess: 1 * mib,
  /** Rechecks that wait, per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** Values in a configuration (a YAML alias counts each time), and their depth. 500 mirrors have 10 000 values. */
  configValues: 200_000,
  configDepth: 40,
  /** Mistakes of a configuration that are listed; the others are counted. */
  configMistakes: 1_000,
  /** The timeout for reading a configured file: longer than for a dead resolver, which shares threads with reads. */
  fileMs: 60 * second,
  /** The timeout of a reload's thread: for files, and as much for checks. */
  configReadMs: 120 * second,
  /** The memory limit of a reload's thread, MiB: the largest tested configuration takes 300. */
  configReadMebibytes: 1_024,
  /** The depth of references between files, such as from a folder to a lock file in it. */
  fileRounds: 20,
  /** The timeout and the output of a program that verifies a signature, of a file of many megabytes. */
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** A detached signature has some hundred bytes of each key. */
  detachedSignatureBytes: 64 * kib,
  /** The attestations of a file: one or two of about 10 KB. */
  provenanceBytes: 1 * mib,
  /** A signed list of checksums: Debian's has about 250 KB. */
  signedListBytes: 8 * mib,
  /** Debian's largest index of packages has 12 MiB packed and 50 MiB of text. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /** Packages taken from an index before it is read again; those above `rotaPackageBytes` are skipped. */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /** The shown name of a key: npm's have 50 characters, a fingerprint 40, a workflow's URL about 100. */
  keyNameChars: 200,
  /** Keys of one registry (npm's has two), and signatures over one version (one or two). */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The state file. At this size writes fail as on a full disk, until rows have expired. */
  stateBytes: 8 * 1024 * mib,
  /** Samples kept for a replay, 0.6 GiB of rows. A row fills a page of the file and covers at most `answerRowMs`. */
  answerRowChars: 3_600,
  answerRowMs: 10 * minute,
  answerWriteMs: 5 * second,
  answerRows: 150_000,
  /** Failed probes in the state file, 2.6 KB each: a mirror that fails for weeks would otherwise fill it. */
  probeRows: 400_000,
  mirrors: 500,
  modules: 5_000,
  /** The kept output of a real client, and the number of its files that are examined. */
  clientWordsBytes: 64 * kib,
  clientWordsLines: 30,
  clientLineChars: 500,
  clientEntries: 200_000,
  clientWatchMs: 500,
  /** Output before a client is stopped; pip's most verbose mode writes a few hundred KB. */
  clientOutputBytes: 8 * mib,
  /** Disk use: the largest module zip that go accepts and its extracted files, doubled. */
  clientDiskBytes: 1536 * mib,
  /** RLIMIT_DATA of each process: several times what npm takes for the largest packuments. */
  clientDataBytes: 4096 * mib,
  /** A folder of a run older than this was left by a dead process. */
  clientLeftMs: 60 * minute,
  /** Requests of one build at once, as a small build machine sends. */
  buildStreams: 8,
  /** One in this many probes is part of a build. */
  buildEvery: 10,
  /**
   * A client's run that could not start is repeated after this time; `clientAgainMs`: one that differs from our steps.
   */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /** The first runs of clients are spread over this time, after `clientFirstMsMin`. */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;
