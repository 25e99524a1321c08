import {
  ANY_RECIPIENT,
  canonicalJson,
  envelopeBytes,
  ENVELOPE_TYPE,
  grantIdOf,
  instantAfter,
  MINUTE_MILLIS,
  monthNumber,
  monthOfNumber,
  saltedDigest,
  shanghaiDate,
  statementDigest,
  toBase64url,
  type Grant,
  type GrantAction,
  type KeyCapacity,
  type Letter,
  type LetterIdentity,
  type MandateStatement,
  type SignatureProof,
  type SignedEnvelope,
  type Statement,
} from '@kesu/chaincode/domain';
import { signWithKeyFile } from '../signing-key-file';
import type { DemonstrationKey } from './demonstration-keys';
import type { EnterpriseSeeding } from './seed-enterprises';
import { NODE } from './seed-network';
import type { Seeding } from './seeding';
import type { LetterPlan, MonthsBack, Step } from './step';

/** Where the private journal keeps identities behind letters, as letter sets do. */
const IDENTITIES = 'letter-identities';

const LIFETIME_MILLIS = 10 * MINUTE_MILLIS;

const STATE_AFTER: Readonly<Record<GrantAction, Grant['state']>> = { REVOKE: 'REVOKED', SUSPEND: 'SUSPENDED', RESUME: 'ACTIVE' };

type MandateStep = Step & { readonly verb: 'MANDATE' };

interface GivenGrant extends Pick<Grant, 'id' | 'oneTime' | 'until' | 'retentionDays'> {
  version: number;
  state: Grant['state'];
}

/** Letters, transitions, mandates and requests: what enterprises sign and are asked for. */
export class ConsentSeeding {
  /** Grants by the names of steps. */
  readonly grants = new Map<string, GivenGrant>();
  /** Requests by the names of steps. */
  readonly requests = new Map<string, string>();
  private readonly mandates = new Map<string, MandateStatement['mandate']>();
  private readonly templateDigests = new Map<string, string>();

  constructor(
    private readonly seeding: Seeding,
    private readonly enterprises: EnterpriseSeeding,
  ) {}

  /** An enterprise signs letters under one signature; its platform carries them. */
  async give({ letters, signedBy }: Step & { readonly verb: 'GRANT' }): Promise<void> {
    const [first] = letters;
    if (first === undefined) throw new RangeError('a set holds at least one letter');
    const keys = this.enterprises.keysFor(first.enterprise, signedBy);
    const identity = this.identityOf(first.enterprise, keys);
    const identitySalt = this.seeding.cast.seeded.bytes(`identity ${first.grant}`, 32);
    const identityDigest = saltedDigest(identitySalt, identity);
    const statements: Letter[] = [];
    for (const plan of letters) statements.push(await this.letterOf(plan, identityDigest));
    const { result } = await this.seeding.submit(first.platform, 'grants:submit', this.sign(first.grant, statements, keys), first.grant);
    const value = Buffer.from(canonicalJson({ identity, identitySalt: toBase64url(identitySalt) }), 'utf8');
    for (const [index, letter] of statements.entries()) {
      const plan = letters[index] ?? first;
      this.grants.set(plan.grant, { id: result.ids[index] ?? '', oneTime: plan.oneTime, until: letter.until, retentionDays: letter.retentionDays, version: 1, state: 'ACTIVE' });
      this.seeding.changes.push({ table: IDENTITIES, key: grantIdOf(letter), value });
    }
    for (const { supersedes } of letters) if (supersedes !== undefined) this.grant(supersedes).version += 1;
  }

  /** An enterprise revokes, suspends or resumes. */
  async transit({ verb, enterprise: slug, grant: name, signedBy, reason }: Step & { readonly verb: GrantAction }): Promise<void> {
    const grant = this.grant(name);
    const keys = this.enterprises.keysFor(slug, signedBy);
    const label = `${verb} ${name} ${grant.version}`;
    const statement = { kind: 'TRANSITION' as const, enterprise: this.seeding.enterprise(slug).subjectRef, grantId: grant.id, grantVersion: grant.version, action: verb, reason, ...this.identified(slug, keys, label) };
    await this.seeding.submit(NODE, 'grants:transit', this.sign(label, [statement], keys), label);
    grant.version += 1;
    grant.state = STATE_AFTER[verb];
  }

  /** The legal representative gives or revokes a mandate. */
  async mandate({ enterprise: slug, act, mandate: name, templates, longestPeriodDays, untilDay, signedBy }: MandateStep): Promise<void> {
    const { seeded } = this.seeding.cast;
    const enterprise = this.seeding.enterprise(slug);
    const keys = this.enterprises.keysFor(slug, signedBy);
    const holder = await this.enterprises.pseudonym(enterprise, enterprise.handler?.name ?? '');
    const mandate = this.mandates.get(name) ?? { id: seeded.id(`mandate ${name}`), holder, templates: [...templates], longestPeriodDays, from: this.seeding.at, until: this.seeding.timeOf(untilDay) };
    this.mandates.set(name, mandate);
    const label = `${act} ${name}`;
    const statement: MandateStatement = { kind: 'MANDATE', enterprise: enterprise.subjectRef, action: act, mandate, ...this.identified(slug, keys, label) };
    await this.seeding.submit(enterprise.platforms[0] ?? NODE, 'signatories:submit-mandates', this.sign(label, [statement], keys), label);
  }

