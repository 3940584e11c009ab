import { expect, test } from "bun:test";
import { openShop } from "./open-shop.ts";
import { failureOf } from "./scripted-github.ts";

test("the finer roles count as the permission they include", async () => {
  await using shop = await openShop();
  const { forge, ref, repository, hub } = shop;
  for (const role of ["admin", "maintain", "write", "triage", "read"] as const)
    repository.setRole(`${role}er`, role);
  hub.user("stranger");
  const permissionOf = (login: string) => forge.getPermission(ref, { id: hub.user(login).id, login });
  expect(await permissionOf("adminer")).toBe("admin");
  expect(await permissionOf("maintainer")).toBe("write");
  expect(await permissionOf("writeer")).toBe("write");
  expect(await permissionOf("triageer")).toBe("read");
  expect(await permissionOf("reader")).toBe("read");
  expect(await permissionOf("stranger")).toBe("none");
});

test("whoever took over a login is somebody else", async () => {
  await using shop = await openShop();
  const { forge, ref, repository, hub } = shop;
  repository.setRole("ada", "admin");
  const ada = { id: hub.user("ada").id, login: "ada" };
  expect(await forge.getPermission(ref, ada)).toBe("admin");
  expect(await forge.getPermission(ref, { ...ada, id: ada.id + 1_000 })).toBe("none");
});

test("an account nobody knows, and a forge that does not answer, are errors for the caller to deny on", async () => {
  await using shop = await openShop();
  const { forge, ref, hub } = shop;
  expect(await failureOf(forge.getPermission(ref, { id: 1, login: "nobody" }))).toMatchObject({
    code: "not_found",
  });
  const eve = { id: hub.user("eve").id, login: "eve" };
  const route = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
  hub.fail(route, { status: 502, times: 10 });
  expect(await failureOf(forge.getPermission(ref, eve))).toMatchObject({ code: "unavailable" });
});
