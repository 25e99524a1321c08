import { element } from '../der-writer';

/** An element of DER taken apart: its content, or the elements in it. */
export interface DerNode {
  tag: number;
  content: Buffer;
  children: DerNode[];
}

/** Takes one element apart, to be changed in place. */
export function parseDer(bytes: Uint8Array): DerNode {
  const [node] = nodesIn(Buffer.from(bytes));
  if (node === undefined) throw new TypeError('no element');
  return node;
}

function nodesIn(bytes: Buffer): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0;
    const digits = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + digits;
    const length = digits === 0 ? first : bytes.readUIntBE(at + 2, digits);
    const content = Buffer.from(bytes.subarray(start, start + length));
    nodes.push({ tag, content, children: (tag & 0x20) === 0 ? [] : nodesIn(content) });
    at = start + length;
  }
  return nodes;
}

/** Puts an element together again. */
export function encodeDer({ tag, content, children }: DerNode): Buffer {
  return (tag & 0x20) === 0 ? element(tag, content) : element(tag, ...children.map(encodeDer));
}

/** The element at a path of child numbers. */
export function nodeAt(node: DerNode, ...path: readonly number[]): DerNode {
  return path.reduce((at, number) => {
    const child = at.children.at(number);
    if (child === undefined) throw new TypeError(`no child ${number}`);
    return child;
  }, node);
}

/** The bytes with the element at a path changed. */
export function editDer(bytes: Uint8Array, path: readonly number[], edit: (node: DerNode) => void): Buffer {
  const root = parseDer(bytes);
  edit(nodeAt(root, ...path));
  return encodeDer(root);
}
