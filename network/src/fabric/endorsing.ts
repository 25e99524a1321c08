import { NODE_ENDORSED_KINDS } from '@kesu/chaincode';
import { DomainError } from '@kesu/chaincode/domain';
import type { Endorser } from 'fabric-common';
import { LedgerError } from '../ledger';
import { sleep } from './block-follower';
import type { Connection } from './connection';
import type { ConnectionProfile } from './connection-profile';
import { readEffect } from './decode-block';
import { answerOf, failureOf, type PeerAnswer, type ProposalResponse } from './peer-answer';
import type { Destination, PeerEndorsement, SignedProposal } from './proposal';

/** An organisation's peers, as endorsers. */
export interface EndorsingOrganisation {
  readonly mspId: string;
  readonly peers: readonly Connection<Endorser>[];
}

/** What enough organisations agree on. */
export interface Agreement {
  readonly response: Uint8Array;
  readonly endorsements: readonly PeerEndorsement[];
  readonly mspIds: readonly string[];
}

/** Peers a block apart disagree: they are asked again after these pauses, milliseconds. */
export const DISAGREEMENT_PAUSES = [5, 10, 20, 40, 80, 160, 320] as const;

/** From so many rounds on the node's peer is taken for one that lags, and asked last. */
const LAGGING_ROUNDS = 4;

/** How endorsers are chosen. */
export interface EndorsingOptions extends Destination {
  readonly organisations: readonly EndorsingOrganisation[];
  /** The channel's policy: how many of which organisations must agree. */
  readonly policy: ConnectionProfile['endorsement'];
  /** The provincial node's organisation: always asked first. */
  readonly nodeMspId: string;
  /** The organisation whose peer is followed: as new as what callers have seen, so always among those asked where it endorses. */
  readonly homeMspId: () => string;
  readonly closing: AbortSignal;
}

/** `apart`: peers a block apart may agree when they are asked again. */
type Judgement = { readonly kind: 'agreed'; readonly agreement: Agreement } | { readonly kind: 'final' | 'apart'; readonly error: Error };

type Asked = PeerAnswer & { readonly mspId: string };

/** Has proposals endorsed by as many organisations as the policy asks: the node and others; by others alone when the node doesn't answer and no key needs it. */
export class Endorsing {
  readonly #options: EndorsingOptions;

  constructor(options: EndorsingOptions) {
    this.#options = options;
  }

  /**
   * Endorsements of the proposal that enough organisations agree on.
   * @param only the organisations that are asked, whatever the policy says.
   * @throws DomainError when a rule said no; LedgerError `unavailable`, or `conflict` when the peers' answers stay apart.
   */
  async endorse(proposal: SignedProposal, only?: readonly string[]): Promise<Agreement> {
    const { policy, organisations } = this.#options;
    const allowed = organisations.filter(({ mspId }) => (only ?? policy.organisations).includes(mspId));
    const needed = only === undefined ? policy.required : Math.min(policy.required, only.length);
    for (let round = 0; ; round++) {
      const answers = await this.#ask(proposal, this.#ordered(allowed, round), needed);
      const answer = this.#judge(answers, needed, only !== undefined);
      if (answer.kind === 'agreed') return answer.agreement;
      const pause = DISAGREEMENT_PAUSES[round];
      const isFinal = answer.kind === 'final' && !(only === undefined && answer.error instanceof DomainError && (await this.#isHomeAhead(proposal, answers)));
      if (isFinal || pause === undefined || this.#options.closing.aborted) throw answer.error;
      await sleep(pause, this.#options.closing);
    }
  }

  /** One peer's answer. */
  ask(peer: Connection<Endorser>, proposal: SignedProposal): Promise<PeerAnswer> {
    return askPeer(peer, proposal);
  }

  /** What an endorsed call answers, by what its endorser signed. */
  resultOf({ response }: Extract<PeerAnswer, { kind: 'endorsed' }>): string {
    return readEffect(response, this.#options).result;
  }

  /** Whether the home organisation, which counts for nothing here and so wasn't asked, takes what others refuse: they may be a block behind what the caller saw. */
  async #isHomeAhead(proposal: SignedProposal, answers: readonly Asked[]): Promise<boolean> {
    const home = this.#options.organisations.find(({ mspId }) => mspId === this.#options.homeMspId());
    if (home === undefined || answers.some(({ mspId }) => mspId === home.mspId)) return false;
    return (await askOrganisation(home, proposal)).kind === 'endorsed';
  }

  /** Node, home, the others; a node that seems to lag comes last. */
  #ordered(organisations: readonly EndorsingOrganisation[], round: number): EndorsingOrganisation[] {
    const { nodeMspId, homeMspId } = this.#options;
    const home = homeMspId();
    const rank = ({ mspId }: EndorsingOrganisation): number => {
      if (mspId === nodeMspId && mspId !== home) return round < LAGGING_ROUNDS ? 0 : 3;
      return mspId === home ? 1 : 2;
    };
    return [...organisations].sort((a, b) => rank(a) - rank(b));
  }

  /** Asks `needed` organisations at once; for each that doesn't answer the next. */
  async #ask(proposal: SignedProposal, organisations: EndorsingOrganisation[], needed: number): Promise<readonly Asked[]> {
    const waiting = [...organisations];
    const answers: Asked[] = [];
    const askNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const answer = await askOrganisation(next, proposal);
        answers.push({ ...answer, mspId: next.mspId });
        if (answer.kind !== 'unavailable') return;
      }
    };
    await Promise.all(Array.from({ length: needed }, askNext));
    return answers;
  }

