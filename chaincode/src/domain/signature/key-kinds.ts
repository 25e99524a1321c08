/** The algorithms a signing key can have (domain.md, Signature). */
export const KEY_ALGORITHMS = ['P256', 'SM2'] as const;

/** One of {@link KEY_ALGORITHMS}. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** By what means a signing key is held (domain.md, SigningKey). */
export const KEY_MEANS = ['DEVICE_PASSKEY', 'SYNCED_PASSKEY', 'BROWSER_KEY', 'CERTIFICATE'] as const;

/** One of {@link KEY_MEANS}. */
export type KeyMeans = (typeof KEY_MEANS)[number];

/** The means whose signatures are WebAuthn assertions. */
export const PASSKEY_MEANS = ['DEVICE_PASSKEY', 'SYNCED_PASSKEY'] as const satisfies readonly KeyMeans[];

/** True when signatures of keys held by this means are WebAuthn assertions. */
export function isPasskeyMeans(means: KeyMeans): boolean {
  return PASSKEY_MEANS.some((one) => one === means);
}
