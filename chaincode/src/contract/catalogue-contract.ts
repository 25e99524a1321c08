import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { DomainError, itemRuleOf, moveItem, type CatalogueItem, type ItemRule } from '../domain';
import type { CommandOf } from '../transactions';
import { transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;
const PROVIDER = { roles: ['provider'] } as const;

type ItemContent = CommandOf<'catalogue:put-items'>['items'][number];

/** The information-sharing list (清单). */
@Info({ title: 'catalogue', description: 'The information-sharing list' })
export class CatalogueContract extends Contract {
  constructor() {
    super('catalogue');
  }

  /** Imports items or new versions of them. */
  @Transaction()
  async 'put-items'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'catalogue:put-items', text, NODE, async (running, { items, documentDigest }) => {
      const rules: Record<string, ItemRule> = {};
      for (const content of items) {
        if (rules[content.code] !== undefined) throw DomainError.of('malformed-command', `item ${content.code} stands twice`);
        if (running.ruleBook.participants[content.provider]?.role !== 'provider') throw DomainError.of('participant-not-listed', `${content.provider} is no listed provider`);
        const item = nextVersion(content, await running.world.get('catalogue-item', content.code));
        running.save('catalogue-item', item.code, item, 'put', { documentDigest });
        rules[item.code] = itemRuleOf(item);
      }
      running.saveRuleBook({ items: { ...running.ruleBook.items, ...rules } }, 'put-items', documentDigest);
      return { ids: items.map((item) => item.code) };
    });
  }

  /** Connected, interrupted, withdrawn. */
  @Transaction()
  async 'move-item'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'catalogue:move-item', text, NODE, async (running, { code, to, documentDigest }) => {
      const item = moveItem(await running.world.need('catalogue-item', code), to);
      running.save('catalogue-item', code, item, 'move', { documentDigest });
      running.saveRuleBook({ items: { ...running.ruleBook.items, [code]: itemRuleOf(item) } }, 'move-item', documentDigest);
      return { ids: [code] };
    });
  }

  /** What letters naming the item must say. */
  @Transaction()
  async 'publish-requirements'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'catalogue:publish-requirements', text, PROVIDER, async (running, { code, requirements }) => {
      const item = await ownItem(running, code);
      running.save('catalogue-item', code, { ...item, requirements }, 'publish-requirements');
      return { ids: [code] };
    });
  }

  /** The provider's statement that the item contains no trade secret. */
  @Transaction()
  async 'state-no-trade-secret'(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'catalogue:state-no-trade-secret', text, PROVIDER, async (running, { code, documentDigest }) => {
      const item = await ownItem(running, code);
      running.save('catalogue-item', code, { ...item, noTradeSecretDigest: documentDigest }, 'state-no-trade-secret', { documentDigest });
      return { ids: [code] };
    });
  }
}

async function ownItem(running: RunningTransaction, code: string): Promise<CatalogueItem> {
  const item = await running.world.need('catalogue-item', code);
  running.assertCallerIs(item.provider);
  return item;
}

/** A new content is a new version; a version that is not declared "no wider" ends the cover of letters for former ones. */
function nextVersion({ noWider, connected, ...content }: ItemContent, former: CatalogueItem | undefined): CatalogueItem {
  if (former === undefined) {
    const planned: CatalogueItem = { ...content, version: 1, coveredSince: 1, state: 'PLANNED', requirements: [] };
    return connected && content.class !== 'EXPLORATORY' ? moveItem(planned, 'CONNECTED') : planned;
  }
  if (former.state === 'WITHDRAWN') throw DomainError.of('state-conflict', `item ${content.code} is withdrawn`);
  const version = former.version + 1;
  const widened = former.class !== content.class || former.subject !== content.subject || former.provider !== content.provider;
  if (noWider && widened) throw DomainError.of('state-conflict', `item ${content.code}: another class, subject or provider is no narrower version`);
  return stated({ ...former, ...content, version, coveredSince: noWider ? former.coveredSince : version }, former);
}

/** A new provider has required and stated nothing yet; an EXPLORATORY item without its provider's statement is not connected (任务 5). */
function stated(item: CatalogueItem, former: CatalogueItem): CatalogueItem {
  const { noTradeSecretDigest: _former, ...unstated } = item;
  const owned = item.provider === former.provider ? item : { ...unstated, requirements: [] };
  return owned.class === 'EXPLORATORY' && owned.noTradeSecretDigest === undefined ? { ...owned, state: 'PLANNED' } : owned;
}
