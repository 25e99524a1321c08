import type { Words } from '@kesu/chaincode/domain';

/** What the page says. */
export const PAGE_TEXTS = {
  title: { zh: '可溯 · 证据离线核验', en: 'Kesu · offline verification of evidence' },
  promise: { zh: '在本机核验：页面不联网，文件不离开这台机器。', en: 'Verified on this machine: the page opens no connection, no file leaves it.' },
  trust: { zh: '信任文件', en: 'Trust file' },
  trustHint: { zh: 'trust.json，须另行取得，不得取自证据包', en: 'trust.json, got another way than the evidence' },
  evidence: { zh: '证据文件', en: 'Evidence' },
  evidenceHint: { zh: '证据包(.asice)、单项证明、回执或检查点', en: 'a bundle (.asice), a single proof, a receipt or a checkpoint' },
  drop: { zh: '也可把两个文件拖放到这里', en: 'or drop both files here' },
  choose: { zh: '选择文件', en: 'Choose a file' },
  none: { zh: '未选择', en: 'none chosen' },
  print: { zh: '打印报告', en: 'Print the report' },
  other: { zh: 'English', en: '中文' },
  working: { zh: '正在核验……', en: 'Verifying …' },
  waiting: { zh: '请选择信任文件和证据文件。', en: 'Choose the trust file and the evidence.' },
  tooLarge: { zh: '文件过大，未予读取', en: 'The file is too large and was not read' },
  unreadable: { zh: '文件无法读取', en: 'The file can’t be read' },
  badTrust: { zh: '信任文件不能使用', en: 'The trust file can’t be used' },
  broken: { zh: '核验程序出错，没有结论', en: 'The verifier itself failed: there is no result' },
} as const satisfies Readonly<Record<string, Words>>;

/** A text’s name. */
export type PageText = keyof typeof PAGE_TEXTS;
