import { z } from 'zod';
import { instantSchema } from './instant';
import { idSchema, participantIdSchema } from './primitives';

/**
 * That a report of use (信息使用情况报告) was asked for. An event about the enterprise, so that its own leaf is the newest of the enterprise's chain: the report proves
 * what happened, and that nothing else did, up to this position.
 */
export const usageReportRecordSchema = z.strictObject({ id: idSchema, enterprise: idSchema, requestedBy: participantIdSchema, at: instantSchema });
export type UsageReportRecord = z.infer<typeof usageReportRecordSchema>;
