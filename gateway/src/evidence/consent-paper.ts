import { decodeCheckpoint, decodeNote, GRANT_STATE_WORDS, GRANULARITY_WORDS, leafEntry, PURPOSE_WORDS, shanghaiTime, type ConsentReceipt, type WordLanguage } from '@kesu/chaincode/domain';
import { GatewayError } from '../gateway-error';
import { Paper, type Row } from '../paper';
import type { GrantReceipt } from '../use-cases/grants';

/** What a printed receipt is made of: a receipt that proves itself, or what this gateway knows of the grant without its log. */
export type PrintedReceipt = Pick<GrantReceipt, 'grant' | 'position' | 'claimedTime'> & Pick<ConsentReceipt, 'status'> & { readonly letter?: GrantReceipt['letter'] | undefined; readonly demonstration: boolean; readonly lookup?: string | undefined } & Partial<Pick<ConsentReceipt, 'consent' | 'proof' | 'network'>>;

type Say = (zh: string, en: string) => string;

/** What its QR code holds: where the receipt is looked up, and the log's entry of the event that gave the grant. */
export function receiptCode({ grant, lookup, proof }: Pick<PrintedReceipt, 'grant' | 'lookup' | 'proof'>): string {
  const given = proof?.facts.find(({ event }) => event.kind === 'grant');
  return `${lookup ?? `urn:kesu:grant:${grant.id}`}${given === undefined ? '' : `#entry=${leafEntry(given.leaf)}`}`;
}

/**
 * The receipt of a grant on A4: the letter as it was read, and where it stands. A pure function of the receipt.
 * @throws GatewayError not-found when the letter is not the reader's, or this node keeps no identity for it.
 */
export function receiptPaper(receipt: PrintedReceipt, language: WordLanguage): Promise<Uint8Array> {
  const { letter, grant, demonstration } = receipt;
  if (letter === undefined) throw GatewayError.of('not-found', 'the letter to read is not kept here');
  const say: Say = (zh, en) => (language === 'zh' ? zh : en);
  const { title, text } = letter[language];
  const heading = say('授权回执', 'Consent receipt');
  const paper = new Paper(heading, [say('可溯', 'Kesu'), grant.id, ...(demonstration ? [say('演示数据,非真实业务', 'Demonstration data, not real business (演示数据,非真实业务)')] : [])].join(' · '));
  paper.head({ title: heading, lead: say('本回执载明一份授权书、谁签署了它,以及它在账本上的位置。随时可以撤回。', 'It holds a letter of authorization, who signed it, and where it stands on the ledger. It can be withdrawn at any time.'), qr: receiptCode(receipt), caption: say('扫码取得回执地址和日志条目', 'address of the receipt and its entry in the log') });
  paper.rows(grantRows(receipt, language, say));
  paper.heading(title).text(text.startsWith(title) ? text.slice(title.length).trimStart() : text);
  if (receipt.consent !== undefined) paper.heading(say('授权的变动', 'What became of it')).rows(receipt.consent.events.map(({ eventTime, eventState, entityId, position }): Row => [GRANT_STATE_WORDS[eventState][language], `${shanghaiTime(eventTime, language)} · ${entityId} · ${position}`]));
  if (receipt.proof !== undefined) paper.heading(say('怎样核验', 'How to verify')).text(say('取回执的 JSON 文件,运行 kesu verify 回执 --trust 信任文件;信任文件须另行取得。本页显示的状态以其时间为准,之后的变动不在其中。', 'Take the receipt as JSON and run kesu verify RECEIPT --trust TRUST; the trust file comes another way. The state shown is that of its time; nothing is said of what came after.'));
  return paper.bytes();
}

function grantRows({ grant, status, position, claimedTime, consent, proof, network }: PrintedReceipt, language: WordLanguage, say: Say): Row[] {
  const nameOf = (id: string): string => {
    const name = consent?.partyIdentification.find(({ partyId }) => partyId === id)?.partyName;
    return name === undefined ? id : `${name[language]} (${id})`;
  };
  const itemName = (code: string): string => consent?.piiProcessing.purposes[0]?.piiInformation.find(({ piiType }) => piiType === code)?.name[language] ?? code;
  const size = proof === undefined ? undefined : decodeCheckpoint(decodeNote(proof.checkpoint).text).size;
  const rows: readonly (Row | undefined)[] = [
    [say('授权编号', 'Grant'), grant.id],
    [say('状态', 'State'), `${stateWords(status.state, language)} · ${shanghaiTime(status.at, language)}`],
    [say('授权人', 'Given by'), grant.enterprise],
    [say('被授权人', 'Given to'), nameOf(grant.recipient)],
    [say('经由平台', 'Through'), nameOf(grant.platform)],
    [say('目的', 'Purpose'), PURPOSE_WORDS[grant.purpose][language]],
    [say('信息项', 'Items'), grant.items.map(({ code, granularity }) => `${itemName(code)} (${code}): ${GRANULARITY_WORDS[granularity][language]}`).join('\n')],
    [say('期间', 'Period'), `${shanghaiTime(grant.from, language)} – ${shanghaiTime(grant.until, language)}`],
    [say('授予时间', 'Given at'), shanghaiTime(claimedTime, language)],
    [say('账本位置', 'On the ledger'), `${position.block}.${position.index}.${position.item}\n${position.txId}`],
    network === undefined ? undefined : [say('账本', 'Ledger'), network],
    size === undefined ? undefined : [say('检查点', 'Checkpoint'), say(`共${size}个事件`, `${size} events`)],
  ];
  return rows.filter((row) => row !== undefined);
}

function stateWords(state: string, language: WordLanguage): string {
  const words = Object.entries(GRANT_STATE_WORDS).find(([known]) => known === state)?.[1];
  return words?.[language] ?? state;
}
