import { adviceCauses } from '../../core/advice.ts';
import { mismatchCauses } from '../../core/finding.ts';
import { type Metric, newCounter, newEventCounter, newGauge, newHistogram, newSummary } from '../metric.ts';
import { cacheWords, clientBuckets, mirrorFindingKinds, ownFindingKinds, throughputBuckets } from './values.ts';

export const mirrorMetrics = {
  mirror_not_found_seconds: newSummary(
    ['ecosystem', 'registry'],
    { mirror: {} },
    'Round trip of answers 404 and 410, which a chain passes; only those that came unasked for: nothing is asked for its absence.',
  ),
  mirror_cache_answers_total: newCounter(
    ['ecosystem', 'registry', 'cache'],
    { mirror: { cache: cacheWords } },
    'Answers by whether a cache had them: by its headers, else a first answer that took ten times the usual is a miss.',
  ),
  mirror_integrity_verified_total: newCounter(
    ['ecosystem', 'registry', 'module', 'version'],
    { artifact: {} },
    'Answers whose hash or signature was checked against an authority and was right.',
  ),
  mirror_integrity_mismatches_total: newEventCounter(
    ['ecosystem', 'registry', 'module', 'version', 'cause'],
    { artifact: { cause: mismatchCauses } },
    'Wrong contents declared: a second full answer over a fresh connection was wrong in the same way. By cause: what an authority or the origin calls wrong, a fork of what vouches for hashes; under peers and retag mirrors differ and it is not known which is right.',
    'mirror_integrity_verified_total is there from 0',
  ),
  mirror_integrity_mismatch_active: newGauge(
    ['ecosystem', 'registry', 'module', 'version', 'cause'],
    { artifact: {} },
    '1 from a declared mismatch until it is acknowledged, also over restarts; causes as in mirror_integrity_mismatches_total.',
    'until declared, then 1 under its cause; 0 under cause authority where verified and none is declared',
  ),
  mirror_transfer_bytes_total: newCounter(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    'Body bytes received by scheduled probes, what they asked beside included.',
  ),
  mirror_throughput_bytes_per_second: newHistogram(
    ['ecosystem', 'registry', 'step'],
    { step: {} },
    throughputBuckets,
    'Body bytes a second after the first 256 KiB, which leaves slow start out, of ok probes of heavy steps whose body has 512 KiB or more; smaller ones tell delay and are not observed.',
    { only: 'heavy' },
  ),
  mirror_client_seconds: newHistogram(
    ['ecosystem', 'registry', 'client'],
    { client: {} },
    clientBuckets,
    'Time of a real client from its start to its end, of runs that fetched what they were to fetch.',
  ),
  mirror_client_failures_total: newCounter(
    ['ecosystem', 'registry', 'client'],
    { client: {} },
    'Runs of a real client that failed at the mirror; what it could not be run for does not count.',
  ),
  mirror_tls_certificate_expiry_timestamp_seconds: newGauge(
    ['registry'],
    { mirror: {} },
    'When the certificate last seen ends, seconds since 1970; also when verification failed.',
    'until a certificate was seen, without TLS, and after a handshake that showed none',
  ),
  mirror_tls_info: newGauge(
    ['registry', 'tls_version', 'cipher', 'issuer'],
    { mirror: {} },
    'Always 1; the last handshake seen, also when verification failed.',
    'until a certificate was seen, without TLS, and after a handshake that showed none',
  ),
  mirror_protocol_info: newGauge(
    ['ecosystem', 'registry', 'protocol'],
    { mirror: {} },
    'Always 1; the HTTP version of the last probe that could choose, as the clients of the ecosystem choose.',
    'until a connection was made',
  ),
  mirror_advice_active: newGauge(
    ['ecosystem', 'upstream', 'from', 'to', 'cause'],
    { upstream: {} },
    '1 while an advice is proposed.',
    'while nothing is proposed',
  ),
  mirror_advice_since_timestamp_seconds: newGauge(
    ['ecosystem', 'upstream', 'from', 'to', 'cause', 'state'],
    { upstream: {} },
    'Since when an advice is in force, seconds since 1970: proposed, or accepted.',
    'while no advice is proposed or accepted',
  ),
  mirror_advice_rank: newGauge(
    ['ecosystem', 'upstream', 'registry'],
    { mirror: {} },
    'Place of the mirror among those that may be used, 1 is best.',
    'while its gate is neither ok nor current',
  ),
  mirror_advice_issued_total: newCounter(
    ['ecosystem', 'upstream', 'cause'],
    { upstream: { cause: adviceCauses } },
    'Advice proposed; reminders do not count.',
  ),
  mirror_advice_regret_total: newCounter(
    ['ecosystem', 'upstream'],
    { upstream: {} },
    'Accepted advice after which the mirror left did better than the advised one, by our own canaries.',
  ),
  mirror_findings_open: newGauge(
    ['ecosystem', 'registry', 'kind'],
    { mirror: { kind: mirrorFindingKinds }, daemon: { kind: ownFindingKinds } },
    'Findings open now; vantage and self are about this daemon and have no registry.',
    'before the first verdict of the detector',
  ),
  mirror_vantage_suspect: newGauge(
    [],
    { daemon: {} },
    '1 while failures are held to be our own network, which stops verdicts.',
    'until the first pass over the canaries has ended',
  ),
  mirror_control_up: newGauge(
    ['control'],
    { control: {} },
    '1 when the control answered the last time it was asked.',
    'until it was asked',
  ),
} as const satisfies Record<string, Metric>;
