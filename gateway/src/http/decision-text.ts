import { idSchema } from '@kesu/chaincode/domain';
import { z } from 'zod';
import type { AsOf } from '../read-model';
import type { CheckAnswer } from '../use-cases/check';

/** An answer to an evaluation. */
export const decisionSchema = z.object({
  decision: z.boolean(),
  context: z.object({ reason: z.string().optional(), grantId: idSchema.optional(), until: z.string().optional(), asOf: z.object({ block: z.int(), hash: z.string(), time: z.string() }) }),
});

/** The answers to a list: one an evaluation, or the one answer where there was no list. */
export const decisionsSchema = z.union([z.object({ evaluations: z.array(decisionSchema) }), decisionSchema]);

/** The head that was written last, as text: it is the same for every answer until the next block. */
let written: { readonly asOf: AsOf; readonly text: string } | undefined;

/**
 * An answer as {@link decisionSchema} describes it: what `JSON.stringify` writes, without looking for what to escape. Everything in it is
 * ASCII of a closed form: ids in hex, instants, codes of the list of reasons.
 */
export function decisionText({ decision, reason, grantId, until, asOf }: CheckAnswer): string {
  if (written?.asOf !== asOf) written = { asOf, text: JSON.stringify(asOf) };
  let text = decision ? '{"decision":true,"context":{' : '{"decision":false,"context":{';
  if (reason !== undefined) text += `"reason":"${reason}",`;
  if (grantId !== undefined) text += `"grantId":"${grantId}",`;
  if (until !== undefined) text += `"until":"${until}",`;
  return `${text}"asOf":${written.text}}}`;
}

/** The answers to a list. */
export function decisionsText(answers: readonly CheckAnswer[]): string {
  return `{"evaluations":[${answers.map(decisionText).join(',')}]}`;
}
