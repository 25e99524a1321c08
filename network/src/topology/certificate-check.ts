import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isKeyOfCertificate } from '@kesu/certs';
import { caTlsCertificateFile, neededBy, type Needed } from './enrol-organisation';
import { mspFiles, tlsFiles } from './layout';
import { NetworkError } from './network-error';
import type { NetworkContext } from './peer-command';
import { allOrganisations, type AnyOrganisation } from './topology';

/** A certificate of the network. */
export interface HeldCertificate {
  readonly organisation: string;
  /** Whose it is and what for: `peer msp`. */
  readonly of: string;
  readonly path: string;
  /** Epoch milliseconds. */
  readonly notAfter: number;
}

/** Every certificate that is enrolled. */
export function heldCertificates({ topology, layout }: Pick<NetworkContext, 'topology' | 'layout'>): readonly HeldCertificate[] {
  return allOrganisations(topology).flatMap((organisation) =>
    [
      { of: 'ca tls', path: caTlsCertificateFile(layout, organisation.name) },
      ...neededBy(topology, organisation, layout).map((needed) => ({ of: `${needed.id} ${needed.kind}`, path: filesOf(needed).certificate })),
    ]
      .filter(({ path }) => existsSync(path))
      .map(({ of, path }) => ({ organisation: organisation.name, of, path, notAfter: Date.parse(new X509Certificate(readFileSync(path)).validTo) })),
  );
}

/**
 * Examines the certificates of an organisation that are there: valid now, issued by its authority, with their own keys.
 * @param now epoch milliseconds.
 * @param options.mayHaveEnded whether certificates that have ended pass, as they are about to be renewed.
 * @throws NetworkError `certificate-stale`, `certificate-foreign`.
 */
export function requireCertificates({ topology, layout }: Pick<NetworkContext, 'topology' | 'layout'>, organisation: AnyOrganisation, now: number, options: { readonly mayHaveEnded?: boolean } = {}): void {
  const msp = mspFiles(layout.msp(organisation.name));
  for (const needed of neededBy(topology, organisation, layout)) {
    const { certificate, privateKey } = filesOf(needed);
    if (existsSync(certificate)) requireCertificate({ certificate, privateKey, root: needed.kind === 'msp' ? msp.root : msp.tlsRoot }, organisation.name, now, options);
  }
}

interface CertificateFiles {
  readonly certificate: string;
  readonly privateKey: string;
  readonly root: string;
}

function requireCertificate({ certificate, privateKey, root }: CertificateFiles, name: string, now: number, { mayHaveEnded = false }: { readonly mayHaveEnded?: boolean }): void {
  const anew = `Restore ${directoryOf(certificate)} from a backup; an identity that no channel setting names may also be removed, and \`kesu network up\` enrols it anew.`;
  const parsed = parse(certificate, anew);
  const ends = Date.parse(parsed.validTo);
  if ((now > ends && !mayHaveEnded) || now < Date.parse(parsed.validFrom)) {
    const nextStep = now > ends ? 'Run `kesu network up --renew`, which renews what has ended or ends soon.' : "Set this machine's clock.";
    throw new NetworkError('certificate-stale', `The certificate ${certificate} of ${name} holds from ${parsed.validFrom} to ${parsed.validTo}, and it is ${new Date(now).toISOString()}.`, nextStep);
  }
  const issuer = parse(root, `Restore ${root} from a backup.`);
  if (!parsed.checkIssued(issuer) || !parsed.verify(issuer.publicKey)) {
    throw new NetworkError('certificate-foreign', `The certificate ${certificate} was not issued by the authority of ${name}.`, anew);
  }
  if (!existsSync(privateKey) || !isKeyOfCertificate(readFileSync(privateKey, 'utf8'), readFileSync(certificate, 'utf8'))) {
    throw new NetworkError('certificate-foreign', `${privateKey} is not the key of ${certificate}.`, anew);
  }
}

function parse(path: string, nextStep: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(path));
  } catch (cause) {
    throw new NetworkError('certificate-foreign', `${path} is no readable certificate.`, nextStep, { cause });
  }
}

function filesOf({ kind, directory }: Needed): Omit<CertificateFiles, 'root'> {
  return kind === 'msp' ? mspFiles(directory) : tlsFiles(directory);
}

/** The directory that holds a certificate with its key: that of the MSP, or of the TLS material. */
function directoryOf(certificate: string): string {
  const parent = dirname(certificate);
  return basename(parent) === 'signcerts' ? join(parent, '..') : parent;
}
