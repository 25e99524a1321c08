import { createRequire } from 'node:module';
import type { ServerResponse } from 'node:http';
import PDFDocument from 'pdfkit';
import { GatewayError } from '../gateway-error';
import type { GrantReceipt } from '../use-cases/grants';
import type { Language } from './problem';
import type { WrittenAnswer } from './route';

const FONT = createRequire(__filename).resolve('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf');
const MARGIN_POINTS = 56;

type Named = Omit<GrantReceipt, 'identity' | 'identitySalt' | 'letter'> & { readonly letter?: GrantReceipt['letter'] | undefined };

/**
 * The letter of a grant as it prints on A4, with where it stands on the ledger.
 * @throws GatewayError not-found when the letter is not the reader's, or this node keeps no identity for it.
 */
export function receiptPdf({ grant, letter, position, claimedTime, status }: Named, language: Language): WrittenAnswer {
  if (letter === undefined) throw GatewayError.of('not-found', 'the letter to read is not kept here');
  const { title, text } = letter[language];
  const facts = [`grant ${grant.id}`, `state ${status.state}`, `given at ${claimedTime}`, `block ${position.block} · index ${position.index} · item ${position.item}`, `transaction ${position.txId}`];
  return {
    write: (response) =>
      new Promise((resolve, reject) => {
        const document = new PDFDocument({ size: 'A4', margin: MARGIN_POINTS, info: { Title: title, CreationDate: new Date(0) } });
        begin(response);
        document.on('error', reject);
        response.on('close', resolve);
        document.pipe(response);
        document.font(FONT).fontSize(15).text(title, { align: 'center' }).moveDown();
        document.fontSize(10.5).text(text.startsWith(title) ? text.slice(title.length).trimStart() : text, { lineGap: 3 }).moveDown();
        document.fontSize(8).text(facts.join('\n'));
        document.end();
      }),
  };
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/pdf', 'cache-control': 'no-store' });
}
