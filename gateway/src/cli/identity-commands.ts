import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Argument, Option, type Command } from 'commander';
import { expiryNotice, PARTICIPANT_ATTRIBUTE, REVOCATION_REASONS, ROLE_ATTRIBUTE, type ExpiryNotice, type ListedIdentity, type RevocationReason } from '@kesu/certs';
import { PARTICIPANT_ROLES, type ParticipantRole } from '@kesu/chaincode/domain';
import { systemClock } from '../clock';
import { OPERATOR_LABEL } from '../identities';
import { openEmbeddedIdentities, openFabricIdentities, type IdentityStores } from '../identity-stores';
import { ORGANISATION_MSPS } from '../stores';
import { isObeyed, revokeIdentity, type PublishedRevocation } from '../use-cases/revoke-identity';
import { CommandError, EXIT, print } from './output';
import { configurationOf, withStoreOptions } from './store-commands';
import { addSubmitCommand } from './submit-command';

interface IdentityOptions {
  readonly data?: string;
  readonly keep?: string;
  readonly json?: boolean;
  readonly msp: string;
  /** The directory of a Fabric network; the embedded ledger when absent. */
  readonly network?: string;
}

/** Identities are kept in the gateway's private journal: these commands work while it is stopped. */
function withStores<T>(options: IdentityOptions, act: (stores: IdentityStores) => Promise<T>): Promise<T> {
  const configuration = configurationOf(options);
  const network = options.network === undefined ? configuration.network : resolve(options.network);
  const isFabric = options.network !== undefined || configuration.ledger === 'fabric';
  return closedBehind<IdentityStores, T>(isFabric ? openFabricIdentities(configuration, network, systemClock) : openEmbeddedIdentities(configuration, systemClock), act);
}

async function closedBehind<S extends IdentityStores, T>(opening: Promise<S>, act: (stores: S) => Promise<T>): Promise<T> {
  const stores = await opening;
  try {
    return await act(stores);
  } finally {
    await stores.close();
  }
}

const roleArgument = () => new Argument('<role>', 'role of the participant').choices([...PARTICIPANT_ROLES]);

function described(parent: Command, name: string, description: string): Command {
  return withStoreOptions(parent.command(name))
    .description(description)
    .option('--msp <msp>', 'organisation', ORGANISATION_MSPS[0])
    .option('--network <dir>', 'directory of the Fabric network whose fabric-ca issues; without it the embedded ledger');
}

/** `kesu identity …`: the identities this gateway signs with and the certificates its authorities issued. */
export function addIdentityCommands(program: Command): void {
  const identity = program.command('identity').description('certificates: enroll, register, import, list, revoke, renew; submit (the gateway must be stopped)');
  addList(identity);
  addRegistration(identity);
  addImport(identity);
  addRevocation(identity);
  addRenewal(identity);
  addSubmitCommand(identity);
}

function addList(identity: Command): void {
  described(identity, 'list', 'identities with their state and expiry').action(async (options: IdentityOptions) => {
    const listed = await withStores(options, async ({ identities }) => {
      const registers = await Promise.all(identities.mspIds.map((mspId) => identities.enrolmentOf(mspId).list()));
      return registers.flat().map((entry) => summaryOf(entry, systemClock.now()));
    });
    print(listed, listed.map(lineOf), options.json === true);
  });
}

/** An identity in a listing. The notice is about the certificate that ends last of those not revoked. */
export function summaryOf(entry: ListedIdentity, at: number) {
  const current = entry.certificates.filter((certificate) => certificate.revoked === undefined).sort((a, b) => b.notAfter - a.notAfter)[0];
  const notice = current === undefined ? undefined : expiryNotice(current.notAfter, at);
  return { id: entry.id, mspId: entry.mspId, state: entry.state, role: entry.attributes[ROLE_ATTRIBUTE] ?? entry.role, serial: current?.serial, notice };
}

/** The listing's line for people: what is about to expire says so and what to do. */
export function lineOf({ id, role, mspId, state, notice }: ReturnType<typeof summaryOf>): string {
  return [id, role, mspId, state, ...(notice === undefined ? [] : [expiryText(notice, id)])].join('  ');
}

function expiryText(notice: ExpiryNotice, id: string): string {
  if (notice.kind === 'expired') return `EXPIRED: \`kesu identity enroll ${id} <role>\` makes a new certificate`;
  if (notice.kind === 'far') return `${notice.daysLeft} days left`;
  return `${notice.daysLeft} days left: \`kesu identity renew ${id}\` (notice at ${notice.mark})`;
}

