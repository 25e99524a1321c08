/** Longest file that is read, bytes. */
export const MAX_FILE_BYTES = 32 * 1024 * 1024;
/** Most parts of a container. */
export const MAX_CONTAINER_PARTS = 4_096;
/** Longest name of a part. */
export const MAX_PART_NAME = 120;
/** Longest trust file, bytes. */
export const MAX_TRUST_BYTES = 1024 * 1024;
/** Deepest nesting of a document in JSON. */
export const MAX_JSON_DEPTH = 64;
/** Deepest nesting of a DER structure. */
export const MAX_DER_DEPTH = 24;
/** Most certificates of one signature. */
export const MAX_CERTIFICATES = 6;
/** Most facts of a bundle. */
export const MAX_FACTS = 4_000;
/** Largest RSA modulus of an authority's key, bits. */
export const MAX_RSA_BITS = 8_192;
/**
 * How far an event's claimed time may lie behind a timestamp that covers it, milliseconds: 30 s that a claim may be off an honest clock (I4),
 * and one second that a token without a fraction leaves open (RFC 3161, section 2.4.2).
 */
export const TIMESTAMP_TOLERANCE_MILLIS = 31_000;
