import type { Finding, FindingTurn } from '../domain/finding.ts';
import { catalogueEntry, type FindingKind } from '../domain/finding-catalogue.ts';
import { quoted, visible } from './visible.ts';
import { dayOf, plural } from './words.ts';

/** Heading of findings of one kind and turn. */
export function findingTitle(kind: FindingKind, turn: FindingTurn): string {
  const { title } = catalogueEntry(kind);
  switch (turn) {
    case 'event':
    case 'opened':
    case 'eased':
      return title;
    case 'worsened':
      return `${title}, a step worse`;
    case 'reopened':
      return `${title}, again`;
    case 'resolved':
      return `${title}: resolved`;
    default:
      return turn satisfies never;
  }
}

/** What is particular to a finding, in a few words; empty where the heading says it all. */
export function findingDetail({ kind, turn, detail }: Pick<Finding, 'kind' | 'turn' | 'detail'>): string {
  if (turn === 'resolved') return '';
  switch (kind) {
    case 'token-renamed':
      return `${quoted(String(detail.before))} → ${quoted(String(detail.after))}`;
    case 'token-owner-changed':
      return `owner ${owner(detail.before)} → ${owner(detail.after)}`;
    case 'token-type-changed':
      return `type ${quoted(String(detail.before))} → ${quoted(String(detail.after))}`;
    case 'token-created-at-changed':
      return `created ${detail.before} → ${detail.after}`;
    case 'token-enabled':
      return 'disabled → enabled';
    case 'token-disabled':
      return 'enabled → disabled';
    case 'type-first-seen':
      return `type ${quoted(detail.value ?? '')}`;
    case 'token-stale':
      return `${plural(detail.ageDays ?? 0, 'day')} old, past the threshold of ${detail.thresholdDays}`;
    case 'token-created':
    case 'token-removed':
    case 'token-reappeared':
    case 'token-type-unknown':
      return '';
    default:
      return kind satisfies never;
  }
}

/** `organization token, created 2026-01-15`. */
export function tokenSummary(token: { type: string; createdAt: string }, ageDays: number): string {
  const type = token.type === 'mcp' ? 'MCP grant' : `${visible(token.type, 40)} token`;
  return `${type}, created ${dayOf(token.createdAt)} (${plural(ageDays, 'day')} old)`;
}

function owner(membershipId: unknown): string {
  return typeof membershipId === 'string' ? membershipId : 'nobody';
}
