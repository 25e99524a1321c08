import { readFile } from 'node:fs/promises';
import type { PrivateJournal } from '@kesu/network';
import { derOfPem, parseCertificate, VerificationFailure, type TrustFile } from '@kesu/verifier';
import type { Clock } from '../clock';
import type { Configuration } from '../config';
import { StartError } from '../start-error';
import { developmentSm2Seal, readSm2Seal, type Sm2Seal } from './sm2-seal';
import { Sm2KeyError } from './sm2-suite';
import { DevelopmentTimestampAuthority } from './timestamp-authority';
import { overHttp, timestampClient, type AskedAuthority, type StampTime } from './timestamp-client';

/** With what a gateway seals besides its own certificate, and what a trust file says of it. */
export interface SealingMeans {
  /** Absent where no authority is known: nothing can be sealed. */
  readonly stampTime: StampTime | undefined;
  readonly timestampAuthorities: TrustFile['timestampAuthorities'];
  /** Absent where no SM2 seal is made. */
  readonly sm2Seal: Sm2Seal | undefined;
}

/** Where the means come from. */
export interface SealingOptions {
  readonly evidence: Configuration['evidence'];
  /** The name of the development timestamp authority, where one and a development SM2 seal stand in for what the configuration leaves out. */
  readonly development: string | undefined;
}

/** What the means are made with. */
export interface SealingParts {
  readonly journal: Pick<PrivateJournal, 'get' | 'commit'>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * The timestamp authorities and the SM2 seal that the configuration names.
 * @throws StartError for a file that can't be read or used.
 */
export async function openSealingMeans({ evidence, development }: SealingOptions, { journal, clock, random }: SealingParts): Promise<SealingMeans> {
  const configured = await Promise.all(evidence.timestampAuthorities.map(async ({ name, url, roots }) => ({ name, development: false, roots: await rootsIn(roots), ask: overHttp(url) })));
  const authorities = configured.length === 0 && development !== undefined ? [await ownAuthority(development, journal, clock)] : configured;
  const asked = authorities.map(({ roots, ...one }): AskedAuthority => ({ ...one, roots: roots.map((root) => parseCertificate(derOfPem(root, 'trust-malformed'))) }));
  return {
    stampTime: asked.length === 0 ? undefined : timestampClient(asked, { random }),
    timestampAuthorities: authorities.map(({ name, development: isDevelopment, roots }) => ({ name, development: isDevelopment, roots })),
    sm2Seal: await sealOf(evidence.sm2Seal, development === undefined ? undefined : () => developmentSm2Seal(journal, clock)),
  };
}

interface NamedAuthority extends Pick<AskedAuthority, 'name' | 'development' | 'ask'> {
  /** PEM. */
  readonly roots: string[];
}

async function ownAuthority(name: string, journal: SealingParts['journal'], clock: Clock): Promise<NamedAuthority> {
  const authority = await DevelopmentTimestampAuthority.open(journal, clock);
  return { name, development: true, roots: [authority.root], ask: (request) => authority.answer(request) };
}

async function sealOf(files: Configuration['evidence']['sm2Seal'], otherwise: (() => Promise<Sm2Seal>) | undefined): Promise<Sm2Seal | undefined> {
  if (files === undefined) return otherwise?.();
  try {
    return await readSm2Seal(files);
  } catch (error) {
    if (error instanceof Sm2KeyError) throw new StartError(`${error.message}: see evidence.sm2Seal in kesu.yaml`);
    throw new StartError(`a file of evidence.sm2Seal in kesu.yaml can't be read: ${reasonOf(error)}`);
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates of a PEM file, each read once so that a bad one is found at the start. */
async function rootsIn(path: string): Promise<string[]> {
  try {
    const roots = ((await readFile(path, 'utf8')).match(CERTIFICATE) ?? []).map((root) => `${root}\n`);
    if (roots.length === 0) throw new TypeError('it holds no certificate in PEM');
    for (const root of roots) parseCertificate(derOfPem(root, 'certificate-malformed'));
    return roots;
  } catch (error) {
    throw new StartError(`the roots of a timestamp authority can't be used: ${path}: ${reasonOf(error)}`);
  }
}

/** The file system's code, or what a reader found. */
function reasonOf(error: unknown): string {
  if (error instanceof VerificationFailure) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
