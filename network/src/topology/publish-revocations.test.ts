import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anOrganisation } from '../embedded/testing/test-network';
import { NetworkLayout } from './layout';
import type { NetworkContext } from './peer-command';
import { PROGRAM_NAMES } from './programs';
import { publishRevocations } from './publish-revocations';
import { scratchDirectory } from './testing/scratch-directory';
import { defaultTopology, type PeerOrganisation } from './topology';

const topology = defaultTopology(7050);
const [, platform, notary] = topology.organisations as [PeerOrganisation, PeerOrganisation, PeerOrganisation];

/** The block that holds a channel's configuration, as configtxlator decodes it: the platform has revoked what is in the lists. */
function configuration(lists: readonly string[]): string {
  const MSP = { value: { config: { revocation_list: lists.map((list) => Buffer.from(list).toString('base64')) } } };
  const config = { channel_group: { groups: { Application: { groups: { [platform.mspId]: { values: { MSP } } } } } } };
  return JSON.stringify({ data: { data: [{ payload: { data: { config } } }] } });
}

/** Programs in place of Fabric's: the channel's configuration is the older one until it is updated; a peer that lags shows the older one so often after that. */
function programs(directory: string, lags: number): NetworkContext['programs'] {
  const program = (name: string, script: string): string => {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\n${script}`);
    chmodSync(path, 0o755);
    return path;
  };
  const peer = program('peer', `
    cd ${directory}
    if [ "$2" = update ]; then touch updated; exit; fi
    echo asked >> "$CORE_PEER_ADDRESS"
    shown=older
    [ -e updated ] && shown=newer
    [ "$CORE_PEER_ADDRESS" = ${topology.host}:${notary.peer.port} ] && [ $(wc -l < "$CORE_PEER_ADDRESS") -le ${lags} ] && shown=older
    cp $shown.json "$4"`);
  const configtxlator = program('configtxlator', `
    task=$1
    while [ $# -gt 0 ]; do
      case "$1" in --type) type=$2;; --input) input=$2;; --output) output=$2;; esac
      shift
    done
    if [ $task = compute_update ] || [ "$type" = common.ConfigUpdate ]; then echo '{}' > "$output"; else cp "$input" "$output"; fi`);
  const paths = { ...Object.fromEntries(PROGRAM_NAMES.map((name) => [name, '/nowhere'])), peer, configtxlator } as NetworkContext['programs']['paths'];
  return { paths, builder: '', fabric: { major: 3, minor: 1 }, fabricText: '', caText: '' };
}

describe('a revocation', () => {
  it('is told of a peer when the peer has it in its own channel, however late', async () => {
    const directory = scratchDirectory();
    const { authority, caller } = await anOrganisation(platform.mspId);
    const { serial } = await caller();
    const revocationList = await authority.revoke([serial], 'keyCompromise');
    writeFileSync(join(directory, 'older.json'), configuration([]));
    writeFileSync(join(directory, 'newer.json'), configuration([revocationList]));
    const context = { topology, layout: new NetworkLayout(directory), programs: programs(directory, 2) };
    const published = await publishRevocations(context, { organisation: platform, serials: [serial], revocationList: async () => revocationList });
    expect(published).toEqual({ changed: true, peers: topology.organisations.map(({ name }) => ({ organisation: name, refuses: true })) });
    expect(readFileSync(join(directory, `${topology.host}:${notary.peer.port}`), 'utf8').match(/asked/g)).toHaveLength(3);
  });
});
