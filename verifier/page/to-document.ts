import type { ReportNode } from '../src/index';

/** An element of a report as one of a document. Text stays text: nothing is parsed. */
export function toDocument(document: Document, node: ReportNode): Node {
  if (typeof node === 'string') return document.createTextNode(node);
  const made = document.createElement(node.tag);
  if (node.className !== '') made.className = node.className;
  made.append(...node.children.map((child) => toDocument(document, child)));
  return made;
}