  #judge(answers: readonly Asked[], needed: number, isForced: boolean): Judgement {
    const endorsed = answers.flatMap((answer) => (answer.kind === 'endorsed' ? [answer] : []));
    const refused = answers.flatMap((answer) => (answer.kind === 'refused' ? [answer.refusal] : []));
    if (answers.some(({ kind }) => kind === 'repeated')) return { kind: 'final', error: new LedgerError('conflict', 'this proposal was committed already') };
    if (endorsed.length + refused.length < needed) return { kind: 'final', error: tooFew(answers, needed) };
    const [first] = endorsed;
    const [refusal] = refused;
    if (first === undefined) return { kind: 'final', error: refusal ?? tooFew(answers, needed) };
    if (refusal !== undefined) return { kind: 'apart', error: refusal };
    if (!endorsed.every(({ response }) => Buffer.compare(response, first.response) === 0)) return { kind: 'apart', error: new LedgerError('conflict', 'the endorsers see different states: ask again') };
    const mspIds = endorsed.map(({ mspId }) => mspId);
    if (!isForced && !mspIds.includes(this.#options.nodeMspId) && this.#needsNode(first.response)) {
      return { kind: 'final', error: new LedgerError('unavailable', "this change needs the provincial node's endorsement, and its peer does not answer") };
    }
    return { kind: 'agreed', agreement: { response: first.response, endorsements: endorsed.map(({ endorsement }) => endorsement), mspIds } };
  }

  #needsNode(response: Uint8Array): boolean {
    return readEffect(response, this.#options).writes.some(({ key }) => NODE_ENDORSED_KINDS.some((kind) => key.startsWith(`${kind}/`)));
  }
}

function tooFew(answers: readonly Asked[], needed: number): LedgerError {
  const reasons = answers.flatMap((answer) => (answer.kind === 'unavailable' ? [`${answer.mspId}: ${answer.reason}`] : []));
  return new LedgerError('unavailable', `${needed} organisations must endorse, and too few answer (${reasons.join('; ')}): \`kesu network doctor\` names the cause`);
}

async function askOrganisation({ peers }: EndorsingOrganisation, proposal: SignedProposal): Promise<PeerAnswer> {
  let answer: PeerAnswer = { kind: 'unavailable', reason: 'the organisation has no peer' };
  for (const peer of peers) {
    answer = await askPeer(peer, proposal);
    if (answer.kind !== 'unavailable') return answer;
  }
  return answer;
}

async function askPeer(peer: Connection<Endorser>, proposal: SignedProposal): Promise<PeerAnswer> {
  try {
    const endorser = await peer.ready();
    return answerOf((await endorser.sendProposal(proposal.wire as unknown as Buffer)) as ProposalResponse);
  } catch (error) {
    return failureOf(error instanceof Error ? error.message : String(error));
  }
}
