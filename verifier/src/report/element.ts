/** A part of a report: made once, shown by {@link toHtml} on the command line and by the page in its document. */
export interface ReportElement {
  readonly tag: ReportTag;
  /** A class of report-style.ts; empty for none. */
  readonly className: string;
  readonly children: readonly ReportNode[];
}

/** Text stands as it is: whoever shows it escapes it. */
export type ReportNode = string | ReportElement;

/** The elements that a report is made of. None loads anything or runs anything. */
export type ReportTag = 'article' | 'header' | 'section' | 'footer' | 'h1' | 'h2' | 'p' | 'table' | 'thead' | 'tbody' | 'tr' | 'th' | 'td' | 'ul' | 'li' | 'dl' | 'dt' | 'dd' | 'div' | 'span' | 'strong' | 'code';

/** An element with its children. */
export function element(tag: ReportTag, className: string, ...children: readonly ReportNode[]): ReportElement {
  return { tag, className, children };
}

/** An element as HTML, all text escaped. */
export function toHtml(node: ReportNode): string {
  if (typeof node === 'string') return escape(node);
  const { tag, className, children } = node;
  return `<${tag}${className === '' ? '' : ` class="${escape(className)}"`}>${children.map(toHtml).join('')}</${tag}>`;
}

/** Text as it stands in HTML. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
