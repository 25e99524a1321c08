/**
 * What the checks say, in English with `{}` for what they fill in, and the same in Chinese. A sentence that isn't here is shown as the check says it:
 * the checks stay in one language, so that what a program reads doesn't depend on who looks.
 */
const SENTENCES: readonly (readonly [en: string, zh: string])[] = [
  ['{} parts, {} bytes, no other byte', '共 {} 个部件、{} 字节，别无其他字节'],
  ['the parts themselves', '部件本身'],
  ['every part is the one of the manifest', '每个部件均与清单所载一致'],
  ['{} facts, {} letters, {} receipts', '{} 项事实、{} 份授权书、{} 份回执'],
  ['{} statements', '{} 份声明'],
  ['the enterprise’s keys {}, registered on the ledger', '企业在账本上登记的密钥 {}'],
  ['no statement of the enterprise is in the bundle', '证据包内没有企业签署的声明'],
  ['no grant is in the bundle', '证据包内没有授权'],
  ['{} events of {} grants', '{} 项事件，涉及 {} 份授权'],
  ['the letters as signed', '所签署的授权书'],
  ['no identity is in the bundle: who signed stands in salted digests only', '证据包内没有身份信息：签署主体仅以加盐摘要载明'],
  ['the salted digest that the enterprise signed', '企业所签的加盐摘要'],
  ['no release is in the bundle', '证据包内没有信息提供记录'],
  ['{} permitted and {} denied, each decided the same again', '准许 {} 次、拒绝 {} 次，重新推演结果均相同'],
  ['the ledger’s records as the issuer shows them; that the grant’s state is the latest, the leaves prove', '出具机构所示的账本记录；授权状态为最新，由日志叶证明'],
  ['no signed request is in the bundle', '证据包内没有签名的请求'],
  ['{} requests', '{} 份请求'],
  ['the request keys of {}', '请求密钥：{}'],
  ['no receipt is in the bundle', '证据包内没有回执'],
  ['{} receipts', '{} 份回执'],
  ['the sender’s receipt key', '提供方的回执密钥'],
  ['the bundle is of no case', '证据包不涉及案件'],
  ['the ledger’s record of who acted', '账本所记行为人'],
  ['SHA-256 over the ordered items, stated by who sealed', '封存方所述、依次计算的 SHA-256'],
  ['what the party and the authority said when they lodged them', '当事人与机构提交时的陈述'],
  ['the case links to no record of the ledger', '案件未引用账本记录'],
  ['the records’ digests, taken by the contract', '由合约计算的记录摘要'],
  ['{} events; complete up to leaf {} at most, nothing is said of what came after', '{} 项事件；至多完整到第 {} 叶，其后情况不在证明之列'],
  ['the cosigners, who recomputed the fold', '重新计算日志的联署机构'],
  ['the cosigners', '联署机构'],
  ['{} leaves in the tree of {} events', '{} 叶均在 {} 项事件的日志树内'],
  ['the checkpoint’s root', '检查点的根摘要'],
  ['{} of {}, {} needed: {}; tree of {} events', '{} / {} 家联署（须 {} 家）：{}；日志树含 {} 项事件'],
  ['the cosigners’ Ed25519 keys in the trust file', '信任文件所载联署机构的 Ed25519 密钥'],
  ['an embedded ledger proves only what its one operator signed', '内嵌账本只证明其唯一运行机构所签的内容'],
  ['blocks with endorsements are a separate annex', '含背书的区块另附'],
  ['{} transactions are those that the headers name', '{} 笔交易与区块头所载一致'],
  ['block 0 is the one that gives the network its id', '0 号区块即给出网络编号者'],
  ['the network’s id in the trust file', '信任文件所载网络编号'],
  ['the trust file says nothing of a Fabric network: whose orderers and endorsers count', '信任文件未说明 Fabric 网络中哪些排序节点和背书机构有效'],
  ['{} blocks behind block 0, each signed by an orderer ({})', '0 号之后的 {} 个区块，每个均由排序节点签名（{}）'],
  ['which orderers Raft agreed with is not shown', 'Raft 中哪些排序节点同意未出示'],
  ['the orderers’ keys', '排序节点的密钥'],
  ['their certificates: the ordering organisations’ roots in the trust file', '其证书：信任文件所载排序机构的根证书'],
  ['{} transactions, each signed by its caller ({})', '{} 笔交易，每笔均由提交者签名（{}）'],
  ['{} transactions, each endorsed by peers of {} or more organisations', '{} 笔交易，每笔均有不少于 {} 个机构的节点背书'],
  ['that {} of {} are enough says the trust file', '{} 个（共 {}）即为足够，系信任文件所述'],
  ['the endorsers’ keys', '背书节点的密钥'],
  ['{} facts, each the event at its place in what the endorsers signed', '{} 项事实，均为背书内容中该位置的事件'],
  ['every fact’s transaction is marked VALID', '各项事实的交易均标记为 VALID'],
  ['a peer wrote that behind the signatures and nobody signed it: that it counted is for the bundle’s cosigned checkpoint, whose leaves are of valid transactions only', '该标记由节点在签名之后写入，无人签名；交易有效与否以证据包的联署检查点为准，其叶仅来自有效交易'],
  ['who gave out the blocks', '给出区块者'],
  ['no operator of the ledger is a party', '运行账本的机构均非当事方'],
  ['operators that are parties: {}', '运行账本的机构中为当事方的：{}'],
  ['the trust file names no timestamp authority', '信任文件未载明时间戳机构'],
  ['the signature carries no timestamp', '签名未附时间戳'],
  ['signature {} by {} (a development authority: it proves no time to others)', '签名 {}，{}（开发用时间戳机构，对他人不证明时间）'],
  ['signature {} by {}', '签名 {}，{}'],
  ['checkpoint {} by {} (a development authority: it proves no time to others)', '检查点 {}，{}（开发用时间戳机构，对他人不证明时间）'],
  ['checkpoint {} by {}', '检查点 {}，{}'],
  ['the timestamp authority’s key', '时间戳机构的密钥'],
  ['{}, certificate {}, signed {}', '{}，证书 {}，签于 {}'],
  ['the issuer’s key', '出具机构的密钥'],
  ['its certificate: {}’s root in the trust file', '其证书：信任文件所载 {} 的根证书'],
  ['the trust file holds no revocation list of {}', '信任文件没有 {} 的吊销列表'],
  ['not revoked in the list of {}, which is older than the signature: it says nothing of what was revoked between', '在 {} 的列表中未被吊销；该列表早于签名，对其后的吊销不能说明'],
  ['not revoked in the list of {}', '在 {} 的列表中未被吊销'],
  ['revoked at {}, after the signature', '于 {} 吊销，在签名之后'],
  ['{}’s revocation list in the trust file', '信任文件所载 {} 的吊销列表'],
  ['{} of the grant {}, {} facts', '{}，授权 {}，{} 项事实'],
  ['kesu-{}: {}, {}, to {} at {}', 'kesu-{}：{}，{}，提供给 {}，{}'],
  ['kesu-{}: {} at {}', 'kesu-{}：{}，位置 {}'],
  ['{} up to leaf {} (entry {}), nothing is said of what came after', '{}，至第 {} 叶（条目 {}）为止，其后情况不在证明之列'],
  ['{} events of the consent', '授权的 {} 项事件'],
  ['the state shown ({} at {}) is the gateway’s word', '所示状态（{}，{}）以网关所述为准'],
  ['the facts above', '上列事实'],
  ['sealed: {}', '已封存：{}'],
  ['{} files: {}', '{} 份材料：{}'],
  ['{} with a witness or a deed', '{} 份有见证或公证'],
  ['the originals are not in the bundle', '原件不在证据包内'],
  ['{} of the ledger {}', '{}，账本 {}'],
  ['not looked at to the end: another check fails', '未核验完毕：另有一项不符'],
  ['each event is that of its leaf, each leaf where the statement needs it', '每项事件均与其日志叶相符，各叶均在报告所需之处'],
  ['what is shown stands in the log', '所示内容均在日志之内'],
  ['the cosigners, who recompute that each leaf names the one before it', '重新计算各叶前后相接的联署机构'],
  ['the ledger’s records as shown', '所示账本记录'],
  ['that none had a newer version, who made the statement', '无更新版本，以报告制作者所述为准'],
  ['the ledger’s releases as shown', '所示账本上的信息提供记录'],
  ['that none is left out, who made the statement', '无遗漏，以报告制作者所述为准'],
  ['of the bundle {}, SHA-256 {}', '所属证据包 {}，SHA-256 {}'],
  ['made {} for {} ({}): {}', '{} 为 {}（{}）制作：{}'],
  ['{} blocks', '{} 个区块'],
  ['blocks {}', '区块 {}'],
  ['{} follow the one before', '{} 个与前一区块相接'],
  ['what lies between is not shown', '其间区块未示明'],
  ['{} blocks signed by the ledger’s operator', '{} 个区块由账本运行机构签名'],
  ['a configuration that is not shown could name another', '未示明的配置可能另行指定'],
  ['the operator’s key', '运行机构的密钥'],
  ['{} facts, each in a transaction that its caller signed ({})', '{} 项事实，各在其提交者签名的交易内（{}）'],
  ['the callers’ keys', '提交者的密钥'],
  ['their certificates: the organisations’ roots in the trust file', '其证书：信任文件所载各机构的根证书'],
  ['{} up to leaf {}, nothing is said of what came after', '{}，至第 {} 叶为止，其后情况不在证明之列'],
  ['from {} up to {} (block {}, {} events), nobody received non-public data', '自 {} 至 {}（区块 {}，{} 项事件），无人取得非公开信息'],
  ['from {} up to {} (block {}, {} events), nobody but {} received non-public data', '自 {} 至 {}（区块 {}，{} 项事件），除 {} 外无人取得非公开信息'],
  ['{} denials', '拒绝 {} 次'],
  ['nothing is said of what came after', '其后情况不在证明之列'],
  ['{}, as the ledger recorded', '{}，与账本记录相同'],
  ['batch {} of {}, {}: {} releases ({} of them scores), {} loans, {} enterprises, to {}', '批次 {}（{}，{}）：信息提供 {} 次（其中评分 {} 次），贷款 {} 笔，企业 {} 家，提供给 {}'],
  ['of {} conditions none is breached', '{} 项条件均未违反'],
  ['of {} conditions {} is breached', '{} 项条件中违反的：{}'],
  ['of {} conditions {} are breached', '{} 项条件中违反的：{}'],
  ['there is none', '没有'],
  ['the seal is one of its certificate, which the trust file names no root for', '签章与其证书相符，但信任文件未载明其根证书'],
  ['a key that nobody vouches for', '无人担保的密钥'],
  ['certificate {}', '证书 {}'],
  ['the SM2 root in the trust file', '信任文件所载 SM2 根证书'],
  ['a summary on paper is of this bundle when it names the content digest {}', '纸质摘要载有内容摘要 {} 时属于本证据包'],
  ['its words are the issuer’s', '其文字由出具机构负责'],
  ['the event is that of its leaf', '事件与其日志叶相符'],
  ['the state of its grant is not shown', '未示明其授权的状态'],
  ['not looked at: the file can’t be read', '未核验：文件无法读取'],
];

