import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8ToBytes, type SignedSourceAnswer } from '@kesu/chaincode/domain';
import { answerBytes, answerDigestOf } from './answer-wire';
import { rootOf } from './batch-tree';

const page = readFileSync(join(__dirname, '../../../docs/formats/source-answer.md'), 'utf8');
const asked = { item: 'TAX-02', itemVersion: 1, subjectRef: '00112233445566778899aabbccddeeff' };

function onPage(pattern: RegExp): string {
  return pattern.exec(page)?.[1] ?? 'not on the page';
}

describe('the page about source answers', () => {
  const salt = onPage(/The salt is `([^`]+)`/);
  const rows = JSON.parse(onPage(/`(\[\{"year"[^`]+)`/)) as Record<string, unknown>[];
  const signed = onPage(/```\n(\{"digest".*\})\n```/);

  it('shows the digest of its rows, the signed bytes and the digest of a batch', () => {
    const digest = answerDigestOf(salt, { ...asked, rows });
    const answer: SignedSourceAnswer = { type: 'source-answer', network: 'ab'.repeat(16), ...asked, rows: 2, digest, time: '2026-03-10T04:00:00.000Z' };
    expect(Buffer.from(answerBytes(answer))).toEqual(Buffer.from(utf8ToBytes(signed)));
    expect(onPage(/has the digest `([0-9a-f]{64})`/)).toBe(rootOf([digest]));
  });

  it('binds range, enterprise and salt into the digest', () => {
    const digest = answerDigestOf(salt, { ...asked, rows });
    expect(answerDigestOf(salt, { ...asked, rows, range: { from: '2024-01', to: '2025-12' } })).not.toBe(digest);
    expect(answerDigestOf(salt, { ...asked, subjectRef: 'ff'.repeat(16), rows })).not.toBe(digest);
    expect(answerDigestOf(Buffer.alloc(32, 9).toString('base64url'), { ...asked, rows })).not.toBe(digest);
    expect(() => answerDigestOf('AAAA', { ...asked, rows })).toThrow(TypeError);
  });
});
