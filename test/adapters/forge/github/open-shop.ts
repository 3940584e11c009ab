/** A repository with a pull request on fakehub, and the forge as the product connects to it. */
import { createGitHub } from "../../../../src/adapters/forge/github/create-github.ts";
import { createLog } from "../../../../src/log.ts";
import { type FakehubOptions, startFakehub } from "../../../fakehub/fakehub.ts";

export async function openShop(options: FakehubOptions = {}) {
  const hub = await startFakehub(options);
  const repository = await hub.createRepository({ owner: "acme", name: "shop", private: true });
  const pull = await repository.openPullRequest({
    author: "eve",
    title: "Add cart",
    branch: "cart",
    files: { "src/cart.ts": "const a = 1;\nconst b = 2;\nconst c = 3;\n" },
  });
  const { id: appId, privateKey } = hub.app;
  const log = createLog("silent", {});
  const forge = createGitHub({ apiUrl: hub.apiUrl, appId, privateKey, log, writeSpacingMs: 0 });
  const installationId = hub.installation("acme").id;
  const ref = { installationId, repositoryId: repository.record.id, fullName: "acme/shop" };
  return { hub, repository, pull, forge, ref, [Symbol.asyncDispose]: () => hub.close() };
}
