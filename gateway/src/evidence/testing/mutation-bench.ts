import { createDevelopmentAuthority, createKeyPair, createPseudonym, createSigner, MemoryStorage, type DevelopmentAuthority, type Validity } from '@kesu/certs';
import { DAY_MILLIS } from '@kesu/chaincode/domain';
import { MANIFEST_PART, SIGNATURE_PART, SM2_SEAL_PART, verifyBundle, type FailureCode, type Part, type TrustFile, type Verification } from '@kesu/verifier';
import { CAST, START } from '../../testing/test-cast';
import { bundleOf, signParts, type SealParts } from '../seal-evidence';
import { certificateDer, makeSignedData, SHA256_SUITE, signingTime, type CertifiedSigner, type SignedDataOptions } from '../signed-data';
import { DevelopmentTimestampAuthority } from '../timestamp-authority';
import { encodeTimestampRequest, nonceOf, tokenOfReply } from '../timestamp-request';
import { BundleEditor, type Change } from './bundle-editor';
import { EvidenceWorld } from './evidence-world';

/** What a verification came to, in short. */
export interface Refusal {
  readonly verdict: string;
  readonly codes: readonly (FailureCode | undefined)[];
}

/** A bundle that was really sealed, and the means to change it with or without its issuer's key. */
export class MutationBench {
  readonly file: Buffer;
  readonly editor: BundleEditor;

  private constructor(
    readonly made: EvidenceWorld,
    readonly good: readonly Part[],
  ) {
    this.file = Buffer.from(bundleOf(good));
    this.editor = new BundleEditor(() => this.good);
  }

  static async open(): Promise<MutationBench> {
    const made = await EvidenceWorld.open();
    return new MutationBench(made, await made.seal());
  }

  dispose(): Promise<void> {
    return this.made.dispose();
  }

  verify(file: Uint8Array, trust: Partial<TrustFile> = {}): Verification {
    return verifyBundle(file, this.made.trust(trust));
  }

  refusal(file: Uint8Array, trust: Partial<TrustFile> = {}): Refusal {
    const { verdict, checks } = this.verify(file, trust);
    return { verdict, codes: checks.filter(({ state }) => state === 'FAIL').map(({ code }) => code) };
  }

  /** Data changed and sealed again by the issuer itself: its tokens are made again too. */
  async resealed(change: Change, changes: Partial<SealParts> = {}): Promise<Uint8Array> {
    const data = change(this.good.filter(({ name }) => !name.startsWith('META-INF/')));
    return bundleOf(await signParts({ ...this.made.sealParts, ...changes }, data));
  }

  /** The bundle with another CAdES signature. */
  withSignature(bytes: Uint8Array): Uint8Array {
    return this.#with(SIGNATURE_PART, bytes);
  }

  /** The bundle with another SM2 seal. */
  withSeal(bytes: Uint8Array): Uint8Array {
    return this.#with(SM2_SEAL_PART, bytes);
  }

  #with(name: string, bytes: Uint8Array): Uint8Array {
    return bundleOf(this.good.map((part) => (part.name === name ? { name, bytes } : part)));
  }

  /** A participant's certificate with its key. */
  signerOf(participant: string): CertifiedSigner {
    const identity = this.made.sealParts.identityOf(participant);
    if (identity === undefined) throw new TypeError(`no identity of ${participant}`);
    return { certificate: certificateDer(identity.certificate), sign: identity.sign };
  }

  /** A CAdES signature over the manifest, by the issuer's key and with a fresh timestamp unless told otherwise. */
  async forged(changes: Partial<SignedDataOptions> = {}, token: (signature: Uint8Array) => Promise<Uint8Array> = this.made.sealParts.stampTime): Promise<Uint8Array> {
    const { sealParts } = this.made;
    const made = await makeSignedData({ suite: SHA256_SUITE, signer: this.signerOf(CAST.node), contentType: '1.2.840.113549.1.7.1', content: this.editor.bytes(MANIFEST_PART), encapsulated: false, attributes: [signingTime(sealParts.clock.now())], ...changes });
    return made.encode(await token(made.signature));
  }

  /** An organisation of that name whose root isn't the ledger's, with a certificate of the issuer. Its clock can be moved. */
  async impostor(validity: Partial<Validity> = {}): Promise<{ readonly authority: DevelopmentAuthority; readonly clock: { time: number }; readonly signer: CertifiedSigner; readonly serial: string }> {
    const clock = { time: START - 400 * DAY_MILLIS };
    const authority = await createDevelopmentAuthority({ mspId: 'NodeMSP', now: () => clock.time, storage: new MemoryStorage() });
    const keys = createKeyPair();
    const attributes = { 'kesu.role': 'provincialNode', 'kesu.participant': CAST.node };
    const issued = await authority.issue({ pseudonym: createPseudonym(), role: 'client', attributes, publicKey: keys.publicKey, validity: { notBefore: clock.time, notAfter: START + 365 * DAY_MILLIS, ...validity } });
    return { authority, clock, signer: { certificate: certificateDer(issued.certificate), sign: createSigner(keys.privateKey) }, serial: issued.serial };
  }

  /** A timestamp authority whose certificate counts for ten years from `from`, stamping at `at` (epoch milliseconds). */
  async stampingAt(from: number, at: number): Promise<{ readonly stamp: (bytes: Uint8Array) => Promise<Uint8Array>; readonly trust: Pick<TrustFile, 'timestampAuthorities'> }> {
    const clock = { time: from, now: (): number => clock.time };
    const authority = await DevelopmentTimestampAuthority.open({ get: async () => undefined, commit: async () => undefined }, clock);
    clock.time = at;
    const stamp = async (bytes: Uint8Array): Promise<Uint8Array> => {
      const hash = SHA256_SUITE.digest(bytes);
      return tokenOfReply(await authority.answer(encodeTimestampRequest({ hash, nonce: nonceOf((count) => new Uint8Array(count)) }))) ?? new Uint8Array();
    };
    return { stamp, trust: { timestampAuthorities: [{ name: 'another', development: true, roots: [authority.root] }] } };
  }
}
