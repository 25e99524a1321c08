import { instantAfter, DAY_MILLIS, type KeyCapacity } from '@kesu/chaincode/domain';
import { pseudonymOf } from '../use-cases/register-enterprise';
import { subjectChanges } from '../use-cases/subject-map';
import type { DemonstrationKey } from './demonstration-keys';
import type { DemonstrationEnterprise } from './enterprises';
import type { DemonstrationPerson } from './enterprise-profile';
import { isStrong, keysOfRegistration, type PlannedKey } from './key-plan';
import { NODE } from './seed-network';
import type { Seeding } from './seeding';
import type { Step } from './step';

const KEY_DAYS = 3 * 365;

/** Whose key it is when a court or a liquidation named the holder: their names are on no list of the demonstration. */
const APPOINTED = { ADMINISTRATOR: '示范破产管理人', LIQUIDATOR: '示范清算组' } as const;

/** Enterprises, their keys and what the registry shows of them. */
export class EnterpriseSeeding {
  private readonly confirmed = new Map<string, DemonstrationKey[]>();
  private readonly changed = new Set<string>();

  constructor(private readonly seeding: Seeding) {}

  /** Name, code and people of every enterprise into the private journal: nothing of it comes onto the ledger (I16). */
  async rememberSubjects(): Promise<void> {
    const { store, random } = this.seeding.options;
    for (const enterprise of this.seeding.cast.enterprises) {
      const { subjectRef: ref, profile, codeNeedsOverride } = enterprise;
      const people = peopleOf(enterprise);
      const persons = Object.fromEntries(await Promise.all(people.map(async ({ name }) => [await this.pseudonym(enterprise, name), name] as const)));
      const confirmed = codeNeedsOverride ? { codeConfirmedBy: this.seeding.cast.seeded.documentDigest(`registry confirms the code of ${enterprise.slug}`) } : {};
      this.seeding.changes.push(...(await subjectChanges({ store, random }, { ref, name: profile.name.normalize('NFC'), creditCode: profile.subject, persons, ...confirmed })));
    }
  }

  /** Registers an enterprise at its first platform, with its first keys. One of full assurance comes first; a further one of the same capacity waits. */
  async register(slug: string): Promise<void> {
    const enterprise = this.seeding.enterprise(slug);
    const { subjectRef: ref, profile, platforms, predecessor } = enterprise;
    const [platform = ''] = platforms;
    const { kind, regionCode: region, industry, size } = profile;
    const representative = await this.pseudonym(enterprise, profile.legalRepresentative.name);
    const former = predecessor === undefined ? {} : { predecessor: this.seeding.enterprise(predecessor).subjectRef };
    await this.seeding.submit(platform, 'enterprises:register', { ref, kind, region, industry, size, representative, ...former }, slug);
    for (const key of this.firstKeys(slug)) await this.addKey(enterprise, key);
    for (const key of this.secondKeys(slug)) {
      await this.registerKey(enterprise, key);
      await this.seeding.submit(NODE, 'signatories:record-notice', { ref, keyId: key.file.keyId });
    }
  }

  /** True when a key of the enterprise waits for its confirmation after registration. */
  hasSecondKeys(slug: string): boolean {
    return this.secondKeys(slug).length > 0;
  }

  /** The node confirms keys whose 72 hours after the notice are over. */
  async confirmSecondKeys(slug: string): Promise<void> {
    for (const key of this.secondKeys(slug)) await this.confirm(this.seeding.enterprise(slug), key);
  }

  /** The registry shows a new legal representative: the former keys stop, the successor's first is confirmed at once, for it replaces no live one. */
  async changeRepresentative(slug: string): Promise<void> {
    const enterprise = this.seeding.enterprise(slug);
    const { nextRepresentative, subjectRef: ref } = enterprise;
    if (nextRepresentative === undefined) throw new RangeError(`${slug} has no next representative`);
    const representative = await this.pseudonym(enterprise, nextRepresentative.name);
    await this.seeding.submit(NODE, 'enterprises:change-representative', { ref, representative, documentDigest: this.seeding.cast.seeded.documentDigest(`new representative of ${slug}`) }, slug);
    this.changed.add(slug);
    for (const key of this.heldBy(slug, 'SUCCESSOR')) await this.addKey(enterprise, key);
  }

  /** The registry or a court shows a new state; who then signs gets a key. */
  async move({ enterprise: slug, to }: Step & { readonly verb: 'ENTERPRISE_STATE' }): Promise<void> {
    const enterprise = this.seeding.enterprise(slug);
    await this.seeding.submit(NODE, 'enterprises:move', { ref: enterprise.subjectRef, to, documentDigest: this.seeding.cast.seeded.documentDigest(`${slug} becomes ${to}`) });
    const appointed = to === 'BANKRUPT' ? 'ADMINISTRATOR' : 'LIQUIDATOR';
    if (to !== 'BANKRUPT' && to !== 'LIQUIDATING') return;
    for (const key of this.heldBy(slug, appointed)) await this.addKey(enterprise, key);
  }

