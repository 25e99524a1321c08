import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, sign, webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import FabricCAServices from 'fabric-ca-client';
import type { Attributes, NodeRole } from '../certificate-profile';
import { EnrolmentError } from '../enrolment-error';
import { createKeyPair, normaliseSignature } from '../signing';

type Registrar = Parameters<FabricCAServices['register']>[1];

/** How a fabric-ca-server is reached: its own TLS is always verified, against `tlsRoots` and nothing else. */
export interface NodeEnrolmentOptions {
  /** `https://host:port`. */
  readonly url: string;
  /** Which of the server's authorities. */
  readonly caName: string;
  /** PEM. */
  readonly tlsRoots: readonly string[];
  /** Who may register identities there. */
  readonly registrar: { readonly id: string; readonly secret: string };
}

/** What a node's or operator's certificate is for. */
export interface NodeRequest {
  /** Its name in the authority's register and the common name of its certificate. */
  readonly id: string;
  readonly role: NodeRole;
  readonly attributes?: Attributes;
  /** Host names and addresses; with them the certificate is one for TLS. */
  readonly hosts?: readonly string[];
}

/** A certificate with its key and the roots of the authority, all PEM. */
export interface NodeIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  readonly roots: readonly string[];
}

/** fabric-ca's codes that are told apart here (its `caerrors`). */
const ALREADY_REGISTERED = 74;
const AUTHENTICATION_FAILED = 20;

/** Enrols nodes, operators and TLS servers of one organisation at one authority of a fabric-ca-server. */
export class NodeEnrolment {
  private constructor(
    private readonly services: FabricCAServices,
    private readonly registrar: Registrar,
    private readonly caName: string,
    /** The authority's roots, PEM. */
    readonly roots: readonly string[],
  ) {}

  /**
   * Signs in as the registrar.
   * @throws EnrolmentError `request-malformed` without TLS roots, `authority-unreachable`, `secret-wrong`.
   */
  static async open({ url, caName, tlsRoots, registrar }: NodeEnrolmentOptions): Promise<NodeEnrolment> {
    if (tlsRoots.length === 0) throw new EnrolmentError('request-malformed', `No TLS roots are given for the authority at ${url}, so it can’t be told from another.`);
    const services = new FabricCAServices({ url, caName, tlsOptions: { trustedRoots: [...tlsRoots], verify: true }, cryptoSuite: signingOnly() });
    const { certificate, privateKey, roots } = await enrolAt(services, registrar.id, registrar.secret, {});
    return new NodeEnrolment(services, signingUser(certificate, privateKey), caName, roots);
  }

  /**
   * Registers the identity where it isn't known yet (a known one gets a new enrolment secret) and enrols it.
   * @throws EnrolmentError.
   */
  async enrol(request: NodeRequest): Promise<NodeIdentity> {
    const secret = randomBytes(24).toString('base64url');
    await this.register(request, secret);
    return enrolAt(this.services, request.id, secret, request);
  }

  private async register({ id, role, attributes = {} }: NodeRequest, secret: string): Promise<void> {
    const attrs = Object.entries(attributes).map(([name, value]) => ({ name, value, ecert: true }));
    const base = { enrollmentID: id, enrollmentSecret: secret, affiliation: '', maxEnrollments: -1, attrs };
    try {
      await this.services.register({ ...base, role }, this.registrar);
    } catch (cause) {
      if (!codesOf(cause).includes(ALREADY_REGISTERED)) throw refused(cause);
      await this.services.newIdentityService().update(id, { ...base, type: role, caname: this.caName }, this.registrar).catch((error: unknown) => {
        throw refused(error);
      });
    }
  }
}

async function enrolAt(services: FabricCAServices, id: string, secret: string, { hosts, attributes = {} }: Partial<NodeRequest>): Promise<NodeIdentity> {
  const { privateKey, csr } = await signingRequest(id, hosts ?? []);
  try {
    const { certificate, rootCertificate } = await services.enroll({
      enrollmentID: id,
      enrollmentSecret: secret,
      csr,
      ...(hosts === undefined ? {} : { profile: 'tls' }),
      attr_reqs: Object.keys(attributes).map((name) => ({ name, optional: false })),
    });
    return { certificate, privateKey, roots: pemBlocks(rootCertificate) };
  } catch (cause) {
    throw refused(cause);
  }
}

async function signingRequest(id: string, hosts: readonly string[]): Promise<{ privateKey: string; csr: string }> {
  const pair = createKeyPair();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', pemBytes(pair.privateKey), algorithm, false, ['sign']);
  const spki = createPublicKey(pair.publicKey).export({ type: 'spki', format: 'der' });
  const publicKey = await subtle.importKey('spki', Uint8Array.from(spki), algorithm, true, ['verify']);
  const names = hosts.map((host) => ({ type: /^[\d.]+$|:/.test(host) ? ('ip' as const) : ('dns' as const), value: host }));
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: [{ CN: [id] }],
      keys: { privateKey, publicKey },
      signingAlgorithm: algorithm,
      extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
    },
    webcrypto,
  );
  return { privateKey: pair.privateKey, csr: request.toString('pem') };
}

function pemBytes(pem: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}

function pemBlocks(chain: string): string[] {
  return chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? [];
}

/** The library asks a crypto suite for a hash that our signer, which hashes itself, doesn't need; its own would keep keys in the home directory. */
function signingOnly(): never {
  return { hash: (text: string) => text } as never;
}

/** fabric-ca takes low S only. The library takes only what is called `User`. */
function signingUser(certificate: string, privateKey: string): Registrar {
  const key = createPrivateKey(privateKey);
  class User {
    getSigningIdentity(): unknown {
      return { _certificate: certificate, sign: (text: string) => Buffer.from(normaliseSignature(sign('sha256', Buffer.from(text), key)) ?? []) };
    }
  }
  return new User() as never;
}

function codesOf(error: unknown): readonly number[] {
  const errors = typeof error === 'object' && error !== null && 'errors' in error ? error.errors : undefined;
  return Array.isArray(errors) ? errors.map((entry: { code?: unknown }) => Number(entry.code)) : [];
}

function refused(cause: unknown): EnrolmentError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (codesOf(cause).includes(AUTHENTICATION_FAILED)) return new EnrolmentError('secret-wrong', 'The authority refused the enrolment secret.', { cause });
  return new EnrolmentError(codesOf(cause).length > 0 ? 'request-malformed' : 'authority-unreachable', text, { cause });
}
