import { readProto } from './protobuf';

const FIELDS = { 1: 'number', 2: 'bytes', 3: 'list' } as const;
const read = (...bytes: number[]) => readProto(Uint8Array.from(bytes), FIELDS);

describe('a message of protobuf', () => {
  it('is read by its fields; what is absent is its default', () => {
    const message = read(0x08, 0x96, 0x01, 0x12, 2, 0x68, 0x69, 0x1a, 0, 0x1a, 1, 7);
    expect([message.number(1), message.text(2), message.list(3).map((bytes) => [...bytes])]).toEqual([150, 'hi', [[], [7]]]);
    const empty = read();
    expect([empty.number(1), empty.text(2), empty.list(3)]).toEqual([0, '', []]);
  });

  it.each([
    ['a field that is not known', [0x22, 0]],
    ['a field of another wire type', [0x0a, 0]],
    ['a fixed number', [0x0d, 0, 0, 0, 0]],
    ['a field 0', [0x02, 0]],
    ['fields in another order', [0x12, 0, 0x08, 1]],
    ['a field twice', [0x12, 0, 0x12, 0]],
    ['a number that is longer than it must be', [0x08, 0x81, 0x00]],
    ['a tag that is longer than it must be', [0x88, 0x00, 1]],
    ['a number above 64 bits', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ['a number without end', [0x08, ...Array.from({ length: 11 }, () => 0x80)]],
    ['a number that is cut off', [0x08, 0x80]],
    ['a field that ends behind it', [0x12, 2, 0]],
    ['a field of 2^63 bytes', [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('with %s is refused', (_name, bytes) => {
    expect(() => read(...bytes)).toThrow('annex-block-malformed');
  });

  it('with a text that is no UTF-8, or a number above 2^53, is refused when that is asked for', () => {
    expect(() => read(0x12, 1, 0xff).text(2)).toThrow('annex-block-malformed');
    expect(() => read(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).number(1)).toThrow('annex-block-malformed');
  });
});
