import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import qrcode from 'qrcode-generator';

const FONT = createRequire(__filename).resolve('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf');
/** Points of 1/72 inch. */
const MARGIN = 56;
const FOOT = 34;
const QR_SIDE = 104;
const LABEL_WIDTH = 96;
const GAP = 8;
/** What stands under a heading begins on its page. */
const HEADED = 130;
const SIZE = { title: 17, heading: 11.5, text: 9, small: 7.5 } as const;
const COLOUR = { text: '#111111', quiet: '#555555', line: '#bbbbbb' } as const;
/** Modules left white around a QR code (ISO/IEC 18004, 9.1). */
const QUIET_MODULES = 4;

/** What is at the head of a paper: its QR code stands at the right of title and lead. */
export interface PaperHead {
  readonly title: string;
  /** What the reader must know first. */
  readonly lead: string;
  readonly qr: string;
  /** Under the code, in a line or two. */
  readonly caption: string;
}

/** A label with its value. */
export type Row = readonly [label: string, value: string];

/**
 * A printed paper on A4. Its bytes follow from what is written on it: no time, no random id. A character that the font lacks is shown by its number,
 * never left out.
 */
export class Paper {
  readonly #document: PDFKit.PDFDocument;
  readonly #chunks: Buffer[] = [];
  readonly #written: Promise<Uint8Array>;

  /** @param foot what stands at the foot of every page, before its number. */
  constructor(
    title: string,
    private readonly foot: string,
  ) {
    this.#document = new PDFDocument({ size: 'A4', margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: MARGIN + FOOT / 2 }, bufferPages: true, font: FONT, info: { Title: title, CreationDate: new Date(0) } });
    this.#document.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#written = new Promise((resolve, reject) => {
      this.#document.on('end', () => resolve(Buffer.concat(this.#chunks)));
      this.#document.on('error', reject);
    });
  }

  /** Title, lead and code. */
  head({ title, lead, qr, caption }: PaperHead): this {
    const document = this.#document;
    const width = this.#width - QR_SIDE - 2 * GAP;
    document.fontSize(SIZE.title).fillColor(COLOUR.text).text(this.#shown(title), MARGIN, MARGIN, { width });
    document.moveDown(0.4).fontSize(SIZE.text).fillColor(COLOUR.quiet).text(this.#shown(lead), { width, lineGap: 2 });
    const below = document.y;
    const left = MARGIN + this.#width - QR_SIDE;
    this.#qr(qr, left, MARGIN);
    document.fontSize(SIZE.small).text(this.#shown(caption), left, MARGIN + QR_SIDE + 2, { width: QR_SIDE, align: 'center' });
    return this.#to(Math.max(below, document.y) + GAP);
  }

  /** A heading; not left alone at the foot of a page. */
  heading(text: string): this {
    this.#needs(HEADED);
    const document = this.#document;
    document.moveDown(0.7).fontSize(SIZE.heading).fillColor(COLOUR.text).text(this.#shown(text), MARGIN, undefined, { width: this.#width });
    const y = document.y + 2;
    document.moveTo(MARGIN, y).lineTo(MARGIN + this.#width, y).lineWidth(0.5).strokeColor(COLOUR.line).stroke();
    return this.#to(y + 5);
  }

  /** Labels with values, each on its line. */
  rows(rows: readonly Row[]): this {
    for (const [label, value] of rows) this.#row(this.#shown(label), this.#shown(value));
    return this;
  }

  /** A paragraph; lines of its own where the text breaks them. */
  text(text: string, { small = false }: { readonly small?: boolean } = {}): this {
    this.#document.fontSize(small ? SIZE.small : SIZE.text).fillColor(small ? COLOUR.quiet : COLOUR.text).text(this.#shown(text), MARGIN, undefined, { width: this.#width, lineGap: 2.5 });
    return this.#to(this.#document.y + 4);
  }

  /** The bytes; nothing can be written after. */
  async bytes(): Promise<Uint8Array> {
    const document = this.#document;
    const { start, count } = document.bufferedPageRange();
    for (let page = start; page < start + count; page++) {
      document.switchToPage(page);
      document.page.margins.bottom = 0;
      const y = document.page.height - MARGIN / 2 - SIZE.small;
      document.fontSize(SIZE.small).fillColor(COLOUR.quiet);
      document.text(this.#shown(this.foot), MARGIN, y, { width: this.#width - 60, lineBreak: false });
      document.text(`${page - start + 1} / ${count}`, MARGIN + this.#width - 60, y, { width: 60, align: 'right', lineBreak: false });
    }
    document.end();
    return this.#written;
  }

  get #width(): number {
    return this.#document.page.width - 2 * MARGIN;
  }

  #row(label: string, value: string): void {
    const document = this.#document;
    const width = this.#width - LABEL_WIDTH - GAP;
    document.fontSize(SIZE.text);
    const height = Math.max(document.heightOfString(label, { width: LABEL_WIDTH }), document.heightOfString(value, { width, lineGap: 1.5 }));
    this.#needs(Math.min(height, 200));
    const { y } = document;
    document.fillColor(COLOUR.quiet).text(label, MARGIN, y, { width: LABEL_WIDTH });
    document.fillColor(COLOUR.text).text(value, MARGIN + LABEL_WIDTH + GAP, y, { width, lineGap: 1.5 });
    // A value that ran over the page ends on another one.
    this.#to((document.y < y ? document.y : Math.max(document.y, y + height)) + 4);
  }

  #needs(points: number): void {
    const { page, y } = this.#document;
    if (y + points > page.height - page.margins.bottom) this.#document.addPage();
  }

  #to(y: number): this {
    this.#document.x = MARGIN;
    this.#document.y = y;
    return this;
  }

  #qr(text: string, left: number, top: number): void {
    const code = qrcode(0, 'M');
    code.addData(text, 'Byte');
    code.make();
    const modules = code.getModuleCount();
    const side = QR_SIDE / (modules + 2 * QUIET_MODULES);
    const document = this.#document.fillColor('#000000');
    for (let row = 0; row < modules; row++) {
      for (let column = 0; column < modules; column++) {
        if (code.isDark(row, column)) document.rect(left + (column + QUIET_MODULES) * side, top + (row + QUIET_MODULES) * side, side, side);
      }
    }
    document.fill();
    document.fillColor(COLOUR.quiet);
  }

  #shown(text: string): string {
    return [...text].map((character) => (this.#hasGlyph(character) ? character : `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}]`)).join('');
  }

  /** Asks fontkit, which pdfkit shows to nobody. */
  #hasGlyph(character: string): boolean {
    if (character === '\n') return true;
    const held: unknown = Reflect.get(this.#document, '_font');
    const font = (held as { readonly font?: { hasGlyphForCodePoint(codePoint: number): boolean } } | null)?.font;
    return font?.hasGlyphForCodePoint(character.codePointAt(0) ?? 0) ?? true;
  }
}