const TEMPLATES = SENTENCES.map(([en, zh]) => ({ pattern: patternOf(en), parts: zh.split('{}') }));

function patternOf(template: string): RegExp {
  const literals = template.split('{}').map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literals.join('([^;]+?)')}$`);
}

/** A check's sentence in Chinese, whole or, where it is several joined by semicolons, one after the other; undefined where it isn't known. */
export function inChinese(sentence: string): string | undefined {
  const whole = translated(sentence);
  if (whole !== undefined || !sentence.includes('; ')) return whole;
  const pieces = sentence.split('; ').map((piece) => translated(piece) ?? piece);
  return pieces.join('；');
}

/** Longest piece that is looked for: what a file fills in must not make the search long. */
const MAX_PIECE = 600;

function translated(sentence: string): string | undefined {
  if (sentence.length > MAX_PIECE) return undefined;
  for (const { pattern, parts } of TEMPLATES) {
    const [, ...values] = pattern.exec(sentence) ?? [];
    if (pattern.test(sentence)) return parts.map((part, at) => `${part}${values[at] ?? ''}`).join('');
  }
  return undefined;
}

/** A check's rule as Chinese courts write it: `art. 17` is `第17条`. */
export function ruleInChinese(rule: string): string {
  return rule.replaceAll(/ arts?\. ([\d–]+)((?:\(\d\))?(?:–\(\d\))?)/g, '第$1条$2').replaceAll('not a certified ', '非经认证的');
}
