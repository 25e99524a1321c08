/** Whether an error is the operating system's with this code, e.g. `ENOENT`. */
export function isSystemError(error: unknown, code: string): boolean {
  // Node's own errors may come from another realm: the code tells, not the class.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
