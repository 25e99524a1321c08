import { CASE_STATES, evidenceCaseSchema, evidenceVolumeSchema, packageDigest, volumeDigest } from '@kesu/chaincode/domain';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { evidenceCommand } from './evidence-command';
import { GatewayClient, readJsonInput, type ClientOptions } from './gateway-client';
import { CommandError, EXIT, print } from './output';

interface CaseOptions extends ClientOptions {
  readonly json?: boolean;
}

const shownSchema = z.looseObject({ record: evidenceCaseSchema, next: z.array(z.string()), words: z.looseObject({ kind: z.looseObject({ zh: z.string() }), state: z.looseObject({ zh: z.string() }) }), nature: z.looseObject({ zh: z.string() }) });
const listSchema = z.looseObject({ entries: z.array(z.looseObject({ record: evidenceCaseSchema })), next: z.string().optional() });
const volumeSchema = z.looseObject({ record: evidenceVolumeSchema });
const doneSchema = z.looseObject({ ids: z.array(z.string()), position: z.looseObject({ block: z.number(), index: z.number() }) });

/** Transitions by the name of their path, each with what it does and whether it takes a body from a file. */
const TRANSITIONS = [
  ['terms', 'state what is owed, how and when', true],
  ['submission', 'apply to the notary (申请)', false],
  ['acceptance', 'the notary accepts (受理)', true],
  ['rejection', 'the notary rejects (不予办理)', true],
  ['certificate', 'the notary issued a deed (出具公证书)', true],
  ['discharge', 'the debt was paid (已清偿)', true],
  ['enforcement-request', 'ask for a certificate of enforcement', true],
  ['verification', 'the notary verifies (核实)', false],
  ['enforcement-certificate', 'the notary issued a certificate of enforcement (出具执行证书)', true],
  ['enforcement-refusal', 'the notary refuses it (不予出具): a litigation opens', true],
  ['enforcement-filing', 'enforcement was filed with a court (已申请执行)', true],
  ['certificate-correction', 'the notary corrects a paper (补正)', true],
  ['certificate-annulment', 'the notary annuls a paper (撤销)', true],
  ['sealing', 'seal a case for arbitration or litigation', false],
  ['receipt', 'the authority received it', true],
  ['closing', 'arbitrator or court close it', true],
] as const;

/** `kesu evidence case …`: cases of evidence and their volumes. */
export function addEvidenceCaseCommands(program: Command): void {
  const cases = evidenceCommand(program).command('case').description('cases: list, show, open, add, seal, handover, and one command a transition');
  addReads(cases);
  addVolumes(cases);
  for (const [step, description, takesBody] of TRANSITIONS) {
    const command = withClient(cases.command(step).description(description).argument('<case>', "the case's id"));
    if (takesBody) command.option('--file <file>', 'the body as JSON, `-` for standard input (default: {})');
    command.action(async (id: string, options: CaseOptions & { readonly file?: string }) => change(options, `/v1/evidence-cases/${encodeURIComponent(id)}/${step}`, options.file === undefined ? {} : readJsonInput(options.file)));
  }
}

function withClient(command: Command): Command {
  return command.option('--url <url>', 'the gateway').option('--token <token>', 'bearer token (or KESU_TOKEN)').option('--json', 'one JSON value on one line');
}

