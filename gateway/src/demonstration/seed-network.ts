import type { CommandOf } from '@kesu/chaincode';
import { initialPolicy, initialPurposes, instantAfter, canonicalJson, DAY_MILLIS, toBase64url, utf8ToBytes } from '@kesu/chaincode/domain';
import { CATALOGUE, type DemonstrationItem } from './catalogue';
import { LANCHUAN_ASSESSMENT_ENDS_DAY } from './denials';
import { PLANNED_BATCHES, type PlannedBatch } from './demonstration-sources';
import { DEMONSTRATION_MSPS, ORGANISATIONS, organisationsOf, type DemonstrationOrganisation } from './organisations';
import { requirementsOf } from './provider-requirements';
import type { Seeding } from './seeding';
import { RAW_APPROVED_ITEMS, RAW_OPEN_ITEMS, TEMPLATES, type DemonstrationTemplate } from './templates';

/** The provincial node's id. */
export const NODE = 'provincial-node';
/** The platform that others connect through. */
export const QINXINRONG = 'qinxinrong';

const FAR_DAYS = 3 * 365;

/** Everything before the first enterprise: founding, admission, catalogue, templates, batches. The clock stands at the start. */
export async function seedNetwork(seeding: Seeding): Promise<void> {
  await enrolAll(seeding);
  await found(seeding);
  for (const platform of organisationsOf('platform')) await admitPlatform(seeding, platform);
  for (const recipient of organisationsOf('recipient')) await admitRecipient(seeding, recipient);
  for (const organisation of ORGANISATIONS) await appoint(seeding, organisation);
  await registerRequestKeys(seeding);
  rememberOfficers(seeding);
  await importCatalogue(seeding);
  for (const template of TEMPLATES) await publish(seeding, template);
  await Promise.all(PLANNED_BATCHES.filter(({ day }) => day === 0).map((batch) => acceptBatch(seeding, batch)));
}

/** Organisations that take part: an assessor is only named in assessments. */
function participants(): readonly DemonstrationOrganisation[] {
  return ORGANISATIONS.filter(({ role }) => role !== 'assessor');
}

async function enrolAll({ options: { identities } }: Seeding): Promise<void> {
  const enrolOf = async (mspId: string): Promise<void> => {
    for (const { id, role } of participants().filter((one) => one.mspId === mspId)) if (role !== 'assessor') await identities.enrol(id, role, mspId);
  };
  await Promise.all([...DEMONSTRATION_MSPS.map(enrolOf), ...participants().map(({ id }) => identities.createRequestKey(id))]);
}

function described(seeding: Seeding, { id, names, mspId, regions }: DemonstrationOrganisation) {
  return { id, names: names.map((name) => ({ ...name })), mspId, regions: [...regions], documentDigest: seeding.cast.seeded.documentDigest(`admission of ${id}`) };
}

async function found(seeding: Seeding): Promise<void> {
  const { network, origin, rpId } = seeding.options;
  const [node] = organisationsOf('provincialNode');
  if (node === undefined) throw new RangeError('the demonstration has no node');
  const { names, documentDigest } = described(seeding, node);
  await seeding.submit(NODE, 'rule-book:found', {
    network,
    node: { id: NODE, names },
    organisations: [...DEMONSTRATION_MSPS],
    policy: { ...initialPolicy([{ origin, rpId }]), rawOpenItems: [...RAW_OPEN_ITEMS], qinxinrong: QINXINRONG },
    purposes: initialPurposes(),
    documentDigest,
  });
}

async function admitPlatform(seeding: Seeding, platform: DemonstrationOrganisation): Promise<void> {
  const { id, connectVia = 'NODE' } = platform;
  const { seeded } = seeding.cast;
  const far = instantAfter(seeding.startAt, FAR_DAYS * DAY_MILLIS);
  const authorizedUntil = id === 'lanchuan-platform' ? seeding.timeOf(LANCHUAN_ASSESSMENT_ENDS_DAY) : far;
  await seeding.submit(id, 'participants:apply', described(seeding, platform));
  const assess = (kind: 'SECURITY' | 'AUTHORIZATION', assessor: string, until: string) =>
    seeding.submit(NODE, 'participants:assess', { id, kind, assessor, until, documentDigest: seeded.documentDigest(`${kind} assessment of ${id}`) });
  await assess('SECURITY', 'example-security-assessor', far);
  await assess('AUTHORIZATION', 'example-authorization-assessor', authorizedUntil);
  await seeding.submit(NODE, 'participants:admit-platform', { id, connectVia, documentDigest: seeded.documentDigest(`technical assessment of ${id}`) });
}

async function admitRecipient(seeding: Seeding, recipient: DemonstrationOrganisation): Promise<void> {
  const { id, kind, memberOf } = recipient;
  if (kind === undefined) throw new RangeError(`${id} has no kind`);
  const { seeded } = seeding.cast;
  for (const platform of memberOf) {
    await seeding.submit(platform, 'participants:admit-recipient', { ...described(seeding, recipient), kind, securityPolicyDigest: seeded.documentDigest(`security policy of ${id}`) });
  }
  await seeding.submit(NODE, 'participants:confirm-recipient', { id, documentDigest: seeded.documentDigest(`confirmation of ${id}`) });
}