  /** An enterprise registers at its further platforms; its first one carries what it signed. */
  async registerElsewhere(slug: string): Promise<void> {
    const { subjectRef, platforms } = this.seeding.enterprise(slug);
    const [first = NODE, ...others] = platforms;
    if (others.length === 0) return;
    const keys = this.enterprises.keysFor(slug, [this.enterprises.registryCapacity(slug)]);
    const label = `registrations of ${slug}`;
    const statements = others.map((platform) => ({ kind: 'REGISTRATION' as const, enterprise: subjectRef, platform, ...this.identified(slug, keys, `${platform} ${slug}`) }));
    await this.seeding.submit(first, 'enterprises:join-platform', this.sign(label, statements, keys), label);
  }

  /** A platform asks for a grant. */
  async request({ request, enterprise, platform, recipient, template, purpose, items, untilDay }: Step & { readonly verb: 'REQUEST' }): Promise<void> {
    const id = this.seeding.cast.seeded.id(`request ${request}`);
    const asked = items.map(({ code, granularity }) => ({ code, granularity }));
    await this.seeding.submit(platform, 'grants:open-request', { id, enterprise: this.seeding.enterprise(enterprise).subjectRef, recipient, templateId: template, purpose, items: asked, until: this.seeding.timeOf(untilDay) });
    this.requests.set(request, id);
  }

  /** The enterprise declines; its platform records it. */
  async decline({ request, enterprise }: Step & { readonly verb: 'DECLINE' }): Promise<void> {
    await this.seeding.submit(this.seeding.enterprise(enterprise).platforms[0] ?? NODE, 'grants:decline-request', { id: this.requests.get(request) ?? '' });
  }

  /** The grant of a name. @throws RangeError when it wasn't given. */
  grant(name: string): GivenGrant {
    const found = this.grants.get(name);
    if (found === undefined) throw new RangeError(`the grant ${name} was not given`);
    return found;
  }

  /** The months of a range that counts back from the month of the start. */
  monthsBack({ from, to }: MonthsBack): { readonly from: string; readonly to: string } {
    const month = monthNumber(shanghaiDate(this.seeding.startAt).slice(0, 7));
    return { from: monthOfNumber(month - from), to: monthOfNumber(month - to) };
  }

  private async letterOf(plan: LetterPlan, identityDigest: string): Promise<Letter> {
    const { platform, conduit, recipient, purpose, loan, oneTime, frequency, rangeMonthsBack, retentionDays, fromDay, untilDay, supersedes } = plan;
    const { seeded } = this.seeding.cast;
    return {
      kind: 'LETTER',
      template: { id: plan.template, version: 1, digest: await this.templateDigest(plan.template) },
      enterprise: this.seeding.enterprise(plan.enterprise).subjectRef,
      platform,
      ...(conduit === undefined ? {} : { conduit }),
      recipient: recipient === 'ANY' ? ANY_RECIPIENT : recipient,
      items: plan.items.map(({ code, granularity, separateConsent }) => ({ code, version: 1, granularity, separateConsent: separateConsent === true })),
      purpose,
      ...(loan === undefined ? {} : { loanRef: this.loanRef(loan) }),
      oneTime,
      ...(frequency === undefined ? {} : { frequency }),
      ...(rangeMonthsBack === undefined ? {} : { range: this.monthsBack(rangeMonthsBack) }),
      retentionDays,
      from: fromDay === undefined ? this.seeding.at : this.seeding.timeOf(fromDay),
      until: this.seeding.timeOf(untilDay),
      ...(supersedes === undefined ? {} : { supersedes: { grantId: this.grant(supersedes).id, version: this.grant(supersedes).version } }),
      identityDigest,
      salt: seeded.salt(`letter ${plan.grant}`),
    };
  }

  /** The reference of a loan on the ledger. */
  loanRef(name: string): string {
    return this.seeding.cast.seeded.id(`loan ${name}`);
  }

  private async templateDigest(id: string): Promise<string> {
    const known = this.templateDigests.get(id) ?? (await this.seeding.read<{ digest: string }>('template', `${id}@1`)).digest;
    this.templateDigests.set(id, known);
    return known;
  }

  private identityOf(slug: string, keys: readonly DemonstrationKey[]): LetterIdentity {
    const { profile } = this.seeding.enterprise(slug);
    const signatories = keys.map(({ plan }) => ({ name: this.enterprises.holderOf(slug, plan), capacity: plan.capacity satisfies KeyCapacity }));
    return { name: profile.name.normalize('NFC'), creditCode: profile.subject, signatories };
  }

  private identified(slug: string, keys: readonly DemonstrationKey[], label: string): { readonly identityDigest: string; readonly salt: string } {
    const { seeded } = this.seeding.cast;
    return { identityDigest: saltedDigest(seeded.bytes(`identity ${label}`, 32), this.identityOf(slug, keys)), salt: seeded.salt(`statement ${label}`) };
  }

  private sign<S extends Statement>(label: string, statements: readonly S[], keys: readonly DemonstrationKey[]): { envelope: SignedEnvelope; statements: S[]; signatures: SignatureProof[] } {
    const envelope: SignedEnvelope = {
      type: ENVELOPE_TYPE,
      network: this.seeding.options.network,
      statements: statements.map(statementDigest),
      nonce: toBase64url(this.seeding.cast.seeded.bytes(`nonce ${label}`, 16)),
      signedAt: this.seeding.at,
      submitBefore: instantAfter(this.seeding.at, LIFETIME_MILLIS),
    };
    const bytes = envelopeBytes(envelope);
    return { envelope, statements: [...statements], signatures: keys.map(({ file }) => signWithKeyFile(file, bytes)) };
  }
}
