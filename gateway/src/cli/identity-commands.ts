import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Argument, Option, type Command } from 'commander';
import { expiryNotice, PARTICIPANT_ATTRIBUTE, REVOCATION_REASONS, ROLE_ATTRIBUTE, type RevocationReason } from '@kesu/certs';
import { PARTICIPANT_ROLES, type ParticipantRole } from '@kesu/chaincode/domain';
import { systemClock } from '../clock';
import { OPERATOR_LABEL } from '../identities';
import { lockStores, openStores, ORGANISATION_MSPS, placesOf, type Stores } from '../stores';
import { CommandError, EXIT, print } from './output';
import { configurationOf, withStoreOptions } from './store-commands';

interface IdentityOptions {
  readonly data?: string;
  readonly keep?: string;
  readonly json?: boolean;
  readonly msp: string;
}

/** Identities are kept in the gateway's private journal: these commands work while it is stopped. */
async function withStores<T>(options: IdentityOptions, act: (stores: Stores) => Promise<T>): Promise<T> {
  const configuration = configurationOf(options);
  if (!existsSync(placesOf(configuration).ledger)) throw new CommandError(EXIT.UNAVAILABLE, `there is no ledger in ${configuration.data}: \`npm start\` makes one`);
  const lock = await lockStores(configuration);
  const stores = await openStores(configuration, lock, systemClock, '0'.repeat(32)).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
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
    .addOption(new Option('--msp <msp>', 'organisation').choices([...ORGANISATION_MSPS]).default(ORGANISATION_MSPS[0]));
}

/** `kesu identity …`: the identities this gateway signs with and the certificates its authorities issued. */
export function addIdentityCommands(program: Command): void {
  const identity = program.command('identity').description('certificates: enroll, register, import, list, revoke, renew (the gateway must be stopped)');
  addList(identity);
  addRegistration(identity);
  addImport(identity);
  addRevocation(identity);
  addRenewal(identity);
}

function addList(identity: Command): void {
  described(identity, 'list', 'identities with their state and expiry').action(async (options: IdentityOptions) => {
    const listed = await withStores(options, async ({ identities }) => {
      const registers = await Promise.all(identities.mspIds.map((mspId) => identities.enrolmentOf(mspId).list()));
      return registers.flat().map((entry) => {
        const current = entry.certificates.filter((certificate) => certificate.revoked === undefined).sort((a, b) => b.notAfter - a.notAfter)[0];
        const notice = current === undefined ? undefined : expiryNotice(current.notAfter, systemClock.now());
        return { id: entry.id, mspId: entry.mspId, state: entry.state, role: entry.attributes[ROLE_ATTRIBUTE] ?? entry.role, serial: current?.serial, notice };
      });
    });
    const lines = listed.map(({ id, mspId, state, role, notice }) => `${id}  ${role}  ${mspId}  ${state}  ${notice === undefined ? '' : notice.kind === 'expired' ? 'EXPIRED' : `${notice.daysLeft} days left`}`);
    print(listed, lines, options.json === true);
  });
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
        await identities.enrol(participant, role, options.msp);
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
      const revoked = await withStores(options, async ({ identities, ledger }) => {
        const { serials } = await identities.enrolmentOf(options.msp).revoke({ kind: 'identity', id: participant, reason: options.reason });
        const trust = (await identities.organisations())[options.msp];
        if (trust === undefined) throw new CommandError(EXIT.UNAVAILABLE, `no authority of ${options.msp} is kept here`);
        return { participant, serials, head: await ledger.updateOrganisation(options.msp, trust) };
      });
      print(revoked, [`${revoked.serials.length} certificates of ${participant} are revoked from block ${revoked.head.block} on`], options.json === true);
    });
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
  const renewed = await withStores(options, async ({ identities, ledger }) => {
    const next = await identities.makeNextOperator(ledger.configuration.operator.mspId, systemClock.now());
    const head = await ledger.changeOperator(next);
    await identities.takeNextOperator();
    return { participant: OPERATOR_LABEL, notAfter: new Date(new X509Certificate(next.certificate).validTo).toISOString(), head };
  });
  print(renewed, [`blocks are signed with a new certificate behind block ${renewed.head.block}, valid until ${renewed.notAfter}`], options.json === true);
}
