import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createDevelopmentAuthority, DevelopmentAuthority, DevelopmentEnrolment, openFabricCa, type Enrolment, type WalletStorage } from '@kesu/certs';
import type { OrganisationTrust } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { Clock } from './clock';
import { ConfigurationError } from './config';

/** The authorities of the organisations whose identities a gateway keeps. */
export interface Authorities {
  /** By MSP id. */
  readonly enrolments: ReadonlyMap<string, Enrolment>;
  /** The organisations' trust: roots and revocation lists, by MSP id. */
  organisations(): Promise<Record<string, OrganisationTrust>>;
}

/** No authority of an organisation can be asked from here. */
export class AuthorityUnknownError extends Error {
  override readonly name = 'AuthorityUnknownError';

  constructor(mspId: string, known: readonly string[]) {
    super(`no authority of ${mspId} can be asked from here; ${known.length === 0 ? 'no registrar that profile.json names has its credentials on this machine' : `those of ${known.join(', ')} can`}`);
  }
}

/** How long certificates of the development authorities hold, milliseconds. */
export const DEVELOPMENT_CERTIFICATE_MILLIS = 2 * 365 * 86_400_000;

/** The embedded ledger's: one development authority an organisation, made where the storage holds none. */
export async function openDevelopmentAuthorities(storage: WalletStorage, mspIds: readonly string[], clock: Clock): Promise<Authorities> {
  const authorities: DevelopmentAuthority[] = [];
  for (const mspId of mspIds) {
    const options = { mspId, now: () => clock.now(), storage };
    const isKnown = (await storage.list(`authority/${mspId}/`)).length > 0;
    authorities.push(isKnown ? await DevelopmentAuthority.open(options) : await createDevelopmentAuthority(options));
  }
  const enrolment = (authority: DevelopmentAuthority): Enrolment =>
    new DevelopmentEnrolment({ authority, storage, now: () => clock.now(), lifetime: DEVELOPMENT_CERTIFICATE_MILLIS });
  return {
    enrolments: new Map(authorities.map((authority) => [authority.mspId, enrolment(authority)])),
    organisations: async () => trusts(await Promise.all(authorities.map((authority) => authority.trust()))),
  };
}

/** What of a network's profile is about authorities. */
const profileSchema = z.object({
  organisations: z.array(
    z.object({
      mspId: z.string(),
      /** Absent where another machine's organisation keeps it to itself. */
      ca: z.object({ url: z.string(), caName: z.string().exactOptional(), tlsRoots: z.array(z.string()), registrarPath: z.string() }).exactOptional(),
    }),
  ),
});
const registrarSchema = z.object({ id: z.string(), secret: z.string() });

/**
 * A Fabric network's: the fabric-ca of each organisation whose registrar's credentials lie on this machine; none once they are taken away.
 * @param directory the network's, with its `profile.json`, from which a relative `registrarPath` counts.
 * @throws ConfigurationError when there is no usable profile; EnrolmentError for an authority without TLS roots.
 */
export async function openFabricAuthorities(directory: string, storage: WalletStorage, clock: Clock): Promise<Authorities> {
  const path = join(directory, 'profile.json');
  if (!existsSync(path)) throw new ConfigurationError(`there is no network in ${directory}: \`kesu network up\` makes one`);
  const opened = readJson(path, profileSchema).organisations.flatMap(({ mspId, ca }) => {
    if (ca === undefined) return [];
    const { registrarPath, ...endpoint } = ca;
    const registrar = resolve(directory, registrarPath);
    return existsSync(registrar) ? [openFabricCa({ ...endpoint, mspId, registrar: readJson(registrar, registrarSchema), storage, now: () => clock.now() })] : [];
  });
  return {
    enrolments: new Map(opened.map((ca) => [ca.mspId, ca])),
    organisations: async () =>
      trusts(await Promise.all(opened.map(async (ca) => ({ mspId: ca.mspId, roots: await ca.roots(), revocationList: await ca.revocationList() })))),
  };
}

function trusts(each: readonly { readonly mspId: string; readonly roots: readonly string[]; readonly revocationList?: string }[]): Record<string, OrganisationTrust> {
  return Object.fromEntries(each.map(({ mspId, roots, revocationList }) => [mspId, { roots: [...roots], ...(revocationList === undefined ? {} : { revocationList }) }]));
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new ConfigurationError(`${path} can't be read: run \`kesu network up\` again, or restore it`);
  }
}
