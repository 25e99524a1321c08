import { chainToRoot, derOfPem, parseCertificate, type Certificate } from './certificate';
import { ensure } from './failure';

const CHAIN = { untrusted: 'certificate-untrusted', outOfTime: 'certificate-out-of-time' } as const;

/** Whose roots count, by MSP id. */
export type RootsOf = ReadonlyMap<string, { readonly roots: readonly Certificate[] }>;

/** Who signed what blocks hold. Blocks are many, signers few: a certificate's chain is verified once. */
export class AnnexSigners {
  readonly #chains = new Map<string, readonly Certificate[]>();

  constructor(private readonly organisations: RootsOf) {}

  /** The certificate (PEM), when it leads to a root of its organisation and counted at the time. @throws VerificationFailure certificate-*. */
  trusted({ mspId, certificate: pem }: { readonly mspId: string; readonly certificate: string }, at: string): Certificate {
    const leaf = parseCertificate(derOfPem(pem, 'certificate-malformed'));
    const key = `${mspId} ${pem}`;
    const chain = this.#chains.get(key) ?? chainToRoot(leaf, [], this.organisations.get(mspId)?.roots ?? [], at, CHAIN);
    this.#chains.set(key, chain);
    for (const { notBefore, notAfter } of chain) ensure(notBefore <= at && at <= notAfter, 'certificate-out-of-time', `a certificate counts from ${notBefore} to ${notAfter}, not at ${at}`);
    return leaf;
  }
}
