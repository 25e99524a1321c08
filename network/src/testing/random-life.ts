import { DAY_MILLIS, deletionIdOf, HOUR_MILLIS, instantOf, type Grant, type Letter } from '@kesu/chaincode/domain';
import { DOCUMENT, type LedgerWorld, type WorldEnterprise, type WorldLedger } from './ledger-world';

/**
 * Random commands of every kind on a world, lawful or not, one after another: what a ledger must answer is not said here, two ledgers
 * are compared. The same seed gives the same kinds in the same order.
 */
export class RandomLife<L extends WorldLedger> {
  readonly #world: LedgerWorld<L>;
  readonly #enterprises: WorldEnterprise[] = [];
  readonly #grants: { readonly by: WorldEnterprise; readonly id: string }[] = [];
  readonly #releases: string[] = [];
  readonly #loans: string[] = [];
  readonly #disputes: string[] = [];
  #state: number;

  constructor(world: LedgerWorld<L>, seed: number) {
    this.#world = world;
    this.#state = seed >>> 0;
  }

  /** Submits one command; a refusal is as good an answer as any. */
  async step(): Promise<void> {
    const acts = [this.#register, this.#give, this.#give, this.#transit, this.#transit, this.#record, this.#record, this.#record, this.#record, this.#report, this.#openLoan, this.#advanceLoan, this.#participant, this.#dispute, this.#settle, this.#delete, this.#repeat, this.#close, this.#trespass];
    const act = this.#enterprises.length === 0 ? this.#register : this.#pick(acts);
    await act.call(this).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== 'DomainError') throw error;
    });
  }

  async #register(): Promise<void> {
    if (this.#enterprises.length < 12) this.#enterprises.push(await this.#world.addEnterprise({ signer: this.#pick(['P256', 'P256', 'SM2'] as const) }));
    else await this.#world.addKey(this.#pick(this.#enterprises).ref, { confirm: false });
  }

  async #give(): Promise<void> {
    const by = this.#pick(this.#enterprises);
    const oneTime = this.#draw(4) === 0;
    const withLoan = this.#loans.length > 0 && this.#draw(3) === 0;
    const terms: Partial<Letter> = {
      oneTime,
      until: instantOf(Date.now() + this.#pick([HOUR_MILLIS, 30 * DAY_MILLIS, 400 * DAY_MILLIS])),
      ...(withLoan ? { purpose: 'PRE_LOAN' as const, loanRef: this.#pick(this.#loans) } : {}),
      ...(this.#draw(9) === 0 ? { recipient: this.#pick(['other-bank', 'ANY', 'nobody']) } : {}),
    };
    const superseded = this.#draw(6) === 0 ? await this.#anyGrant() : undefined;
    const letter = await this.#world.letter(by, { ...terms, ...(superseded === undefined ? {} : { supersedes: { grantId: superseded.grant.id, version: superseded.grant.version } }) });
    const { answer } = await this.#world.submit(this.#pick(['city-platform', 'provincial-node', 'other-platform']), 'grants:submit', this.#world.sign([letter], { by }));
    this.#grants.push(...answer.ids.map((id) => ({ by, id })));
  }

  async #transit(): Promise<void> {
    const found = await this.#anyGrant();
    if (found === undefined) return this.#give();
    const { by, grant } = found;
    const version = this.#draw(8) === 0 ? grant.version + 1 : grant.version;
    const statement = this.#world.transition(grant, this.#pick(['REVOKE', 'SUSPEND', 'SUSPEND', 'RESUME', 'RESUME'] as const), version);
    await this.#world.submit('provincial-node', 'grants:transit', this.#world.sign([statement], { by }));
  }

  async #record(): Promise<void> {
    const asked = [];
    for (let count = 1 + this.#draw(4); count > 0; count--) {
      const found = await this.#anyGrant();
      if (found === undefined) return this.#give();
      const { grant } = found;
      const change = this.#pick([{}, {}, {}, {}, { recipient: 'other-bank' }, { purpose: 'POST_LOAN' as const }, { items: [{ code: 'PER-01', granularity: 'ANSWER' as const }] }]);
      asked.push({ grant, ...change, ...(this.#draw(6) === 0 ? { requester: 'other-platform' } : {}), ...(this.#draw(6) === 0 ? { withoutPayload: true as const } : {}) });
    }
    const { answer } = await this.#world.submit('provincial-node', 'releases:record', { requests: asked.map((one) => this.#world.asking(one)) });
    if (this.#releases.length > 50) this.#releases.splice(0, 25);
    for (const recorded of answer.releases) if (recorded.kind === 'RECORDED') this.#releases.push(recorded.release.id);
  }

  async #report(): Promise<void> {
    const releaseId = this.#pick([...this.#releases, `${this.#world.nextId()}.0`]);
    if (this.#draw(3) === 0) await this.#world.submit('example-bank', 'releases:acknowledge', { acknowledgements: [{ releaseId, payloadDigest: DOCUMENT }] });
    else await this.#world.submit('provincial-node', 'releases:record-outcomes', { outcomes: [{ releaseId, outcome: this.#pick(['DELIVERED', 'FAILED'] as const), bytesSent: this.#pick([0, 10]) }] });
  }

  async #openLoan(): Promise<void> {
    this.#loans.push(await this.#world.openLoan(this.#pick(this.#enterprises)));
  }

  async #advanceLoan(): Promise<void> {
    await this.#world.submit(this.#pick(['example-bank', 'city-platform', 'other-bank']), 'loans:advance', { ref: this.#pick([...this.#loans, this.#world.nextId()]), to: this.#pick(['APPROVED', 'REFUSED', 'DRAWN', 'SETTLED'] as const) });
  }

  async #participant(): Promise<void> {
    await this.#world.submit('provincial-node', this.#pick(['participants:suspend', 'participants:resume', 'participants:resume'] as const), { id: 'example-bank', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
  }

  async #dispute(): Promise<void> {
    const id = this.#world.nextId();
    await this.#world.submit('city-platform', 'disputes:file', { id, enterprise: this.#pick(this.#enterprises).ref, filedBy: 'PRINCIPAL', platform: 'city-platform', item: 'TAX-01', reason: 'row-is-wrong', textDigest: DOCUMENT });
    this.#disputes.push(id);
  }

  async #settle(): Promise<void> {
    const id = this.#pick([...this.#disputes, this.#world.nextId()]);
    const step = this.#draw(3);
    if (step === 0) await this.#world.submit('city-platform', 'disputes:forward', { id });
    else if (step === 1) await this.#world.submit('provincial-node', 'disputes:review', { id });
    else await this.#world.submit('tax-bureau', 'disputes:resolve', { id, finding: this.#pick(['CORRECTED', 'CONFIRMED'] as const), documentDigest: DOCUMENT });
  }

  /** Deletion of what a release gave, and its attestation; most come too early. */
  async #delete(): Promise<void> {
    const releaseId = this.#pick([...this.#releases, `${this.#world.nextId()}.0`]);
    if (this.#draw(2) === 0) await this.#world.submit(this.#pick(['city-platform', 'provincial-node', 'other-platform']), 'deletions:ask', { releaseId });
    else await this.#world.submit('example-bank', 'deletions:attest', { id: deletionIdOf(releaseId), result: 'DELETED', documentDigest: DOCUMENT });
  }

  /** The same command again, or another one under its operation. */
  async #repeat(): Promise<void> {
    const operation = this.#world.nextId();
    const command = { operation, id: 'other-bank', name: { from: '2024-01-01', zh: '示范', en: `Example ${this.#draw(3)}` }, documentDigest: DOCUMENT };
    for (const change of [{}, {}, { name: { ...command.name, en: 'Another' } }]) await this.#world.submit('provincial-node', 'participants:rename', { ...command, ...change });
  }

  async #close(): Promise<void> {
    const operation = this.#world.nextId();
    const rename = { operation, id: 'other-bank', name: { from: '2025-01-01', zh: '示范', en: 'Example' }, documentDigest: DOCUMENT };
    if (this.#draw(2) === 0) await this.#world.submit('provincial-node', 'participants:rename', rename);
    await this.#world.submit(this.#pick(['provincial-node', 'city-platform']), 'operations:close', { operation });
    await this.#world.submit('provincial-node', 'participants:rename', rename);
  }

  /** Who may not, what is not there, and what is malformed. */
  async #trespass(): Promise<void> {
    const kind = this.#draw(3);
    if (kind === 0) await this.#world.submit(this.#pick(['tax-bureau', 'example-bank', 'city-platform']), 'participants:suspend', { id: 'other-bank', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
    else if (kind === 1) await this.#world.submit('provincial-node', 'participants:suspend', { id: 'nobody', reason: 'ordered-by-regulator', documentDigest: DOCUMENT });
    else await this.#world.submit('provincial-node', 'participants:suspend', { id: 'other-bank', reason: 'Not A Reason', documentDigest: DOCUMENT });
  }

  async #anyGrant(): Promise<{ by: WorldEnterprise; grant: Grant } | undefined> {
    if (this.#grants.length === 0) return undefined;
    // The newest half: old ones are mostly revoked.
    const { by, id } = this.#pick(this.#grants.slice(Math.floor(this.#grants.length / 2)));
    return { by, grant: await this.#world.grant(id) };
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#draw(values.length)] as T;
  }

  /** An integer from 0, less than `below`: a linear congruential generator's high bits. */
  #draw(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 0x1_0000_0000) * below);
  }
}
