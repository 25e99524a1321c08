import { Context, Contract, Info, Transaction } from 'fabric-contract-api';
import { assertDraftIsLawful, digestOf, DomainError, providersConcerned, publishTemplate, templateKey, templateRuleOf, type CatalogueItem, type Template } from '../domain';
import { transact, type RunningTransaction } from './transact';

const NODE = { roles: ['provincialNode'] } as const;

/** Letters' templates (授权书, 任务 11): drafted by the node, approved by each provider concerned. */
@Info({ title: 'templates', description: 'Templates of letters' })
export class TemplatesContract extends Contract {
  constructor() {
    super('templates');
  }

  /** Drafts the next version of a template. */
  @Transaction()
  async draft(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'templates:draft', text, NODE, async (running, command) => {
      const version = await nextVersion(running, command.template.id);
      const content = { ...command.template, version };
      const template: Template = { ...content, state: 'DRAFT', approvals: [], digest: digestOf(content), withdrawnForExisting: false };
      assertDraftIsLawful(template, await itemsOf(running, template));
      return save(running, template, 'draft');
    });
  }

  /** A provider's approval. */
  @Transaction()
  async approve(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'templates:approve', text, { roles: ['provider'] }, async (running, command) => {
      const template = await running.world.need('template', templateKey(command));
      const catalogue = await itemsOf(running, template);
      const provider = running.caller.id;
      if (template.state !== 'DRAFT') throw DomainError.of('state-conflict', `template ${templateKey(template)} is ${template.state}`);
      if (template.digest !== command.digest) throw DomainError.of('digest-mismatch', 'the approval names another text than the draft');
      if (!providersConcerned(template, catalogue).includes(provider)) throw DomainError.of('not-yours', 'the template names none of your items');
      const foreign = command.rawApproved.find((code) => catalogue.get(code)?.provider !== provider);
      if (foreign !== undefined) throw DomainError.of('not-yours', `item ${foreign} is not yours to approve`);
      const others = template.approvals.filter((approval) => approval.provider !== provider);
      return save(running, { ...template, approvals: [...others, { provider, rawApproved: command.rawApproved }] }, 'approve');
    });
  }

  /** Publishes a draft that all approved. */
  @Transaction()
  async publish(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'templates:publish', text, NODE, async (running, command) => {
      const draft = await running.world.need('template', templateKey(command));
      const template = publishTemplate(draft, await itemsOf(running, draft));
      listRule(running, template);
      return save(running, template, 'publish');
    });
  }

  /** Withdraws a version for new letters, and if said so for existing grants. */
  @Transaction()
  async withdraw(ctx: Context, text: string): Promise<string> {
    return transact(ctx, 'templates:withdraw', text, NODE, async (running, { forExisting, documentDigest, ...named }) => {
      const present = await running.world.need('template', templateKey(named));
      if (present.state === 'DRAFT') throw DomainError.of('state-conflict', 'a draft is not in force');
      if (present.state === 'WITHDRAWN' && (present.withdrawnForExisting || !forExisting)) throw DomainError.of('state-conflict', 'the template is withdrawn already');
      const template: Template = { ...present, state: 'WITHDRAWN', withdrawnForExisting: present.withdrawnForExisting || forExisting };
      listRule(running, template);
      return save(running, template, 'withdraw', documentDigest);
    });
  }
}

async function nextVersion(running: RunningTransaction, id: string): Promise<number> {
  let version = 1;
  while ((await running.world.get('template', templateKey({ id, version }))) !== undefined) version++;
  return version;
}

async function itemsOf(running: RunningTransaction, template: Template): Promise<Map<string, CatalogueItem>> {
  const items = new Map<string, CatalogueItem>();
  for (const { code } of template.items) {
    const item = await running.world.get('catalogue-item', code);
    if (item !== undefined) items.set(code, item);
  }
  return items;
}

function listRule(running: RunningTransaction, template: Template): void {
  running.saveRuleBook({ templates: { ...running.ruleBook.templates, [templateKey(template)]: templateRuleOf(template) } }, 'list-template');
}

function save(running: RunningTransaction, template: Template, action: string, documentDigest?: string): { ids: string[] } {
  running.save('template', templateKey(template), template, action, documentDigest === undefined ? {} : { documentDigest });
  return { ids: [templateKey(template)] };
}
