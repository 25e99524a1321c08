import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
  type JsonName,
} from '@peculiar/x509';
import { CertificateError, TrustError } from './certificate-error';
import { createDevelopmentAuthority } from './development-authority';
import { CallerVerification, verifyCaller, type OrganisationTrust } from './organisation-trust';
import { createKeyPair, type KeyPair } from './signing';
import { aCaller, anAuthority, DAY, START } from './testing/builders';
import { MemoryStorage } from './memory-storage';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const ROOT_NAME: JsonName = [{ O: ['NodeMSP'] }, { CN: ['Kesu development root'] }];
const YEAR = { notBefore: new Date(START), notAfter: new Date(START + 365 * DAY) };

type Judge = (pem: string, trust: OrganisationTrust, at: number) => unknown;

function codeOf(judge: () => unknown): string {
  try {
    judge();
  } catch (error) {
    if (error instanceof CertificateError) {
      expect(error.message).toBe(`${error.detail} ${error.nextStep}`);
      return error.code;
    }
    throw error;
  }
  return 'accepted';
}

function der(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

function pem(bytes: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

async function webKeys(keys: KeyPair): Promise<{ privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey }> {
  const { subtle } = webcrypto;
  const pkcs8 = createPrivateKey(keys.privateKey).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(keys.publicKey).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await subtle.importKey('pkcs8', Uint8Array.from(pkcs8), ECDSA, false, ['sign']),
    publicKey: await subtle.importKey('spki', Uint8Array.from(spki), ECDSA, true, ['verify']),
  };
}

interface StrangeParts {
  readonly subject?: JsonName;
  readonly extensions?: Extension[];
  readonly publicKey?: webcrypto.CryptoKey;
  readonly notAfter?: Date;
}

/** A certificate that no development authority would issue, signed with the root's own key taken from its storage. */
async function aStrangeCertificate(
  storage: MemoryStorage,
  parts: StrangeParts,
): Promise<string> {
  const root: unknown = JSON.parse(new TextDecoder().decode(storage.entries.get('authority/NodeMSP/root')));
  const rootPrivateKey = (root as { privateKey: string }).privateKey;
  const rootKeys = await webKeys({
    privateKey: rootPrivateKey,
    publicKey: createPublicKey(rootPrivateKey).export({ type: 'spki', format: 'pem' }).toString(),
  });
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: '4100000000000001',
      issuer: ROOT_NAME,
      subject: parts.subject ?? [{ OU: ['client'] }, { CN: ['k1'] }],
      notBefore: YEAR.notBefore,
      notAfter: parts.notAfter ?? YEAR.notAfter,
      signingAlgorithm: ECDSA,
      signingKey: rootKeys.privateKey,
      publicKey: parts.publicKey ?? (await webKeys(createKeyPair())).publicKey,
      extensions: parts.extensions ?? [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
    },
    webcrypto,
  );
  return certificate.toString('pem');
}

/** A certificate that its own key signed under the name of the root. */
async function aSelfSignedCertificate(...extensions: Extension[]): Promise<string> {
  const keys = await webKeys(createKeyPair());
  const parts = { serialNumber: '01', name: ROOT_NAME, ...YEAR, signingAlgorithm: ECDSA, keys, extensions };
  return (await X509CertificateGenerator.createSelfSigned(parts, webcrypto)).toString('pem');
}

const JUDGES: readonly (readonly [string, () => Judge])[] = [
  ['verifyCaller', () => verifyCaller],
  [
    'CallerVerification',
    () => {
      const verification = new CallerVerification({ capacity: 10 });
      return (certificate, trust, at) => verification.verify(certificate, trust, at);
    },
  ],
];

