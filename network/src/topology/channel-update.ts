import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { NetworkError } from './network-error';
import { isOrdererAway, peerCommand, peerCommandThroughOrderer, type NetworkContext } from './peer-command';
import { runProgram } from './run-program';
import type { PeerOrganisation } from './topology';

/** A channel's configuration as configtxlator writes it: nested groups; what isn't changed is passed through as it is. */
export interface ChannelConfiguration {
  channel_group: ConfigurationGroup;
  [member: string]: unknown;
}

/** A group of a configuration. */
export interface ConfigurationGroup {
  groups?: Record<string, ConfigurationGroup>;
  values?: Record<string, unknown>;
  [member: string]: unknown;
}

/** A change of the channel and who signs it. */
export interface ChannelUpdate {
  /** Changes the configuration in place; called again on the new one when another update came between. @returns false when there is nothing to change. */
  readonly change: (configuration: ChannelConfiguration) => boolean | Promise<boolean>;
  /** Whose administrators sign, the last of them submits: at least one. */
  readonly signers: readonly PeerOrganisation[];
}

const configBlockSchema = z.object({ data: z.object({ data: z.tuple([z.object({ payload: z.object({ data: z.object({ config: z.looseObject({ channel_group: z.looseObject({}) }) }) }) })]) }) });

/** So often an update is made anew because another came between. */
const MOST_ATTEMPTS = 5;
/** How an orderer says that a part of the configuration has another version than the one the update is based on. */
const OVERTAKEN = /version \d+, but (it is currently|key is) at version \d+/;

/**
 * Changes the channel's configuration: the present one is fetched, changed, and the difference is signed and submitted.
 * @returns false when `change` found nothing to do.
 * @throws NetworkError `update-refused`, `program-failed`.
 */
export async function updateChannel(context: NetworkContext, update: ChannelUpdate): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptUpdate(context, update);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !(error instanceof NetworkError) || !OVERTAKEN.test(error.detail)) throw error;
    }
  }
}

async function attemptUpdate(context: NetworkContext, { change, signers }: ChannelUpdate): Promise<boolean> {
  const submitter = signers.at(-1);
  if (submitter === undefined) throw new TypeError('somebody signs a channel update');
  return withTranslator(context, async (translator) => {
    const configuration = await presentConfiguration(context, { as: submitter }, translator);
    await translator.encode('original.pb', 'common.Config', configuration);
    if (!(await change(configuration))) return false;
    await translator.encode('changed.pb', 'common.Config', configuration);
    const envelope = await translator.difference();
    for (const signer of signers.slice(0, -1)) await peerCommand(context, signer, ['channel', 'signconfigtx', '-f', envelope]);
    await submit(context, submitter, envelope);
    return true;
  });
}

/** Who asks for a configuration, and the organisation whose peer is asked; an orderer when absent. */
export interface ConfigurationSource {
  readonly as: PeerOrganisation;
  readonly from?: PeerOrganisation;
}

/** The channel's configuration as an orderer has it, or as one peer has committed it. @throws NetworkError `program-failed`. */
export function fetchConfiguration(context: NetworkContext, source: ConfigurationSource): Promise<ChannelConfiguration> {
  return withTranslator(context, (translator) => presentConfiguration(context, source, translator));
}

async function presentConfiguration(context: NetworkContext, { as, from }: ConfigurationSource, translator: Translator): Promise<ChannelConfiguration> {
  const block = translator.file('config.block');
  const args = ['channel', 'fetch', 'config', block, '-c', context.topology.channel];
  // Without an orderer to ask, `peer` asks the peer.
  await (from === undefined ? peerCommandThroughOrderer(context, as, args) : peerCommand(context, as, args, from));
  const decoded = configBlockSchema.parse(await translator.decode('config.block', 'common.Block'));
  return decoded.data.data[0].payload.data.config as ChannelConfiguration;
}

async function withTranslator<T>(context: NetworkContext, act: (translator: Translator) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'kesu-channel-'));
  try {
    return await act(new Translator(context, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function submit(context: NetworkContext, organisation: PeerOrganisation, envelope: string): Promise<void> {
  await peerCommandThroughOrderer(context, organisation, ['channel', 'update', '-f', envelope, '-c', context.topology.channel]).catch((cause: unknown) => {
    if (!(cause instanceof NetworkError) || isOrdererAway(cause)) throw cause;
    throw new NetworkError('update-refused', `The orderers refused the channel update: ${cause.detail}`, 'The administrators of a majority of the organisations must sign, with certificates that are valid.', { cause });
  });
}

/** Fabric's `configtxlator` over files of one scratch directory. */
class Translator {
  constructor(
    private readonly context: NetworkContext,
    private readonly scratch: string,
  ) {}

  file(name: string): string {
    return join(this.scratch, name);
  }

  async decode(name: string, type: string): Promise<unknown> {
    await this.run(['proto_decode', '--type', type, '--input', this.file(name), '--output', this.file(`${name}.json`)]);
    return JSON.parse(readFileSync(this.file(`${name}.json`), 'utf8')) as unknown;
  }

  async encode(name: string, type: string, value: unknown): Promise<string> {
    writeFileSync(this.file(`${name}.json`), JSON.stringify(value));
    await this.run(['proto_encode', '--type', type, '--input', this.file(`${name}.json`), '--output', this.file(name)]);
    return this.file(name);
  }

  /** The envelope of the difference between `original.pb` and `changed.pb`, not signed yet. */
  async difference(): Promise<string> {
    const { channel } = this.context.topology;
    await this.run(['compute_update', '--channel_id', channel, '--original', this.file('original.pb'), '--updated', this.file('changed.pb'), '--output', this.file('update.pb')]);
    const update = await this.decode('update.pb', 'common.ConfigUpdate');
    return this.encode('envelope.pb', 'common.Envelope', {
      payload: { header: { channel_header: { channel_id: channel, type: CONFIG_UPDATE } }, data: { config_update: update } },
    });
  }

  private async run(args: readonly string[]): Promise<void> {
    await runProgram(this.context.programs.paths.configtxlator, args, {});
  }
}

/** `HeaderType.CONFIG_UPDATE` of fabric-protos' common.proto. */
const CONFIG_UPDATE = 2;
