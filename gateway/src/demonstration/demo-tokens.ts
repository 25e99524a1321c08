import type { Requester } from '../requester';
import type { DemonstrationEnterprise } from './enterprises';
import { ORGANISATIONS, type DemonstrationOrganisation } from './organisations';
import { makeStories } from './stories';

/** A bearer token of the demonstration and whom it speaks for. Loopback only (api.md, Who calls). */
export interface DemonstrationToken {
  readonly token: string;
  readonly requester: Requester;
  /** Who it is, for the start page; an enterprise is named by its slug, never by its name (I16). */
  readonly zh: string;
  readonly en: string;
}

/**
 * The demonstration's tokens in the order of `organisations.ts`: `demo-<role>` is a role's first, `demo-<role>-2` the next; `demo-enterprise-1` …
 * are the enterprises of the stories in their order.
 */
export function demonstrationTokens(enterprises: readonly Pick<DemonstrationEnterprise, 'slug' | 'subjectRef'>[]): readonly DemonstrationToken[] {
  return [...participantTokens(), ...enterpriseTokens(enterprises)];
}

/** The requesters by token; a role's first answers to `demo-<role>-1` too. */
export function requestersByToken(tokens: readonly DemonstrationToken[]): ReadonlyMap<string, Requester> {
  const entries = tokens.flatMap(({ token, requester }) => (/-\d+$/.test(token) ? [[token, requester] as const] : [[token, requester] as const, [`${token}-1`, requester] as const]));
  return new Map(entries);
}

/** The token of a participant. @throws RangeError when the demonstration has no such participant. */
export function tokenOfParticipant(id: string): string {
  const found = participantTokens().find(({ requester }) => requester.kind === 'PARTICIPANT' && requester.id === id);
  if (found === undefined) throw new RangeError(`no demonstration participant ${id}`);
  return found.token;
}

function participantTokens(): readonly DemonstrationToken[] {
  const counts = new Map<string, number>();
  return ORGANISATIONS.flatMap((organisation) => {
    const { id, role, names } = organisation;
    if (role === 'assessor') return [];
    const count = (counts.get(role) ?? 0) + 1;
    counts.set(role, count);
    const name = names.at(-1);
    return [{ token: tokenName(role, count), requester: { kind: 'PARTICIPANT' as const, id, role, demonstration: true }, zh: name?.zh ?? id, en: name?.en ?? id }];
  });
}

/** `provincialNode` → `demo-provincial-node`. */
function tokenName(role: DemonstrationOrganisation['role'], count: number): string {
  const words = role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return count === 1 ? `demo-${words}` : `demo-${words}-${count}`;
}

function enterpriseTokens(enterprises: readonly Pick<DemonstrationEnterprise, 'slug' | 'subjectRef'>[]): readonly DemonstrationToken[] {
  const slugs = [...new Set(makeStories(ANY_START).flatMap((story) => story.enterprises))];
  return slugs.flatMap((slug, index) => {
    const enterprise = enterprises.find((one) => one.slug === slug);
    if (enterprise === undefined) return [];
    return [{ token: `demo-enterprise-${index + 1}`, requester: { kind: 'ENTERPRISE' as const, ref: enterprise.subjectRef }, zh: slug, en: slug }];
  });
}

/** Which enterprises play in the stories doesn't depend on the start. */
const ANY_START = '2026-01-01T00:00:00.000Z';
