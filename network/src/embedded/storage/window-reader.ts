import type { OpenFile } from './file-port';

/** Bytes that are read ahead at once. */
const WINDOW_BYTES = 256 * 1024;

/** Reads a file in large steps for a caller that goes through it in small ones. */
export class WindowReader {
  private window: Buffer = Buffer.alloc(0);
  private start = 0;

  /**
   * @param limit where reading ends: the acknowledged end of a file that is being appended to.
   * @param ahead how much is read at once at least: small for single reads.
   */
  constructor(
    private readonly file: OpenFile,
    private readonly limit: () => number = () => Number.POSITIVE_INFINITY,
    private readonly ahead = WINDOW_BYTES,
  ) {}

  /** Bytes from `offset` on: `length` of them, or fewer where the file or the limit ends. The answer may be a view of the window; no later call changes it. */
  async take(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.limit() - offset));
    if (offset < this.start || offset + wanted > this.start + this.window.length) {
      const most = Math.max(wanted, Math.min(this.ahead, this.limit() - offset));
      this.window = most > 0 ? await this.file.read(offset, most) : Buffer.alloc(0);
      this.start = offset;
    }
    return this.window.subarray(offset - this.start, offset - this.start + wanted);
  }
}