describe.each(JUDGES)('%s', (_name, aJudge) => {
  test('accepts a client of the organisation and answers who it is', async () => {
    const { authority } = await anAuthority();
    const caller = await aCaller(authority, { pseudonym: 'k00ff' });
    expect(aJudge()(caller.certificate, await authority.trust(), START)).toEqual({
      mspId: 'NodeMSP',
      subjectId: 'k00ff',
      role: 'client',
      attributes: { 'kesu.role': 'platform', 'kesu.participant': 'platform-01' },
      notBefore: START,
      notAfter: START + 365 * DAY,
      serial: caller.serial,
      publicKeySpki: createPublicKey(caller.publicKey).export({ type: 'spki', format: 'der' }).toString('base64url'),
    });
  });

  test('accepts from the first to the last instant of validity and no longer', async () => {
    const { authority } = await anAuthority();
    const { certificate } = await aCaller(authority, { validity: { notBefore: START + DAY, notAfter: START + 2 * DAY } });
    const trust = await authority.trust();
    const judge = aJudge();
    expect(codeOf(() => judge(certificate, trust, START + DAY - 1))).toBe('not-yet-valid');
    expect(codeOf(() => judge(certificate, trust, START + DAY))).toBe('accepted');
    expect(codeOf(() => judge(certificate, trust, START + 2 * DAY))).toBe('accepted');
    expect(codeOf(() => judge(certificate, trust, START + 2 * DAY + 1))).toBe('expired');
  });

  test('refuses a revoked certificate from the list that names it on, and no other', async () => {
    const { authority } = await anAuthority();
    const revoked = await aCaller(authority);
    const other = await aCaller(authority);
    const judge = aJudge();
    const withoutList = { mspId: 'NodeMSP', roots: [authority.rootCertificate] };
    expect(codeOf(() => judge(revoked.certificate, withoutList, START))).toBe('accepted');
    const before = await authority.trust();
    expect(codeOf(() => judge(revoked.certificate, before, START))).toBe('accepted');
    const trust = { ...before, revocationList: await authority.revoke([revoked.serial], 'keyCompromise') };
    expect(codeOf(() => judge(revoked.certificate, trust, START))).toBe('revoked');
    expect(codeOf(() => judge(other.certificate, trust, START))).toBe('accepted');
  });

  test('refuses a certificate of another organisation, and of another root with the same name, as foreign', async () => {
    const { authority } = await anAuthority();
    const other = await anAuthority('BankMSP');
    const impostor = await anAuthority('NodeMSP');
    const trust = await authority.trust();
    const judge = aJudge();
    const foreign = await aCaller(other.authority);
    const forged = await aCaller(impostor.authority);
    const both = { ...trust, roots: [authority.rootCertificate, impostor.authority.rootCertificate] };
    expect(codeOf(() => judge(foreign.certificate, trust, START))).toBe('foreign');
    expect(codeOf(() => judge(forged.certificate, trust, START))).toBe('foreign');
    expect(codeOf(() => judge(forged.certificate, both, START))).toBe('accepted');
    expect(codeOf(() => judge(forged.certificate, trust, START))).toBe('foreign');
  });

  test('refuses a self-signed certificate that bears the name of the root as foreign', async () => {
    const { authority } = await anAuthority();
    const selfSigned = await aSelfSignedCertificate(new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true));
    const trust = await authority.trust();
    expect(codeOf(() => aJudge()(selfSigned, trust, START))).toBe('foreign');
  });

  test('refuses the root itself and a peer for their usage', async () => {
    const { authority } = await anAuthority();
    const trust = await authority.trust();
    const peer = await aCaller(authority, { role: 'peer' });
    expect(codeOf(() => aJudge()(authority.rootCertificate, trust, START))).toBe('wrong-usage');
    expect(codeOf(() => aJudge()(peer.certificate, trust, START))).toBe('wrong-usage');
  });

  test.each<[string, () => Promise<StrangeParts>, string]>([
    ['a signing client', async () => ({}), 'accepted'],
    ['no class', async () => ({ subject: [{ CN: ['k1'] }] }), 'wrong-usage'],
    ['two classes', async () => ({ subject: [{ OU: ['client'] }, { OU: ['peer'] }, { CN: ['k1'] }] }), 'wrong-usage'],
    [
      'a key for agreement only',
      async () => ({ extensions: [new KeyUsagesExtension(KeyUsageFlags.keyAgreement, true)] }),
      'wrong-usage',
    ],
    ['no stated key usage', async () => ({ extensions: [] }), 'wrong-usage'],
    [
      'the right to sign certificates',
      async () => ({ extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true)] }),
      'wrong-usage',
    ],
    [
      'the mark of an authority',
      async () => ({
        extensions: [new BasicConstraintsExtension(true, 0, true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
      }),
      'wrong-usage',
    ],
    [
      'an unknown critical restriction',
      async () => ({
        extensions: [
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new Extension('1.2.3.4.99', true, Uint8Array.from([5, 0])),
        ],
      }),
      'wrong-usage',
    ],
    [
      'a P-384 key',
      async () => {
        const spki = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ type: 'spki', format: 'der' });
        const curve = { name: 'ECDSA', namedCurve: 'P-384' };
        return { publicKey: await webcrypto.subtle.importKey('spki', Uint8Array.from(spki), curve, true, ['verify']) };
      },
      'wrong-usage',
    ],
    ['two common names', async () => ({ subject: [{ OU: ['client'] }, { CN: ['k1'] }, { CN: ['k2'] }] }), 'malformed'],
    ...['not json', '{"attrs":{"kesu.role":1}}', '{"attributes":{}}'].map(
      (text): [string, () => Promise<{ extensions: Extension[] }>, string] => [
        `the attributes ${text}`,
        async () => ({
          extensions: [
            new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
            new Extension('1.2.3.4.5.6.7.8.1', false, new TextEncoder().encode(text)),
          ],
        }),
        'malformed',
      ],
    ),
  ])('judges a certificate of the true root with %s', async (_what, parts, code) => {
    const { authority, storage } = await anAuthority();
    const certificate = await aStrangeCertificate(storage, await parts());
    const trust = await authority.trust();
    expect(codeOf(() => aJudge()(certificate, trust, START))).toBe(code);
  });

  test('refuses what is not exactly one certificate as malformed', async () => {
    const { authority } = await anAuthority();
    const { certificate } = await aCaller(authority);
    const bytes = der(certificate);
    const trust = await authority.trust();
    const judge = aJudge();
    const texts = [
      '',
      'certificate',
      certificate.slice(0, certificate.length / 2),
      certificate.replace('-----END CERTIFICATE-----', ''),
      certificate + certificate,
      `${certificate}x`,
      pem(Buffer.from('no certificate at all')),
      pem(Uint8Array.from([0x30, 0x03, 0x02, 0x01, 0x01])),
      pem(bytes.subarray(0, bytes.length - 1)),
      pem(Buffer.concat([bytes, Buffer.from([0])])),
      certificate.replace(/CERTIFICATE/g, 'TRUSTED CERTIFICATE'),
      pem(Buffer.alloc(20_000)),
      certificate.replace('\n-----END', 'A\n-----END'),
      certificate.replace('\n-----END', '====\n-----END'),
    ];
    for (const text of texts) expect(codeOf(() => judge(text, trust, START))).toBe('malformed');
    expect(codeOf(() => judge(pem(bytes), trust, START))).toBe('accepted');
  });

  test('refuses a certificate with any single byte changed', async () => {
    const { authority } = await anAuthority();
    const { certificate } = await aCaller(authority);
    const trust = { mspId: 'NodeMSP', roots: [authority.rootCertificate] };
    const judge = aJudge();
    const bytes = der(certificate);
    for (let i = 0; i < bytes.length; i++) {
      const changed = Uint8Array.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 0x01;
      expect(['malformed', 'foreign']).toContain(codeOf(() => judge(pem(changed), trust, START)));
    }
  });

  test('refuses callers of an organisation whose own root has expired', async () => {
    const { authority, storage } = await anAuthority();
    const { notAfter } = authority.rootValidity;
    const certificate = await aStrangeCertificate(storage, { notAfter: new Date(notAfter + DAY) });
    const trust = await authority.trust();
    expect(codeOf(() => aJudge()(certificate, trust, notAfter))).toBe('accepted');
    expect(codeOf(() => aJudge()(certificate, trust, notAfter + 1))).toBe('expired');
  });

  test('judges nobody by roots or by a list that can not be used', async () => {
    const { authority } = await anAuthority();
    const impostor = await anAuthority('NodeMSP');
    const { certificate } = await aCaller(authority);
    const trust = await authority.trust();
    const list = trust.revocationList ?? '';
    const unusable: OrganisationTrust[] = [
      { ...trust, roots: [] },
      { ...trust, roots: ['x'] },
      { ...trust, roots: [certificate] },
      { ...trust, roots: [await aSelfSignedCertificate(new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true))] },
      { ...trust, roots: [await aSelfSignedCertificate(new BasicConstraintsExtension(true, 0, true))] },
      { ...trust, roots: [authority.rootCertificate, 'x'] },
      { ...trust, revocationList: '' },
      { ...trust, revocationList: list.slice(0, -40) },
      { ...trust, revocationList: await impostor.authority.revocationList() },
    ];
    for (const each of unusable) expect(() => aJudge()(certificate, each, START)).toThrow(TrustError);
  });
});

