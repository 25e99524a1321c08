import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LedgerError } from '../ledger';
import { endorsementFaults } from '../topology/topology';

const place = { name: z.string().min(1), url: z.string().regex(/^grpcs:\/\/[^/\s]+:\d{1,5}$/, 'grpcs://host:port: a peer or orderer is spoken to by TLS only'), tlsRoots: z.array(z.string().min(1)).min(1), hostname: z.string().min(1) };
const placeSchema = z.object(place);

/** A Fabric network as its launcher describes it in `profile.json`: where its peers and orderers are and by which roots their TLS is verified. */
export const connectionProfileSchema = z
  .object({
  channel: z.string().min(1),
  chaincode: z.string().min(1),
  /** The provincial node's organisation first. */
  organisations: z
    .array(
      z.object({
        mspId: z.string().min(1),
        /** Root certificates of its members, PEM. */
        roots: z.array(z.string().min(1)).min(1),
        peers: z.array(placeSchema),
        /** Its fabric-ca. */
        ca: z.object({ url: z.string().min(1), tlsRoots: z.array(z.string().min(1)).min(1) }).optional(),
      }),
    )
    .min(1),
  orderers: z.array(placeSchema).min(1),
  /** The organisation whose orderers sign blocks: whoever checks blocks trusts its roots (PEM). */
  ordering: z.object({ mspId: z.string().min(1), roots: z.array(z.string().min(1)).min(1) }),
  /** How many of which organisations (MSP ids) must endorse a call. */
  endorsement: z.object({ required: z.int().min(1), organisations: z.array(z.string().min(1)).min(1) }),
})
  .superRefine(({ endorsement, organisations }, context) => {
    const members = organisations.filter(({ peers }) => peers.length > 0).map(({ mspId }) => mspId);
    for (const message of endorsementFaults(endorsement, members)) context.addIssue({ code: 'custom', path: ['endorsement'], message });
  });

/** See {@link connectionProfileSchema}. */
export type ConnectionProfile = z.infer<typeof connectionProfileSchema>;

/** A peer or an orderer: its name, `grpcs://` URL, the roots (PEM) of its TLS certificate and the host name in it. */
export type NetworkPlace = z.infer<typeof placeSchema>;

/**
 * Reads a profile from its file.
 * @throws LedgerError `unavailable` that says what is wrong with it and what to do.
 */
export async function readConnectionProfile(file: string): Promise<ConnectionProfile> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new LedgerError('unavailable', `${file} can't be read: \`kesu network up\` writes it`, { cause: error });
  }
  const parsed = connectionProfileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new LedgerError('unavailable', `${file} describes no network (${faults}): \`kesu network up\` writes it anew`);
}