function addReads(cases: Command): void {
  withClient(cases.command('list').description('cases, newest first'))
    .addOption(new Option('--state <state>', 'only those in a state').choices(CASE_STATES))
    .action(async (options: CaseOptions & { readonly state?: string }) => {
      const answer = listSchema.parse(await new GatewayClient(options).get(`/v1/evidence-cases${options.state === undefined ? '' : `?state=${options.state}`}`));
      print(answer, answer.entries.map(({ record: { id, kind, state, changedAt } }) => `${id}  ${kind.padEnd(16)} ${state.padEnd(22)} ${changedAt}`), options.json === true);
    });
  withClient(cases.command('show').description('one case with its volumes, and what may follow').argument('<case>', "the case's id")).action(async (id: string, options: CaseOptions) => {
    const answer = shownSchema.parse(await new GatewayClient(options).get(`/v1/evidence-cases/${encodeURIComponent(id)}`));
    const { record, next, words, nature } = answer;
    const volumes = record.volumes.map(({ number, subject, side, items, digest }) => `  ${number}  ${subject} (${side}), ${items} items, ${digest === undefined ? 'open' : `sealed ${digest}`}`);
    print(answer, [`${words.kind.zh} ${words.state.zh} · ${record.kind} ${record.state}`, ...volumes, `next: ${next.length === 0 ? '–' : next.join(', ')}`, nature.zh], options.json === true);
  });
  withClient(cases.command('conditions').description('the legal conditions one by one, and the sum owed today').argument('<case>', "the case's id")).action(async (id: string, options: CaseOptions) => {
    const conditions = z.array(z.looseObject({ id: z.string(), holds: z.boolean(), zh: z.string(), articles: z.string() }));
    const answer = z.looseObject({ deed: conditions, enforcement: z.looseObject({ conditions, sum: z.looseObject({ totalFen: z.number() }).optional() }) }).parse(await new GatewayClient(options).get(`/v1/evidence-cases/${encodeURIComponent(id)}/conditions`));
    const lines = (checked: z.infer<typeof conditions>): string[] => checked.map(({ holds, zh, articles }) => `  ${holds ? '✔' : '✖'} ${zh}(${articles})`);
    const { sum } = answer.enforcement;
    print(answer, ['公证书:', ...lines(answer.deed), '执行证书:', ...lines(answer.enforcement.conditions), sum === undefined ? '应付款项:无法计算' : `应付款项:${(sum.totalFen / 100).toFixed(2)} 元`], options.json === true);
  });
}

function addVolumes(cases: Command): void {
  withClient(cases.command('open').description('open a case; with --case, a volume of it'))
    .option('--case <case>', 'open a volume of this case instead')
    .requiredOption('--file <file>', 'the body as JSON, `-` for standard input')
    .action(async (options: CaseOptions & { readonly case?: string; readonly file: string }) => change(options, options.case === undefined ? '/v1/evidence-cases' : `/v1/evidence-cases/${encodeURIComponent(options.case)}/volumes`, readJsonInput(options.file)));
  withClient(cases.command('add').description('put items into an open volume').argument('<case>', "the case's id").argument('<volume>', "the volume's number"))
    .requiredOption('--file <file>', '{"items": […]} as JSON, `-` for standard input')
    .action(async (id: string, volume: string, options: CaseOptions & { readonly file: string }) => change(options, `/v1/evidence-cases/${encodeURIComponent(id)}/volumes/${encodeURIComponent(volume)}/items`, readJsonInput(options.file)));
  withClient(cases.command('seal').description('seal a volume by the digest computed here from its items').argument('<case>', "the case's id").argument('<volume>', "the volume's number"))
    .option('--network <network>', "the ledger's network id, when known another way")
    .action(async (id: string, volume: string, options: CaseOptions & { readonly network?: string }) => {
      const client = new GatewayClient(options);
      const path = `/v1/evidence-cases/${encodeURIComponent(id)}/volumes/${encodeURIComponent(volume)}`;
      const shown = z.looseObject({ digest: z.string() }).parse(await client.get(path));
      const { record } = volumeSchema.parse(shown);
      if (options.network !== undefined && volumeDigest(options.network, record) !== shown.digest) throw new CommandError(EXIT.NO, 'the gateway shows another digest than that of the items: not sealed');
      await change(options, `${path}/seal`, { digest: shown.digest });
    });
  withClient(cases.command('handover').description('hand a sealed case over to an arbitrator or court; without --to, what became of it').argument('<case>', "the case's id"))
    .option('--to <authority>', 'the arbitrator or court')
    .option('--network <network>', "the ledger's network id: the package's digest is then computed here")
    .action(async (id: string, options: CaseOptions & { readonly to?: string; readonly network?: string }) => {
      const path = `/v1/evidence-cases/${encodeURIComponent(id)}`;
      const client = new GatewayClient(options);
      if (options.to === undefined) return void process.stdout.write(`${JSON.stringify(await client.get(`${path}/handover`), null, options.json === true ? 0 : 2)}\n`);
      const stated = options.network === undefined ? {} : { packageDigest: packageDigest(options.network, shownSchema.parse(await client.get(path)).record) };
      await change(options, `${path}/handover`, { authority: options.to, ...stated });
    });
}

async function change(options: CaseOptions, path: string, body: unknown): Promise<void> {
  const done = doneSchema.parse(await new GatewayClient(options).post(path, body));
  print(done, [`on the ledger at block ${done.position.block}, index ${done.position.index}: ${done.ids.join(', ')}`], options.json === true);
}
