import { looksLikePersonalNumber } from './personal-number';
import { idempotencyKeySchema, operatorSchema } from './release';
import { reasonCodeSchema } from './primitives';

// Made for the test: region parts 6199xx that no firm has, and the example number of GB 11643.
const FOUND = ['91350100M000100Y43', '91619901MA0000000F', '91619901ma0000000f', 'req-91619901MA0000000F-1', '11010519491231002X', '11010519491231002x', '13800000000', 'tel:13800000000', '+8613800000000', 'p_13800000000', '１３８００００００００'];
const FREE = ['', 'order-1', '91619901MA0000000G', '110105194912310021', '110105194913310020', '12800000000', '138000000000', '1380000000', '1767225600000', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'a13800000000', '91619901MA0000000', '0'.repeat(32)];

describe('a personal number', () => {
  it.each(FOUND)('is seen in %s', (text) => {
    expect(looksLikePersonalNumber(text)).toBe(true);
  });

  it.each(FREE)('is not seen in "%s"', (text) => {
    expect(looksLikePersonalNumber(text)).toBe(false);
  });

  it('is refused as idempotency key, operator code and reason (I16)', () => {
    expect(idempotencyKeySchema.safeParse('req-13800000000').success).toBe(false);
    expect(idempotencyKeySchema.safeParse('req-1').success).toBe(true);
    expect(operatorSchema.safeParse('11010519491231002X').success).toBe(false);
    expect(operatorSchema.safeParse('OP-17').success).toBe(true);
    expect(reasonCodeSchema.safeParse('called-13800000000').success).toBe(false);
    expect(reasonCodeSchema.safeParse('called-by-phone').success).toBe(true);
  });
});
