// A ledger written through the contract, for the benches that read it: enterprises, each with a grant of its own, then day
// after day one release under each grant, in batches of 200 as the gateway's group commit makes them, each delivered and most
// acknowledged. Every signature is real and every decision the contract's.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../gateway/package.json', import.meta.url));
process.env.CORE_CHAINCODE_LOGGING_LEVEL = 'ERROR';
const { CAST } = require('./lib/testing/test-cast.js');
const { DAY_MILLIS } = require('@kesu/chaincode/domain');

const MOST_PER_BATCH = 200;

/** Registers enterprises at the platform and gives each a grant that allows a release a day. */
export async function giveGrants(world, count) {
  const grants = [];
  for (let i = 0; i < count; i++) grants.push((await world.giveGrant({ by: await world.addEnterprise(), purpose: 'RISK_MONITORING' })).grant);
  return grants;
}

/** A day on which data is released under each grant; of ten releases, nine are acknowledged. */
export async function releaseForADay(world, grants) {
  for (let from = 0; from < grants.length; from += MOST_PER_BATCH) {
    const recorded = await world.recordBatch(grants.slice(from, from + MOST_PER_BATCH).map((grant) => ({ grant })));
    const releases = recorded.map((one) => {
      if (one.kind !== 'RECORDED' || one.release.decision !== 'PERMIT') throw new Error(`a release is not permitted: ${JSON.stringify(one)}`);
      return one.release;
    });
    await world.submit(CAST.node, 'releases:record-outcomes', { outcomes: releases.map(({ id, byteCount }) => ({ releaseId: id, outcome: 'DELIVERED', bytesSent: byteCount })) });
    const acknowledged = releases.filter((_, index) => index % 10 !== 0);
    await world.submit(CAST.bank, 'releases:acknowledge', { acknowledgements: acknowledged.map(({ id, payloadDigest }) => ({ releaseId: id, payloadDigest })) });
  }
  world.pass(DAY_MILLIS);
}

/** Writes such a history of at least so many events, and answers the grants. */
export async function recordHistory(world, { grants: count, events }) {
  const grants = await giveGrants(world, count);
  const perDay = grants.length * 2.9;
  for (let day = 0; day * perDay < events && day < 28; day++) await releaseForADay(world, grants);
  return grants;
}

/** The number of events of a ledger's valid transactions and of the bytes they are written in. */
export async function countEvents(ledger) {
  const { block: head } = await ledger.head();
  let events = 0;
  for await (const block of ledger.blocks(0, new AbortController().signal)) {
    for (const { validity, events: list } of block.transactions) if (validity === 'VALID' && list !== undefined) events += JSON.parse(list).length;
    if (block.block === head) return events;
  }
  return events;
}
