import { decodeOffer, decodeValues, encodeReads, encodeWrites } from './peer-messages';

/** Made by `fabric-protos-go-apiv2` of Fabric 3.1.5 from the same values. */
const FROM_GO = {
  offer: '080110e807180120ac02',
  readsOnly: '10e80718012007',
  reads: '0a086772616e742f30300a08e6938de4bd9c2f31',
  values: '0a077b2261223a317d0a000a02c3a9',
  writes: `0ada010a0b6f7065726174696f6e2f3112c801${'78'.repeat(200)}28090a2e0a0d7061727469636970616e742f61221b0a1456414c49444154494f4e5f504152414d4554455212030102002815`,
};
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describe('the messages of many keys', () => {
  it("are Fabric's own, byte for byte", () => {
    expect(encodeReads(['grant/00', '操作/1']).toString('hex')).toBe(FROM_GO.reads);
    const value = Buffer.from('x'.repeat(200));
    const policy = { key: 'participant/a', metakey: 'VALIDATION_PARAMETER', metadata: Uint8Array.of(1, 2, 0) };
    expect(encodeWrites([{ key: 'operation/1', value }, policy]).toString('hex')).toBe(FROM_GO.writes);
  });

  it('tell what a peer offers: a size without the use of it is no offer, nor is silence', () => {
    expect(decodeOffer(bytes(FROM_GO.offer))).toEqual({ mostReads: 300, mostWrites: 1_000 });
    expect(decodeOffer(bytes(FROM_GO.readsOnly))).toEqual({ mostReads: 7, mostWrites: 0 });
    for (const none of ['', '0f', `${FROM_GO.offer}ff`]) expect(decodeOffer(bytes(none))).toEqual({ mostReads: 0, mostWrites: 0 });
    // A later Fabric may say more: a field of each other type is passed over.
    expect(decodeOffer(bytes(`2a0301020331${'00'.repeat(8)}3d${'00'.repeat(4)}${FROM_GO.offer}`))).toEqual({ mostReads: 300, mostWrites: 1_000 });
  });

  it('hold a value for each key, empty for one that is absent', () => {
    expect(decodeValues(bytes(FROM_GO.values), 3).map(String)).toEqual(['{"a":1}', '', 'é']);
  });

  it.each([
    ['too few values', FROM_GO.values, 4],
    ['too many values', FROM_GO.values, 2],
    ['no value at all, as a peer answers that fails to read', '', 1],
    ['a value cut short', FROM_GO.values.slice(0, -2), 3],
    ['a length without its end', '0aff', 1],
    ['what is no message', '0f', 0],
  ])('are refused with %s: unread is not absent', (_name, hex, count) => {
    expect(() => decodeValues(bytes(hex), count)).toThrow();
  });
});
