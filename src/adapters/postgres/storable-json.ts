/** JSON that jsonb takes: without NUL and halves of surrogate pairs, which it refuses in any text or name. */

const refused = /\\u(?:0000|d[89a-f])/;
/** Every escape from its backslash on, so that an escaped backslash before a `u` is not taken for one. */
const escapes = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!refused.test(json)) return json;
  return json.replace(escapes, (written) => (refused.test(written) ? "\ufffd" : written));
}
