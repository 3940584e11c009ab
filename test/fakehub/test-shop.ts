/** The repository and pull request most tests of fakehub begin with. */
import type { Fakehub } from "./fakehub.ts";
import type { PullRequestHandle } from "./scenario/pull-request.ts";
import type { RepositoryHandle } from "./scenario/repository.ts";
import { connect, type TestClient } from "./test-client.ts";

export interface Shop {
  readonly repository: RepositoryHandle;
  readonly pull: PullRequestHandle;
  readonly client: TestClient;
  /** `/repos/acme/shop` */
  readonly path: string;
}

export function numbered(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join("");
}

/** `a.ts` with 40 lines, of which the pull request changes line 10, removes line 20 and adds one after line 30. */
export async function openShop(hub: Fakehub): Promise<Shop> {
  const repository = await hub.createRepository({
    owner: "acme",
    name: "shop",
    private: true,
    files: { "a.ts": numbered(1, 40), "untouched.ts": "same\n" },
  });
  const pull = await repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: {
      "a.ts": `${numbered(1, 9)}changed\n${numbered(11, 19)}${numbered(21, 30)}added\n${numbered(31, 40)}`,
    },
  });
  return { repository, pull, client: await connect(hub, "acme"), path: "/repos/acme/shop" };
}
