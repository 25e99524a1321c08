import type { Command } from 'commander';
import { z } from 'zod';
import { GatewayClient, type ClientOptions } from './gateway-client';
import { CommandError, EXIT, print } from './output';

interface CheckOptions extends ClientOptions {
  readonly enterprise: string;
  readonly recipient?: string;
  readonly platform?: string;
  readonly item: string;
  readonly purpose: string;
  readonly granularity?: string;
  readonly loan?: string;
  readonly json?: boolean;
}

const answerSchema = z.looseObject({ decision: z.boolean(), context: z.looseObject({ reason: z.string().optional(), grantId: z.string().optional(), until: z.string().optional() }).optional() });

/** `kesu check`: may this recipient read this item of this enterprise now? Exit code 0 for yes, 1 for no. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('ask whether data may be read now (授权核验): exit code 0 for yes, 1 for no')
    .requiredOption('--enterprise <ref>', "the enterprise's subjectRef")
    .requiredOption('--item <code>', 'catalogue item, e.g. TAX-02')
    .requiredOption('--purpose <purpose>', 'PRE_LOAN, APPROVAL, POST_LOAN, RISK_MONITORING, EVALUATION, DISPUTE_RESOLUTION')
    .option('--recipient <id>', 'the institution that would receive')
    .option('--platform <id>', 'the platform itself as recipient')
    .option('--granularity <granularity>', 'ANSWER, SCORE, SUMMARY or RAW', 'ANSWER')
    .option('--loan <ref>', 'loan reference')
    .option('--url <url>', 'the gateway')
    .option('--token <token>', 'bearer token (or KESU_TOKEN)')
    .option('--json', 'one JSON value')
    .action(async (options: CheckOptions) => {
      if (options.recipient === undefined && options.platform === undefined) throw new CommandError(EXIT.WRONG_USE, 'name who would receive: --recipient <id>, or --platform <id> for the platform itself');
      const answer = answerSchema.parse(await new GatewayClient(options).post('/access/v1/evaluation', evaluationOf(options)));
      const { reason, grantId, until } = answer.context ?? {};
      const lines = answer.decision ? [`准予提供 PERMIT${grantId === undefined ? '' : `  grant ${grantId}`}${until === undefined ? '' : `  until ${until}`}`] : [`不予提供 DENY  ${reason ?? ''}`];
      print(answer, lines, options.json === true);
      process.exitCode = answer.decision ? EXIT.DONE : EXIT.NO;
    });
}

function evaluationOf(options: CheckOptions): unknown {
  const { enterprise, item, granularity, purpose, loan, recipient, platform } = options;
  const subject = recipient === undefined ? { type: 'platform', id: platform } : { type: 'recipient', id: recipient };
  return {
    subject,
    action: { name: 'read' },
    resource: { type: 'catalogue-item', id: item, properties: { enterprise, granularity } },
    context: { purpose, ...(loan === undefined ? {} : { loanRef: loan }), ...(recipient === undefined || platform === undefined ? {} : { platform }) },
  };
}
