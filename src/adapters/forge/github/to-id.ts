/** Ids are 64 bits wide at GitHub and numbers here, which hold 53: far beyond any id of what is stored. */

/** @throws RangeError rather than name something else. */
export function toId(id: number | bigint): number {
  const number = Number(id);
  if (!Number.isSafeInteger(number)) throw new RangeError(`id ${id} is too large`);
  return number;
}
