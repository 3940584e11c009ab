/** Reactions: one of a kind per person and comment. GitHub sends no webhook for them. */
import type { Account, Reaction, ReactionContent } from "../state.ts";
import type { World } from "../world.ts";

interface Reactable {
  reactions: Reaction[];
}

/** `isNew` is false when the person had reacted so before. */
export function react(
  world: World,
  target: Reactable,
  author: Account,
  content: ReactionContent,
): { readonly reaction: Reaction; readonly isNew: boolean } {
  const known = target.reactions.find((r) => r.author === author && r.content === content);
  if (known) return { reaction: known, isNew: false };
  const reaction = { ...world.nextId("reaction"), author, content, createdAt: world.clock.now() };
  target.reactions.push(reaction);
  return { reaction, isNew: true };
}

/** False when there was no such reaction. */
export function unreact(target: Reactable, isIt: (reaction: Reaction) => boolean): boolean {
  const kept = target.reactions.filter((reaction) => !isIt(reaction));
  const removed = kept.length < target.reactions.length;
  target.reactions = kept;
  return removed;
}
