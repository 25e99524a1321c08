import { utf8ToBytes, type RuleBook } from '../domain';
import type { StateKind } from './keys';

/**
 * The kinds of state whose changes the provincial node itself must endorse: who takes part, who an enterprise is, by which keys
 * it signs, and the rules. Two other organisations can't change them without the node.
 */
export const NODE_ENDORSED_KINDS: readonly StateKind[] = ['rule-book', 'participant', 'enterprise', 'signatories'];

const ROLE_PEER = 3;
const LENGTH_DELIMITED = 2;

/**
 * Fabric's key-level policy "the node's peer and a peer of one other organisation", for `setStateValidationParameter`: a
 * `common.SignaturePolicyEnvelope`, written by hand as fabric-shim's `KeyEndorsementPolicy` only knows "all of these". A key's
 * policy stands in place of the chaincode's, so it must ask for the second organisation itself.
 */
export function nodeAndAnother({ nodeMspId, organisations }: Pick<RuleBook, 'nodeMspId' | 'organisations'>): Uint8Array {
  const others = organisations.filter((mspId) => mspId !== nodeMspId);
  const signedBy = others.map((_mspId, index) => varintField(1, index + 1));
  const node = varintField(1, 0);
  const rule = outOf(others.length === 0 ? [node] : [node, outOf(signedBy, 1)]);
  return join([varintField(1, 0), bytesField(2, rule), ...[nodeMspId, ...others].map((mspId) => bytesField(3, peerOf(mspId)))]);
}

/** A `common.SignaturePolicy` that asks for `count` of the rules; for all unless told otherwise. */
function outOf(rules: readonly Uint8Array[], count = rules.length): Uint8Array {
  return bytesField(2, join([varintField(1, count), ...rules.map((rule) => bytesField(2, rule))]));
}

/** A `common.MSPPrincipal` of classification ROLE: a peer of the organisation. */
function peerOf(mspId: string): Uint8Array {
  return join([varintField(1, 0), bytesField(2, join([bytesField(1, utf8ToBytes(mspId)), varintField(2, ROLE_PEER)]))]);
}

function varintField(number: number, value: number): Uint8Array {
  return Uint8Array.from([number * 8, ...varint(value)]);
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return join([Uint8Array.from([number * 8 + LENGTH_DELIMITED, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
