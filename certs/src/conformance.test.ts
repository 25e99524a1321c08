import { ENROLMENT_PROMISES, type EnrolmentHarness } from './conformance';
import { createPseudonym, DevelopmentAuthority } from './development-authority';
import { DevelopmentEnrolment } from './development-enrolment';
import { aCaller, anAuthority } from './testing/builders';

async function aDevelopmentHarness(): Promise<EnrolmentHarness> {
  const { authority, storage, clock } = await anAuthority();
  return {
    enrolment: new DevelopmentEnrolment({ authority, storage, now: clock.now }),
    clock,
    reopen: async () => {
      const reopened = await DevelopmentAuthority.open({ mspId: authority.mspId, now: clock.now, storage });
      return new DevelopmentEnrolment({ authority: reopened, storage, now: clock.now });
    },
    trust: () => authority.trust(),
    issuedElsewhere: async () => {
      const pseudonym = createPseudonym();
      return { ...(await aCaller(authority, { pseudonym })), pseudonym };
    },
    foreigner: async () => aCaller((await anAuthority('BankMSP')).authority),
    dispose: () => Promise.resolve(),
  };
}

describe('the development enrolment', () => {
  it.each(ENROLMENT_PROMISES)('$name', async ({ check }) => {
    const harness = await aDevelopmentHarness();
    await check(harness).finally(() => harness.dispose());
  });
});
