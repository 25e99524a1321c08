import type { ErrorCode } from '@kesu/chaincode/domain';
import type { GatewayErrorCode } from '../gateway-error';

/** Every code that a problem answer can carry. */
export type ProblemCode = ErrorCode | GatewayErrorCode;

/** The status of a code and its title in both languages. */
export interface ProblemKind {
  readonly status: number;
  readonly titleZh: string;
  readonly titleEn: string;
}

function kind(status: number, titleZh: string, titleEn: string): ProblemKind {
  return { status, titleZh, titleEn };
}

/** One entry a code: a new code doesn't compile without its status. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  'malformed-body': kind(400, '请求正文格式错误', 'The body is malformed'),
  'malformed-command': kind(400, '请求内容不符合规定格式', 'The request is malformed'),
  'media-type-not-supported': kind(400, '内容类型不受支持', 'The content type is not supported'),
  'idempotency-key-missing': kind(400, '缺少幂等键', 'The idempotency key is missing'),
  'idempotency-key-refused': kind(400, '幂等键不可用', 'The idempotency key is refused'),
  'unknown-transaction': kind(400, '没有这种交易', 'There is no such transaction'),
  'signature-malformed': kind(400, '签名或公钥格式错误', 'A signature or key is malformed'),
  unauthenticated: kind(401, '未通过身份认证', 'Not authenticated'),
  'not-allowed': kind(403, '无权进行此操作', 'Not allowed'),
  'host-not-allowed': kind(403, '演示模式仅限本机访问', 'The demonstration answers on this machine only'),
  'subject-not-yours': kind(403, '只能以本单位或其成员的名义查询', 'You may ask about yourself and your members only'),
  'caller-unknown': kind(403, '无法识别调用方证书', "The caller's certificate is unknown"),
  'role-not-allowed': kind(403, '此角色无权进行此操作', 'This role may not do this'),
  'participant-not-listed': kind(403, '未列入参与方名录', 'The participant is not listed'),
  'not-found': kind(404, '不存在,或者不属于您', 'It does not exist or is not yours'),
  'not-yours': kind(404, '不存在,或者不属于您', 'It does not exist or is not yours'),
  'method-not-allowed': kind(405, '不支持该方法', 'The method is not allowed'),
  'already-exists': kind(409, '已经存在', 'It exists already'),
  'state-conflict': kind(409, '当前状态不允许此操作', 'Its present state does not allow this'),
  'version-conflict': kind(409, '版本已变化', 'The version has moved on'),
  'operation-conflict': kind(409, '同一幂等键对应不同内容', 'The same key was used with another content'),
  'operation-closed': kind(409, '该操作已关闭', 'The operation is closed'),
  'idempotency-conflict': kind(409, '同一幂等键对应不同内容', 'The same key was used with another content'),
  'nonce-used': kind(409, '该签署组已提交过', 'This signed set was submitted before'),
  'body-too-large': kind(413, '请求正文过大', 'The body is too large'),
  'participant-not-active': kind(422, '参与方未处于准入状态', 'A participant is not admitted'),
  'document-required': kind(422, '缺少依据文件', 'A document is required'),
  'period-invalid': kind(422, '期限无效', 'The period is invalid'),
  'limit-exceeded': kind(422, '超出上限', 'A limit is exceeded'),
  'signature-invalid': kind(422, '签名验证未通过', 'The signature does not verify'),
  'signature-not-low-s': kind(422, '签名不是规范形式', 'The signature is not in its low-S form'),
  'signing-key-unknown': kind(422, '签名密钥未登记', 'The signing key is not registered'),
  'signing-key-not-live': kind(422, '签名密钥当前无效', 'The signing key may not sign now'),
  'signing-key-insufficient': kind(422, '签名密钥强度不足', 'The signing key does not suffice'),
  'authority-insufficient': kind(422, '签署权限不足', 'The authority to sign does not suffice'),
  'statement-mismatch': kind(422, '签署内容不一致', 'The statements do not match'),
  'statement-expired': kind(422, '签署已过提交期限', 'The signed set is out of its time'),
  'network-mismatch': kind(422, '签署对象是另一账本', 'It was signed for another ledger'),
  'template-not-applicable': kind(422, '授权书模板不适用', 'The template does not apply'),
  'requirement-open': kind(422, '信息提供单位的要求尚未满足', "A provider's requirement is open"),
  'purpose-not-applicable': kind(422, '使用目的不适用', 'The purpose does not apply'),
  'loan-required': kind(422, '需要有效的贷款编号', 'A live loan is required'),
  'item-not-available': kind(422, '信息项不可用', 'The item is not available'),
  'consent-missing': kind(422, '缺少单独同意', 'A separate consent is missing'),
  'recipient-must-be-named': kind(422, '必须指明被授权人', 'The recipient must be named'),
  'enterprise-not-eligible': kind(422, '该主体当前不能授权', 'The enterprise is not eligible'),
  'request-signature-invalid': kind(422, '请求签名验证未通过', "The requester's signature does not verify"),
  'digest-mismatch': kind(422, '摘要不一致', 'The digests differ'),
  'calendar-unknown': kind(422, '尚无该年度的工作日安排', 'There is no official calendar for that year'),
  'volume-sealed': kind(409, '卷已封存,不可更改', 'The volume is sealed'),
  'link-invalid': kind(422, '引用的账本记录不存在或不属于本案', 'The record linked to does not belong to the case'),
  'conditions-missing': kind(422, '法定条件不齐备', 'Conditions that the law asks for are missing'),
  'sum-mismatch': kind(422, '金额不一致', 'The sums differ'),
  'rate-limited': kind(429, '请求过于频繁', 'Too many requests'),
  'internal-error': kind(500, '内部错误', 'Internal error'),
  'claimed-time-out-of-bounds': kind(503, '时钟偏差超出允许范围', 'The clock is out of bounds'),
  'delivery-too-late': kind(409, '登记过迟,不得提供', 'Recorded too late to be delivered'),
  'source-unavailable': kind(503, '数据源不可用,未提供任何信息', 'The data source is unavailable; nothing was delivered'),
  'ledger-unavailable': kind(503, '账本不可用,未提供任何信息', 'The ledger is unavailable; nothing was delivered'),
  'not-ready': kind(503, '服务尚未就绪', 'The gateway is not ready'),
  'outcome-unknown': kind(504, '结果未知,请按幂等键查询', 'The outcome is unknown: ask by the idempotency key'),
};

/** Every code, in the order of the table. */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];
