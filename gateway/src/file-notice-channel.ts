import { appendFile } from 'node:fs/promises';
import type { NoticeChannel, SentNotice } from './use-cases/notices';

/** The demonstration's channel: one JSON object a line in a file, ids and codes only. */
export function fileNoticeChannel(path: string): NoticeChannel {
  return {
    name: 'file',
    send: async ({ id, kind, to, subject, about, dueAt }: SentNotice) => appendFile(path, `${JSON.stringify({ id, kind, to, subject, about, dueAt })}\n`),
  };
}
