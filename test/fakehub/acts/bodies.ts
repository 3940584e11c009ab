/** The one rule every body on GitHub has. */
import type { World } from "../world.ts";

export function bodyIsTooLong(world: World, body: string): boolean {
  return [...body].length > world.limits.bodyCharacters;
}

export function tooLong(world: World): string {
  return `Body is too long (maximum is ${world.limits.bodyCharacters} characters)`;
}
