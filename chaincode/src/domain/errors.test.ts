import { DomainError, ERROR_CODES } from './errors';

describe('a refusal', () => {
  const refusal = DomainError.of('limit-exceeded', 'a "quoted" {brace} \\ and 中文', [{ pointer: '/until', detail: '}{"' }]);

  it('comes out of the message that Fabric passes on', () => {
    expect(DomainError.fromMessage(refusal.message)).toEqual(refusal);
  });

  it('comes out of several peers’ messages folded into one text', () => {
    const folded = `No valid responses from any peers. Errors:\n    peer=a, status=500, message=error in simulation: transaction returned with failure: Error: ${refusal.message}\n    peer=b, status=500, message=Error: ${refusal.message} }`;
    const found = DomainError.fromMessage(folded);
    expect([found?.code, found?.detail, found?.faults]).toEqual([refusal.code, refusal.detail, refusal.faults]);
  });

  it.each(['', 'connection refused', 'KESU-REFUSAL ', 'KESU-REFUSAL {"code":"no-such-code","detail":"x","faults":[]}', 'KESU-REFUSAL {"code":"not-found"', 'KESU-REFUSAL {"code":"not-found","detail":1,"faults":[]}'])('is not seen in %j', (message) => {
    expect(DomainError.fromMessage(message)).toBeUndefined();
  });

  it('has distinct codes of lower-case words', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
    for (const code of ERROR_CODES) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});
