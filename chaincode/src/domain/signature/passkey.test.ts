import { generateKeyPairSync } from 'node:crypto';
import { verifyP256WithNode } from '../../contract/verify-p256-node';
import { toBase64url, utf8ToBytes } from '../bytes';
import { DomainError } from '../errors';
import { P256 } from './p256';
import { assertPasskeyAssertion, AUTHENTICATOR_FLAGS, MAX_AUTHENTICATOR_DATA_BYTES, MAX_CLIENT_DATA_BYTES } from './passkey';
import { toBigint, toBytes32 } from './spki-point';
import { type AssertionKnobs, RIGHT_FLAGS, softwarePasskey } from './testing';

const BINDING = { origin: 'https://consent.example', rpId: 'consent.example' };
const BYTES = utf8ToBytes('{"type":"kesu-statement-set"}');
const PASSKEY = softwarePasskey(BINDING);
const ACCEPTED = 'accepted';

/** Signs with the knobs turned (the signature stays right over what was made) and says what the rule answers. */
function outcome(knobs: AssertionKnobs, publicKey = PASSKEY.publicKey): string {
  try {
    assertPasskeyAssertion(publicKey, BINDING, BYTES, PASSKEY.assert(BYTES, knobs), verifyP256WithNode);
    return ACCEPTED;
  } catch (error) {
    if (error instanceof DomainError) return `${error.code}: ${error.detail}`;
    throw error;
  }
}

const { extensions, attestedCredential, backupEligible, backedUp, userPresent, userVerified } = AUTHENTICATOR_FLAGS;