test('a remembered certificate is judged anew for its time and for a new list', async () => {
  const { authority } = await anAuthority();
  const caller = await aCaller(authority, { validity: { notBefore: START, notAfter: START + DAY } });
  const trust = await authority.trust();
  const verification = new CallerVerification({ capacity: 2 });
  expect(verification.verify(caller.certificate, trust, START).serial).toBe(caller.serial);
  expect(codeOf(() => verification.verify(caller.certificate, trust, START + DAY + 1))).toBe('expired');
  const later = { ...trust, revocationList: await authority.revoke([caller.serial], 'unspecified') };
  expect(codeOf(() => verification.verify(caller.certificate, later, START))).toBe('revoked');
});

test('remembers no more certificates than its capacity and no refusal', async () => {
  const { authority } = await anAuthority();
  const other = await anAuthority('BankMSP');
  const trust = await authority.trust();
  const verification = new CallerVerification({ capacity: 2 });
  for (let i = 0; i < 4; i++) {
    const mine = await aCaller(authority);
    const foreign = await aCaller(other.authority);
    verification.verify(mine.certificate, trust, START);
    expect(codeOf(() => verification.verify(foreign.certificate, trust, START))).toBe('foreign');
    expect(verification.size).toBe(Math.min(i + 1, 2));
  }
});

test('a certificate remembered for one organisation does not speak for another', async () => {
  const { authority } = await anAuthority();
  const other = await anAuthority('BankMSP');
  const { certificate } = await aCaller(authority);
  const verification = new CallerVerification({ capacity: 8 });
  verification.verify(certificate, await authority.trust(), START);
  const otherTrust = await other.authority.trust();
  expect(codeOf(() => verification.verify(certificate, otherTrust, START))).toBe('foreign');
});

test('two authorities in one storage keep to themselves', async () => {
  const storage = new MemoryStorage();
  const node = await createDevelopmentAuthority({ mspId: 'NodeMSP', now: () => START, storage });
  const bank = await createDevelopmentAuthority({ mspId: 'BankMSP', now: () => START, storage });
  await aCaller(node);
  expect(await bank.issued()).toEqual([]);
  expect(await node.issued()).toHaveLength(1);
});
