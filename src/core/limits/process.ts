const kib = 1024;
const mib = 1024 * kib;
const second = 1000;
const minute = 60 * second;

/** Limits of the process, and of programs that it runs. Part of `limits`. */
export const processLimits = {
  /** Probes in flight in a thread; above it the schedule waits. */
  workerInFlight: 256,
  workerHangMs: 30 * second,
  /** A mirror whose response takes this much processor time is probed apart, in a thread that ends when idle. */
  threadHeldMs: 500,
  heldApartMs: 60 * minute,
  apartIdleMs: 10 * minute,
  /** One thread for heavy steps, which block a thread while they hash, and two for the rest. */
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
  /** Of one step of an action. */
  actionMsMax: 10 * minute,
  /** The output of an action's program above which it is ended, and the part that is kept. */
  actionOutputBytes: 1 * mib,
  actionOutputChars: 4_000,
  /** A file or a store's value that an action rewrites. */
  actionTextChars: 256 * kib,
  /** Attempts of a failed action, and the wait between them, which grows fourfold. */
  actionAttempts: 3,
  actionRetryMs: 15 * second,
  /** The wait of a step that only the other daemon of the pair may do now. */
  actionLeaseMs: second,
  /** Between retries of a failed undo; they never end. */
  actionUndoMs: 60 * minute,
  /** Rows of the journal; those that can still be undone always stay. */
  actionRows: 500,
  /** An action that made things worse is not repeated within this time. */
  actionRegretMs: 24 * 60 * minute,
  /** Incoming connections; above either limit the longest idle unauthenticated one is closed. */
  connectionsPerAddress: 256,
  connections: 1_024,
  /** From the connection to the end of the request's head, a TLS handshake included. */
  requestHeadMs: 10 * second,
  requestMs: 30 * second,
  /** The body of a refused request (401, 413) is still read for this long. */
  refusedBodyMs: 1 * second,
  /** A response is closed if its client reads nothing for this long; event streams send more often. */
  stalledMs: 60 * second,
  requestBytes: 256 * kib,
  /** Requests from one client, a token or on loopback an address, by class: of pages. */
  pageRequestsPerMinute: 600,
  /** Of lists, which programs poll. */
  listRequestsPerMinute: 600,
  /** Of remedies: hundreds of CI jobs may share one token. */
  remedyRequestsPerMinute: 6_000,
  /** Writes, notifications of Alertmanager among them. */
  writeRequestsPerMinute: 600,
  /** One `npm ci` of a large project sends a few thousand within seconds. */
  doorRequestsPerMinute: 60_000,
  /** Clients whose mirror is kept, and how long: signed lists and their files must come from one place. */
  doorClientsKept: 10_000,
  doorStayMs: 10 * minute,
  /** Module paths and file names are far shorter. */
  doorPathChars: 2_048,
  shards: 64,
  /** Responses passed through the front door at once; above it clients are redirected, or get 503. */
  doorPassing: 512,
  /** The door's request to a mirror: in total, and between two chunks. */
  doorFetchMs: 20 * second,
  doorStallMs: 5 * second,
  /** A mirror that sends less than `doorPaceBytes` in this time is too slow. */
  doorPaceMs: 10 * second,
  doorPaceBytes: 40 * 1024,
  /** A client that reads nothing for this long is disconnected. */
  doorDrainMs: 30 * second,
  /** An index without a stated length. */
  doorIndexBytes: 128 * mib,
  /** What is read of an index before the client gets any of it. */
  doorAheadBytes: 1 * mib,
  /** An index whose links are rewritten in memory, and the memory for all of them. */
  doorRewriteBytes: 32 * mib,
  doorHeldBytes: 512 * mib,
  /** Lines in the access log about refused requests: a client must not be able to fill the disk. */
  doorRefusedLinesPerMinute: 120,
  /** The door also requests from the next mirror after a mirror's usual time, within bounds; else `doorHedgeMs`. */
  doorHedgeMsMin: 50,
  doorHedgeMsMax: 2 * second,
  doorHedgeMs: 500,
  /** Connections to one host, and hosts. */
  doorConnections: 64,
  doorPools: 200,
  /** An event of the daemon's stream: advice with its candidates has a few KB. */
  eventChars: 1 * mib,
  /** A stream without a heartbeat for this long is dead: two intervals. */
  eventSilentMs: 40 * second,
  /** Unauthorized requests per address; above it they get 429, those with the token do not. */
  refusedRequestsPerMinute: 300,
  /** Clients counted separately; all others share one count. */
  clientsCounted: 10_000,
  eventStreams: 32,
  pageRows: 500,
  /** Concurrent responses of /metrics: each holds up to a few megabytes until it is read. */
  scrapesAtOnce: 16,
  /** A notification: a few thousand alerts; `max_alerts` in Alertmanager makes them smaller. */
  alertmanagerBytes: 1 * mib,
  /** Notifications that wait for the loop; others get 503, which Alertmanager retries. */
  alertPostsWaiting: 64,
  alertLabelChars: 200,
  alertNameChars: 100,
  /** Alerts in memory, ended ones too, so that repetitions are recognized. */
  alertsKept: 1_000,
  /** An older alert is stale on arrival; one not repeated for this long is dropped. */
  alertAgeMsMax: 24 * 60 * minute,
  /** The default of `repeat_interval`; evidence ends after so many intervals, and not before so many after a start. */
  alertRepeatMs: 10 * minute,
  alertRepeats: 3,
  alertRepeatsAfterStart: 2,
  /** Between writes without news: each transaction waits for the disk. */
  commitMs: 1 * second,
  /** Between writes of a repeated alert. */
  alertHeardStoreMs: 1 * minute,
  /** An alert that we send to an Alertmanager expires after this time; sent again after a third of it. */
  pushValidMs: 5 * minute,
  pushEveryMs: 100 * second,
  /** Trouble that begins again within this time after its last end belongs to the same story. */
  storyLookBackMs: 180 * minute,
  /** The end of recurring trouble is sent after this time, doubled after each end that was sent too early. */
  storyHoldMs: 60 * minute,
  storyHoldMsMax: 360 * minute,
  /** No new advice for people while the advised mirror costs at most this share more than the best. */
  storyWorseShare: 0.25,
  /** Messages of a chat that can still be edited, the newest, and notices remembered for each. */
  sentMessages: 20,
  sentNotices: 100,
  /** The process ends within this time after SIGTERM; a cut delivery is repeated with its id. */
  stopMs: 10 * second,
  /** For probes in flight and deliveries. */
  drainMs: 6 * second,
  /** After that, each for hanging threads, for connections, and for anything else. */
  closeMs: 1 * second,
  /** A wall clock that moves so much against the monotonic one has jumped; a loop silent for so long was suspended. */
  clockJumpMs: 2 * second,
  suspendMs: 5 * second,
  /** Start times vary by this share of their interval in both directions. */
  jitterShare: 0.05,
  /** The wait after a 429 without `Retry-After`; it doubles each time, up to `throttleMsMax`. */
  throttleMsMin: 5 * second,
  /** The longest wait after a 429, whatever `Retry-After` says: one response must not end monitoring for a day. */
  throttleMsMax: 5 * minute,
  /** A longer one is taken for a broken clock. */
  retryAfterMsMax: 24 * 60 * minute,
  /** Heavy steps stop at this share of `bytesPerHour`: the rest is for light ones. */
  heavyShareOfBytes: 0.8,
  /** The assumed bytes of a heavy step until measured (design.md section 4.1). */
  heavyBytesGuess: 1 * mib,
  /** Rechecks of a wrong hash that wait, per host. */
  rechecksWaiting: 64,
  timeoutMsMax: 120 * second,
  everyMsMin: 5 * second,
  everyMsMinLoopback: 100,
  configBytes: 4 * mib,
  /** Values in a configuration (a YAML alias counts each time), and their depth: 500 mirrors have 10 000. */
  configValues: 200_000,
  configDepth: 40,
  /** Mistakes that are listed; the others are counted. */
  configMistakes: 1_000,
  /** A file that the configuration names: longer than a dead resolver, because name lookups and reads share threads. */
  fileMs: 60 * second,
  /** The timeout of a reload's thread: for files, and as much for checks. */
  configReadMs: 120 * second,
  /** Its memory limit, MiB: the largest tested configuration takes 300. */
  configReadMebibytes: 1_024,
  /** The depth of references between files: to a folder, to its files, from a lock file to a file beside it. */
  fileRounds: 20,
  /** A program that verifies a signature, of a file of many megabytes; and its output. */
  signatureCheckMs: 10 * second,
  signatureReportBytes: 64 * kib,
  /** Some hundred bytes of each key. */
  detachedSignatureBytes: 64 * kib,
  /** One or two of about 10 KB. */
  provenanceBytes: 1 * mib,
  /** Debian's has about 250 KB, with all architectures. */
  signedListBytes: 8 * mib,
  /** Debian's largest index of packages has 12 MiB packed and 50 MiB of text. */
  packageIndexBytes: 24 * mib,
  packageIndexPlainBytes: 128 * mib,
  /** Packages taken from an index before it is read again; larger ones are skipped. */
  rotaPackages: 200,
  rotaPackageBytes: 4 * mib,
  rotaKeptMs: 30 * 24 * 60 * minute,
  /** npm's have 50 characters, a fingerprint 40, a workflow's URL about 100. */
  keyNameChars: 200,
  /** Keys of one registry (npm's has two), and signatures over one version (one or two). */
  signingKeys: 50,
  signingKeysBytes: 256 * kib,
  signaturesRead: 10,
  /** The state file. At this size writes fail as on a full disk, until rows have expired. */
  stateBytes: 8 * 1024 * mib,
  /** Samples kept for a replay: a row fills one page of the file, and grows for so long at most; 0.6 GiB in all. */
  answerRowChars: 3_600,
  answerRowMs: 10 * minute,
  answerWriteMs: 5 * second,
  answerRows: 150_000,
  /** Failed probes in the state file, 2.6 KB each: a mirror that fails for weeks would otherwise fill it. */
  probeRows: 400_000,
  mirrors: 500,
  modules: 5_000,
  /** The kept output of a real client, and the files examined: a hostile artifact could have any number. */
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
  /** An older folder of a run was left by a dead process. */
  clientLeftMs: 60 * minute,
  /** Requests of one build at once, as a small build machine sends. */
  buildStreams: 8,
  /** One in so many probes is part of a build. */
  buildEvery: 10,
  /** The waits before a run that could not start, or that differs from our steps, is repeated. */
  clientAwayMs: 1 * minute,
  clientAgainMs: 1 * minute,
  /** The first runs are spread over this time, after a delay in which each step has had a response. */
  clientFirstMs: 15 * minute,
  clientFirstMsMin: 1 * minute,
} as const;
