import { dayMs, familiesOf, type Row } from './draft.ts';
import { failing, failings, mirrorAt, strikeHead } from './spoil.ts';

const rows: readonly Row[] = [
  {
    name: 'certificate-expired',
    what: 'the certificate of the head runs out and is renewed some time later',
    spoil: (draft) => {
      const { fromMs, toMs } = draft.window;
      mirrorAt(draft, 0).certificate = { endsAtMs: fromMs, renewedAtMs: toMs };
      strikeHead(draft, 'certificate expired', { failing: failing('tls_expired', { seen: 'connect' }) });
    },
  },
  {
    name: 'certificate-name',
    what: 'the head shows a certificate of another name',
    spoil: (draft) => {
      strikeHead(draft, 'wrong name', { failing: failing('tls_name', { seen: 'connect' }) });
    },
  },
  {
    name: 'dns-of-one',
    what: 'the host name of the head no longer exists, or its name servers fail',
    spoil: (draft) => {
      const reason = draft.draw.pick(['resolve_not_found', 'resolve_failed'] as const);
      strikeHead(draft, 'name gone', { failing: failing(reason, { seen: 'connect' }) });
    },
  },
  {
    name: 'portal-of-one',
    what: 'the head sends a web page for everything',
    spoil: (draft) => strikeHead(draft, 'web page', { failing: failings.portal }),
  },
  {
    name: 'interception-of-one',
    what: 'a proxy between us and the head shows a certificate that no client trusts',
    spoil: (draft) => {
      strikeHead(draft, 'interception', { failing: failing('tls_untrusted', { seen: 'connect' }) });
    },
  },
  {
    name: 'malformed',
    what: 'the head sends empty or broken bodies with 200',
    spoil: (draft) => strikeHead(draft, 'malformed', { failing: failings.malformed }),
  },
  {
    name: 'six-refused',
    what: 'the head cannot be reached over IPv6, but over IPv4: its clients lose 300 ms a fetch',
    spoil: (draft) => {
      mirrorAt(draft, 0).families = 'both';
      strikeHead(draft, 'IPv6 gone', { failing: failing('unreachable', { seen: 'connect', family: 6 }) });
    },
  },
  {
    name: 'six-hangs',
    what: 'the head never responds over IPv6: its clients lose 300 ms a fetch',
    spoil: (draft) => {
      mirrorAt(draft, 0).families = 'both';
      strikeHead(draft, 'IPv6 hangs', { failing: failing('cut', { seen: 'never', family: 6 }) });
    },
  },
  {
    name: 'certificate-near-its-end',
    what: 'the certificate of the head has 3 days to 1 hour left; nothing fails',
    spoil: (draft) => {
      draft.isCalm = true;
      const endsAtMs = draft.durationMs + draft.draw.scaled(1 / 24, 3) * dayMs;
      mirrorAt(draft, 0).certificate = { endsAtMs, renewedAtMs: endsAtMs };
    },
  },
];

/** Families with a fault of DNS, of the certificate, of one address family, or of a device in front of the head. */
export const networkFamilies = familiesOf('network', rows);
