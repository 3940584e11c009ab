/** The text above a review's inline comments: the summary comment says the rest. */
import { count } from "./tally.ts";

export function renderReview(comments: number, marker: string): string {
  return `${count(comments, "comment")} on the changed lines; the summary is in the conversation.\n\n${marker}`;
}