describe('an assertion of a passkey', () => {
  it.each<[string, AssertionKnobs]>([
    ['that is right in every part', {}],
    ['with unknown members behind the known', { extraMembers: { other_keys_can_be_added_here: 'do not compare clientDataJSON against a template', deep: { type: 1, list: [{ a: 1 }, { a: 2 }] } } }],
    ['without crossOrigin', { crossOrigin: undefined }],
    ['with space and another order of members', { editClientData: (text) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()), null, 2) }],
    ['with any sign count', { signCount: 4_294_967_295 }],
    ['of a synchronised passkey', { flags: RIGHT_FLAGS | backupEligible | backedUp }],
    ['with reserved flags', { flags: RIGHT_FLAGS | 0x22 }],
    ['with extensions', { flags: RIGHT_FLAGS | extensions, tail: Buffer.of(0xa0) }],
    ['as long as its limit', { flags: RIGHT_FLAGS | extensions, tail: Buffer.alloc(MAX_AUTHENTICATOR_DATA_BYTES - 37) }],
    ['with client data as long as its limit', { editClientData: (text) => text.padEnd(MAX_CLIENT_DATA_BYTES) }],
    ['with the same name in two objects', { editClientData: (text) => text.replace('}', ',"a":{"type":1},"b":{"type":2}}') }],
    ['whose strings hold braces, quotes and commas', { extraMembers: { note: '{"type":"x","type":"y"},\\', 'a,"': '"' } }],
  ])('%s is accepted', (_name, knobs) => {
    expect(outcome(knobs)).toBe(ACCEPTED);
  });

  it.each<[string, AssertionKnobs, string]>([
    ['another type', { type: 'webauthn.create' }, 'signature-invalid: type is not webauthn.get'],
    ['another challenge', { challenge: toBase64url(new Uint8Array(32)) }, 'signature-invalid: challenge is not the SHA-256 of the signed bytes'],
    ['a padded challenge', { editClientData: (text) => text.replace(/("challenge":"[^"]+)"/, '$1="') }, 'signature-invalid: challenge is not the SHA-256 of the signed bytes'],
    ['no challenge', { editClientData: (text) => text.replace(/"challenge":"[^"]+",/, '') }, 'signature-invalid: challenge is not the SHA-256 of the signed bytes'],
    ['another origin', { origin: 'https://evil.example' }, "signature-invalid: origin is not the key's"],
    ['an origin with a slash behind it', { origin: `${BINDING.origin}/` }, "signature-invalid: origin is not the key's"],
    ['another port', { origin: `${BINDING.origin}:8443` }, "signature-invalid: origin is not the key's"],
    ['crossOrigin true', { crossOrigin: true }, 'signature-invalid: crossOrigin is not false'],
    ['crossOrigin as a text', { crossOrigin: 'true' }, 'signature-invalid: crossOrigin is not false'],
    ['crossOrigin null', { crossOrigin: null }, 'signature-invalid: crossOrigin is not false'],
    ['a topOrigin', { extraMembers: { topOrigin: BINDING.origin } }, 'signature-invalid: topOrigin is present: the page was embedded in another'],
    ['another rpId', { rpId: 'evil.example' }, "signature-invalid: rpIdHash is not the SHA-256 of the key's rpId"],
    ['no user present', { flags: userVerified }, 'signature-invalid: the user was not present'],
    ['no user verified', { flags: userPresent }, 'signature-invalid: the user was not verified'],
    ['backed up without being eligible', { flags: RIGHT_FLAGS | backedUp }, 'signature-malformed: authenticatorData is backed up without being eligible'],
    ['attested credential data', { flags: RIGHT_FLAGS | attestedCredential, tail: Buffer.alloc(100) }, 'signature-malformed: authenticatorData of an assertion holds attested credential data'],
    ['the flag of it alone', { flags: RIGHT_FLAGS | attestedCredential }, 'signature-malformed: authenticatorData of an assertion holds attested credential data'],
    ['36 bytes', { editAuthenticatorData: (data) => data.slice(0, 36) }, 'signature-malformed: authenticatorData has fewer than 37 bytes'],
    ['no authenticatorData', { editAuthenticatorData: () => new Uint8Array() }, 'signature-malformed: authenticatorData has fewer than 37 bytes'],
    ['38 bytes without extensions', { tail: Buffer.of(0) }, 'signature-malformed: the length of authenticatorData and its extension flag disagree'],
    ['extensions of no bytes', { flags: RIGHT_FLAGS | extensions }, 'signature-malformed: the length of authenticatorData and its extension flag disagree'],
    ['too long authenticatorData', { flags: RIGHT_FLAGS | extensions, tail: Buffer.alloc(MAX_AUTHENTICATOR_DATA_BYTES - 36) }, 'signature-malformed: authenticatorData has more than 1024 bytes'],
    ['too long clientDataJSON', { editClientData: (text) => text.padEnd(MAX_CLIENT_DATA_BYTES + 1) }, 'signature-malformed: clientDataJSON has more than 2048 bytes'],
    ['another key', { privateKey: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey }, 'signature-invalid: the P-256 signature is not one of this key over these bytes'],
    ['a byte behind the signature', { editSignature: (bytes) => new Uint8Array([...bytes, 0]) }, 'signature-malformed: a signature has 64 bytes, not 65'],
    ['high S', { editSignature: (bytes) => new Uint8Array([...bytes.slice(0, 32), ...toBytes32(P256.n - toBigint(bytes.slice(32)))]) }, 'signature-not-low-s: s is above n/2: the signature has a twin'],
  ])('with %s is refused', (_name, knobs, expected) => {
    expect(outcome(knobs)).toBe(expected);
  });

  it.each<[string, (text: string) => string]>([
    ['a challenge twice, the right one last', (text) => text.replace('{', '{"challenge":"AAAA",')],
    ['a challenge twice, the right one first', (text) => text.replace('}', ',"challenge":"AAAA"}')],
    ['a challenge twice, one name escaped', (text) => text.replace('{', '{"\\u0063hallenge":"AAAA",')],
    ['the same origin twice', (text) => text.replace('{', `{"origin":"${BINDING.origin}",`)],
    ['an unknown member twice', (text) => text.replace('}', ',"x":1,"x":1}')],
    ['a member twice inside another', (text) => text.replace('}', ',"x":[{"y":{"z":1,"z":1}}]}')],
    ['a member twice around an object', (text) => text.replace('{', '{"x":{"a":[1,"x"]},"x":2,')],
  ])('with %s is refused', (_name, editClientData) => {
    expect(outcome({ editClientData })).toBe('signature-malformed: clientDataJSON holds a member twice');
  });

  it.each<[string, Uint8Array, string]>([
    ['is not UTF-8', Buffer.from('{"type":"webauthn.get\xff"}', 'latin1'), 'clientDataJSON is not UTF-8'],
    ['holds a surrogate in UTF-8', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), 'clientDataJSON is not UTF-8'],
    ['begins with a byte order mark', Buffer.from('\ufeff{}'), 'clientDataJSON is not JSON'],
    ['is not JSON', Buffer.from("{'type':'webauthn.get'}"), 'clientDataJSON is not JSON'],
    ['is empty', new Uint8Array(), 'clientDataJSON is not JSON'],
    ['is a list', Buffer.from('[]'), 'clientDataJSON is not a JSON object'],
    ['is null', Buffer.from('null'), 'clientDataJSON is not a JSON object'],
    ['is nested without end', Buffer.from('['.repeat(2000)), 'clientDataJSON is not JSON'],
  ])('whose client data %s is refused', (_name, clientData, detail) => {
    expect(outcome({ clientData })).toBe(`signature-malformed: ${detail}`);
  });

  it('is refused with one member in another spelling of base64url', () => {
    const assertion = PASSKEY.assert(BYTES);
    for (const member of ['signature', 'authenticatorData', 'clientDataJSON'] as const) {
      const spelled = { ...assertion, [member]: `${assertion[member]}=` };
      expect(() => assertPasskeyAssertion(PASSKEY.publicKey, BINDING, BYTES, spelled, verifyP256WithNode)).toThrow('is not base64url without padding');
    }
  });

  it('is refused at a key of another origin or rpId', () => {
    const check = (binding: typeof BINDING): void => assertPasskeyAssertion(PASSKEY.publicKey, binding, BYTES, PASSKEY.assert(BYTES), verifyP256WithNode);
    expect(() => check(BINDING)).not.toThrow();
    expect(() => check({ ...BINDING, origin: 'https://platform.example' })).toThrow("origin is not the key's");
    expect(() => check({ ...BINDING, rpId: 'platform.example' })).toThrow("rpIdHash is not the SHA-256 of the key's rpId");
  });
});