async function appoint(seeding: Seeding, organisation: DemonstrationOrganisation): Promise<void> {
  const { role } = organisation;
  if (role === 'provincialNode' || role === 'platform' || role === 'recipient' || role === 'assessor') return;
  await seeding.submit(NODE, 'participants:appoint', { ...described(seeding, organisation), role });
}

async function registerRequestKeys(seeding: Seeding): Promise<void> {
  await Promise.all(participants().map(({ id }) => seeding.submit(id, 'participants:register-key', { publicKey: seeding.requestKeyOf(id).publicKey }, 'request key')));
}

/** The officers whom the demonstration's authorities name in queries by law; a key for signing in is registered by who wants one. */
export const OFFICERS = ['OFFICER-1', 'OFFICER-2'] as const;

const AUTHORITIES: readonly DemonstrationOrganisation['role'][] = ['regulator', 'court', 'notary', 'arbitrator'];

function rememberOfficers({ changes, startAt }: Seeding): void {
  for (const { id } of participants().filter(({ role }) => AUTHORITIES.includes(role))) {
    for (const code of OFFICERS) changes.push({ table: 'officers', key: `${id}/${code}`, value: Buffer.from(canonicalJson({ code, registeredAt: startAt })) });
  }
}

async function importCatalogue(seeding: Seeding): Promise<void> {
  const { seeded } = seeding.cast;
  await seeding.submit(NODE, 'catalogue:put-items', { items: CATALOGUE.map(itemContent), documentDigest: seeded.documentDigest('the starting list') });
  const listed = CATALOGUE.filter(({ code }) => requirementsOf(code).length > 0);
  await Promise.all(listed.map(({ code, provider }) => seeding.submit(provider, 'catalogue:publish-requirements', { code, requirements: requirementsOf(code).map((requirement) => ({ ...requirement })) })));
  for (const { code, provider } of CATALOGUE.filter((item) => item.class === 'EXPLORATORY')) {
    await seeding.submit(provider, 'catalogue:state-no-trade-secret', { code, documentDigest: seeded.documentDigest(`no trade secret in ${code}`) });
    await seeding.submit(NODE, 'catalogue:move-item', { code, to: 'CONNECTED', documentDigest: seeded.documentDigest(`connection of ${code}`) });
  }
}

function itemContent({ basis: _basis, ...content }: DemonstrationItem): CommandOf<'catalogue:put-items'>['items'][number] {
  return { ...content, noWider: false, connected: true };
}

async function publish(seeding: Seeding, drafted: DemonstrationTemplate): Promise<void> {
  const { version, ...template } = drafted;
  await seeding.submit(NODE, 'templates:draft', { template });
  const { digest } = await seeding.read<{ digest: string }>('template', `${template.id}@${version}`);
  const providers = new Set(template.items.map(({ code }) => CATALOGUE.find((item) => item.code === code)?.provider ?? ''));
  for (const provider of providers) {
    const rawApproved = template.items.filter(({ code, granularities }) => granularities.includes('RAW') && RAW_APPROVED_ITEMS.includes(code) && isOf(provider, code)).map(({ code }) => code);
    await seeding.submit(provider, 'templates:approve', { id: template.id, version, digest, rawApproved });
  }
  await seeding.submit(NODE, 'templates:publish', { id: template.id, version });
}

function isOf(provider: string, code: string): boolean {
  return CATALOGUE.some((item) => item.code === code && item.provider === provider);
}

/** A provider hands in a batch, the node accepts it. */
export async function acceptBatch(seeding: Seeding, { name, item }: PlannedBatch): Promise<void> {
  const { batchId, batch } = seeding.cast.sources.batch(name);
  const provider = CATALOGUE.find((candidate) => candidate.code === item)?.provider ?? '';
  const { rows, digest, itemVersion } = batch.summary;
  const manifest = { type: 'ingest-batch' as const, network: seeding.options.network, id: batchId, provider, item, itemVersion, channel: channelOf(item), rows, digest, signedAt: seeding.at };
  const { keyId, sign } = seeding.requestKeyOf(provider);
  const signature = toBase64url(await sign(utf8ToBytes(canonicalJson(manifest))));
  await seeding.submit(provider, 'ingest:receive', { manifest, signature: { keyId, signature } }, name);
  await seeding.submit(NODE, 'ingest:accept', { id: batchId });
}

function channelOf(item: string): CommandOf<'ingest:receive'>['manifest']['channel'] {
  const mode = CATALOGUE.find((candidate) => candidate.code === item)?.mode;
  if (mode === 'FEEDBACK') return 'FEEDBACK';
  return mode === 'SELF_REPORT' || mode === 'ACTIVE_OPT_IN' ? 'SELF_REPORT' : 'EXCHANGE';
}