  /** A further enterprise succeeds. */
  async succeed({ enterprise, successor }: Step & { readonly verb: 'SUCCEED' }): Promise<void> {
    const [ref, next] = [this.seeding.enterprise(enterprise).subjectRef, this.seeding.enterprise(successor).subjectRef];
    await this.seeding.submit(NODE, 'enterprises:link-successor', { ref, successor: next, documentDigest: this.seeding.cast.seeded.documentDigest(`${successor} succeeds`) });
  }

  /**
   * The best live key of each capacity.
   * @throws RangeError when one has none.
   */
  keysFor(slug: string, capacities: readonly KeyCapacity[]): readonly DemonstrationKey[] {
    const live = (this.confirmed.get(slug) ?? []).filter(({ plan }) => plan.holder !== 'REPRESENTATIVE' || !this.changed.has(slug));
    return capacities.map((capacity) => {
      const [best] = live.filter(({ plan }) => plan.capacity === capacity).sort((a, b) => Number(isStrong(b.plan)) - Number(isStrong(a.plan)));
      if (best === undefined) throw new RangeError(`${slug} has no live key of ${capacity}`);
      return best;
    });
  }

  /** In which capacity the person whom the registry names signs. @throws RangeError when no such key is planned. */
  registryCapacity(slug: string): KeyCapacity {
    const own = this.seeding.keysOf(slug).find(({ plan }) => plan.holder === 'REPRESENTATIVE');
    if (own === undefined) throw new RangeError(`${slug} has no key of its representative`);
    return own.plan.capacity;
  }

  /** Who holds a key now, by name. */
  holderOf(slug: string, { holder }: PlannedKey): string {
    const { profile, handler, nextRepresentative } = this.seeding.enterprise(slug);
    if (holder === 'ADMINISTRATOR' || holder === 'LIQUIDATOR') return APPOINTED[holder];
    if (holder === 'HANDLER') return handler?.name ?? profile.legalRepresentative.name;
    return holder === 'SUCCESSOR' ? (nextRepresentative?.name ?? '') : profile.legalRepresentative.name;
  }

  /** A person's pseudonym within the enterprise, as the gateway makes it. */
  pseudonym({ subjectRef }: Pick<DemonstrationEnterprise, 'subjectRef'>, name: string): Promise<string> {
    const { store, random } = this.seeding.options;
    return pseudonymOf({ store, random }, subjectRef, name);
  }

  private heldBy(slug: string, holder: PlannedKey['holder']): readonly DemonstrationKey[] {
    return this.seeding.keysOf(slug).filter(({ plan }) => plan.holder === holder);
  }

  private firstKeys(slug: string): readonly DemonstrationKey[] {
    return keysOfRegistration(this.seeding.keysOf(slug), ({ plan }) => plan).live;
  }

  private secondKeys(slug: string): readonly DemonstrationKey[] {
    return keysOfRegistration(this.seeding.keysOf(slug), ({ plan }) => plan).waiting;
  }

  private async addKey(enterprise: DemonstrationEnterprise, key: DemonstrationKey): Promise<void> {
    await this.registerKey(enterprise, key);
    await this.confirm(enterprise, key);
  }

  private async registerKey(enterprise: DemonstrationEnterprise, { plan, file }: DemonstrationKey): Promise<void> {
    const { algorithm, means, publicKey, passkey } = file;
    const { slug, subjectRef: ref, platforms } = enterprise;
    const holder = await this.pseudonym(enterprise, this.holderOf(slug, plan));
    const evidenceDigest = this.seeding.cast.seeded.documentDigest(`identity behind ${slug} ${plan.slot}`);
    const until = instantAfter(this.seeding.startAt, KEY_DAYS * DAY_MILLIS);
    const key = { holder, capacity: plan.capacity, algorithm, means, publicKey, binding: plan.binding, evidenceDigest, until, ...(passkey === undefined ? {} : { passkey }) };
    await this.seeding.submit(platforms[0] ?? '', 'signatories:register-key', { ref, key }, `${slug} ${plan.slot}`);
  }

  private async confirm({ slug, subjectRef: ref }: DemonstrationEnterprise, key: DemonstrationKey): Promise<void> {
    await this.seeding.submit(NODE, 'signatories:confirm-key', { ref, keyId: key.file.keyId });
    this.confirmed.set(slug, [...(this.confirmed.get(slug) ?? []), key]);
  }
}

function peopleOf({ profile, handler, nextRepresentative, keyPlan }: DemonstrationEnterprise): readonly Pick<DemonstrationPerson, 'name'>[] {
  const appointed = keyPlan.flatMap(({ holder }) => (holder === 'ADMINISTRATOR' || holder === 'LIQUIDATOR' ? [{ name: APPOINTED[holder] }] : []));
  return [profile.legalRepresentative, ...(handler === undefined ? [] : [handler]), ...(nextRepresentative === undefined ? [] : [nextRepresentative]), ...appointed];
}
