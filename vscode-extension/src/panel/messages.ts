// What the panel's page and the extension say to each other.
import type { Report, RowAt, Status } from '../server/protocol';

export type ToPage = { readonly kind: 'report'; readonly report: Report | null } | { readonly kind: 'status'; readonly status: Status | null };

export type FromPage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'open'; readonly row: RowAt }
  | { readonly kind: 'run'; readonly command: 'gloss.train' | 'gloss.nextToLabel' | 'gloss.nextSuspect' };
