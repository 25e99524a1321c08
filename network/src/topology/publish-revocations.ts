import { revokedSerials, withRevocationList } from '@kesu/certs';
import { setTimeout as wait } from 'node:timers/promises';
import { fetchConfiguration, updateChannel, type ChannelConfiguration } from './channel-update';
import { NetworkError } from './network-error';
import type { NetworkContext } from './peer-command';
import type { PeerOrganisation } from './topology';
import { z } from 'zod';

/** A peer that has taken a revocation or not, with the cause where it hasn't. */
export interface PeerRefusal {
  /** The organisation whose peer it is. */
  readonly organisation: string;
  readonly refuses: boolean;
  readonly detail?: string;
}

/** What publishing did. */
export interface PublishedRevocations {
  /** Whether the channel was changed: not when it had the serials already. */
  readonly changed: boolean;
  readonly peers: readonly PeerRefusal[];
}

/** What is published, of whom. */
export interface RevocationsToPublish {
  readonly organisation: PeerOrganisation;
  /** Lower-case hex. */
  readonly serials: readonly string[];
  /**
   * The organisation's revocation list now, PEM. Asked behind each look at the channel: a list made before could lack what
   * another update has published since.
   */
  readonly revocationList: () => Promise<string>;
}

/** So long a peer may take to follow the channel, milliseconds. */
const PEER_MILLIS = 30_000;
const LOOK_AGAIN_MILLIS = 200;

const mspSchema = z.looseObject({ value: z.looseObject({ config: z.looseObject({ revocation_list: z.array(z.string()).nullish() }) }) });

/**
 * Puts an organisation's revocation list into its own MSP on the channel, signed by its own administrator, and looks at each
 * peer until it has that configuration: from then on it refuses the certificates.
 * @throws NetworkError `update-refused`, `program-failed`; a peer that can't be asked is told in the answer.
 */
export async function publishRevocations(context: NetworkContext, { organisation, serials, revocationList }: RevocationsToPublish): Promise<PublishedRevocations> {
  const { mspId } = organisation;
  const changed = await updateChannel(context, {
    signers: [organisation],
    change: async (configuration) => {
      const newer = await revocationList();
      const missing = serials.filter((serial) => !revokedSerials(newer).some((entry) => entry.serial === serial));
      if (missing.length > 0) {
        throw new NetworkError('authority-refused', `The authority's revocation list lacks ${missing.join(', ')}.`, 'Revoke the certificates at the authority, then publish its list.');
      }
      if (includesAll(listsOf(configuration, mspId), serials)) return false;
      setLists(configuration, mspId, withRevocationList(listsOf(configuration, mspId), newer));
      return true;
    },
  });
  const peers = await Promise.all(context.topology.organisations.map((target) => awaitRefusal(context, { organisation, target, serials })));
  return { changed, peers };
}

async function awaitRefusal(
  context: NetworkContext,
  { organisation, target, serials }: { readonly organisation: PeerOrganisation; readonly target: PeerOrganisation; readonly serials: readonly string[] },
): Promise<PeerRefusal> {
  const deadline = Date.now() + PEER_MILLIS;
  for (;;) {
    try {
      const configuration = await fetchConfiguration(context, { as: organisation, from: target });
      if (includesAll(listsOf(configuration, organisation.mspId), serials)) return { organisation: target.name, refuses: true };
      if (Date.now() > deadline) return { organisation: target.name, refuses: false, detail: 'its channel lags behind' };
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      if (Date.now() > deadline) return { organisation: target.name, refuses: false, detail: error.detail };
    }
    await wait(LOOK_AGAIN_MILLIS);
  }
}

function includesAll(lists: readonly string[], serials: readonly string[]): boolean {
  const revoked = new Set(lists.flatMap((list) => revokedSerials(list).map(({ serial }) => serial)));
  return serials.every((serial) => revoked.has(serial));
}

function mspOf(configuration: ChannelConfiguration, mspId: string): z.infer<typeof mspSchema> {
  const msp = configuration.channel_group.groups?.Application?.groups?.[mspId]?.values?.MSP;
  const parsed = mspSchema.safeParse(msp);
  if (parsed.success) return parsed.data;
  throw new NetworkError('organisation-unknown', `The channel has no organisation ${mspId}.`, 'Run `kesu network status` to see who takes part.');
}

function listsOf(configuration: ChannelConfiguration, mspId: string): readonly string[] {
  return (mspOf(configuration, mspId).value.config.revocation_list ?? []).map((list) => Buffer.from(list, 'base64').toString('utf8'));
}

function setLists(configuration: ChannelConfiguration, mspId: string, lists: readonly string[]): void {
  const values = configuration.channel_group.groups?.Application?.groups?.[mspId]?.values;
  const msp = mspOf(configuration, mspId);
  msp.value.config.revocation_list = lists.map((list) => Buffer.from(list, 'utf8').toString('base64'));
  if (values !== undefined) values.MSP = msp;
}
