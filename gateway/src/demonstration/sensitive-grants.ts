import type { DemonstrationEnterprise } from './enterprises';
import type { LetterPlan, PlannedItem, Step } from './step';

const PLATFORM = 'qinxinrong';
const BANK = 'example-union-bank';

/** What the two letters of {@link sensitiveSteps} name: a person's documents, and raw records where gate C is open. */
const SENSITIVE_ITEMS: readonly PlannedItem[] = [
  { code: 'REG-04B', granularity: 'ANSWER', separateConsent: true },
  { code: 'REG-05', granularity: 'RAW', separateConsent: true },
];

/**
 * Two permitted releases of what needs a tick of its own: personal information, signed by the person too, and raw records whose provider
 * approved and for which the policy opened gate C.
 * @param companies one company for each, with a PERSON key.
 */
export function sensitiveSteps(companies: readonly DemonstrationEnterprise[]): readonly Step[] {
  return SENSITIVE_ITEMS.flatMap((item, index) => {
    const enterprise = companies[index]?.slug;
    if (enterprise === undefined) throw new RangeError('a company for each sensitive item');
    const grant = `sensitive-${item.code.toLowerCase()}`;
    const loan = `${grant}-loan`;
    const letter: LetterPlan = { grant, enterprise, template: 'LOAN-APPROVAL', purpose: 'APPROVAL', platform: PLATFORM, recipient: BANK, items: [item], loan, oneTime: true, retentionDays: 30, untilDay: 90 };
    const { code, granularity } = item;
    return [
      { day: 55, minute: 560, verb: 'LOAN', loan, enterprise, recipient: BANK, platform: PLATFORM, product: 'WORKING-CAPITAL', to: 'APPLIED', amountFen: 120_000_000 },
      { day: 55, minute: 600, verb: 'GRANT', letters: [letter], signedBy: ['LEGAL_REPRESENTATIVE', 'PERSON'] },
      { day: 56, minute: 600, verb: 'RELEASE', release: `${grant}-release`, ask: { enterprise, requester: PLATFORM, recipient: BANK, basis: 'GRANT', purpose: 'APPROVAL', items: [{ code, granularity }], grant, loan } },
    ] satisfies Step[];
  });
}