function addRegistration(identity: Command): void {
  described(identity, 'register', 'register a participant; answers the secret to enrol with')
    .argument('<participant>', 'its id')
    .addArgument(roleArgument())
    .action(async (participant: string, role: ParticipantRole, options: IdentityOptions) => {
      const registered = await withStores(options, ({ identities }) => identities.enrolmentOf(options.msp).register({ id: participant, role: 'client', attributes: { [ROLE_ATTRIBUTE]: role, [PARTICIPANT_ATTRIBUTE]: participant } }));
      print(registered, [`${participant} is registered; secret ${registered.secret}`], options.json === true);
    });
  described(identity, 'enroll', 'register and enrol a participant and keep its identity in the wallet')
    .argument('<participant>', 'its id')
    .addArgument(roleArgument())
    .action(async (participant: string, role: ParticipantRole, options: IdentityOptions) => {
      const key = await withStores(options, async ({ identities }) => {
        const expiring = await identities.wallet.expiring(systemClock.now());
        const hasExpired = expiring.some(({ label, notice }) => label === participant && notice.kind === 'expired');
        await (hasExpired ? identities.enrolAnew(participant, role, options.msp) : identities.enrol(participant, role, options.msp));
        return identities.createRequestKey(participant);
      });
      print({ participant, requestKey: { keyId: key.keyId, publicKey: key.publicKey } }, [`${participant} is enrolled; its request key is ${key.keyId}`], options.json === true);
    });
}

function addImport(identity: Command): void {
  described(identity, 'import', 'take in an identity whose certificate was issued elsewhere by the same authority')
    .argument('<participant>', 'its id')
    .requiredOption('--certificate <file>', 'PEM')
    .requiredOption('--private-key <file>', 'PEM')
    .action(async (participant: string, options: IdentityOptions & { certificate: string; privateKey: string }) => {
      const imported = await withStores(options, async ({ identities }) => {
        const enrolled = await identities.enrolmentOf(options.msp).import({ id: participant, certificate: readFileSync(options.certificate, 'utf8'), privateKey: readFileSync(options.privateKey, 'utf8') });
        await identities.keep(participant, enrolled);
        return { participant, serial: enrolled.serial };
      });
      print(imported, [`${participant} is in the wallet, serial ${imported.serial}`], options.json === true);
    });
}

function addRevocation(identity: Command): void {
  described(identity, 'revoke', "revoke a participant's certificates; from the next block on the ledger refuses them")
    .argument('<participant>', 'its id')
    .addOption(new Option('--reason <reason>', 'why').choices([...REVOCATION_REASONS]).default('unspecified'))
    .action(async (participant: string, options: IdentityOptions & { reason: RevocationReason }) => {
      const revoked = await withStores(options, ({ identities, publish }) => revokeIdentity({ enrolment: identities.enrolmentOf(options.msp), publish }, participant, options.reason));
      print(revoked, revocationLines(participant, revoked.serials.length, revoked.published), options.json === true);
      process.exitCode = isObeyed(revoked.published) ? EXIT.DONE : EXIT.UNAVAILABLE;
    });
}

function revocationLines(participant: string, count: number, published: PublishedRevocation): string[] {
  if (published.kind === 'embedded') return [`${count} certificates of ${participant} are revoked from block ${published.block} on`];
  const lagging = published.peers.filter(({ refuses }) => !refuses);
  const refusing = published.peers.filter(({ refuses }) => refuses).map(({ organisation }) => organisation);
  return [
    `${count} certificates of ${participant} are revoked on the channel; refused by the peers of: ${refusing.join(', ')}`,
    ...lagging.map(({ organisation, detail }) => `the peer of ${organisation} has not been seen to refuse them (${detail ?? 'no answer'}): start it and run this command again`),
  ];
}

function addRenewal(identity: Command): void {
  described(identity, 'renew', `a new certificate for an identity in the wallet; \`${OPERATOR_LABEL}\`: for who signs the blocks, recorded on the ledger`)
    .argument('<participant>', `its id, or ${OPERATOR_LABEL}`)
    .action(async (participant: string, options: IdentityOptions) => {
      if (participant === OPERATOR_LABEL) return renewOperator(options);
      const renewed = await withStores(options, async ({ identities }) => {
        const current = await identities.wallet.get(participant);
        if (current === undefined) throw new CommandError(EXIT.NO, `the wallet holds no identity of ${participant}: \`kesu identity enroll\` makes one`);
        const enrolled = await identities.enrolmentOf(current.mspId).renew({ id: participant, current });
        await identities.keep(participant, enrolled);
        return { participant, serial: enrolled.serial, notAfter: new Date(enrolled.validity.notAfter).toISOString() };
      });
      print(renewed, [`${participant} has serial ${renewed.serial}, valid until ${renewed.notAfter}`], options.json === true);
    });
}

/** The new certificate lies in the wallet before the ledger names it; a command that broke off is finished by the next one, or the next start. */
async function renewOperator(options: IdentityOptions): Promise<void> {
  if (options.network !== undefined) throw new CommandError(EXIT.WRONG_USE, 'the orderers sign the blocks of a Fabric network: `kesu network doctor` tells when their certificates end');
  const renewed = await closedBehind(openEmbeddedIdentities(configurationOf(options), systemClock), async ({ identities, ledger }) => {
    const next = await identities.makeNextOperator(ledger.configuration.operator.mspId, systemClock.now());
    const head = await ledger.changeOperator(next);
    await identities.takeNextOperator();
    return { participant: OPERATOR_LABEL, notAfter: new Date(new X509Certificate(next.certificate).validTo).toISOString(), head };
  });
  print(renewed, [`blocks are signed with a new certificate behind block ${renewed.head.block}, valid until ${renewed.notAfter}`], options.json === true);
}
