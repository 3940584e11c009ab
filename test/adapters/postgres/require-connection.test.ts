import { afterAll, expect, test } from "bun:test";
import { connect } from "../../../src/adapters/postgres/connect.ts";
import { requireConnection } from "../../../src/adapters/postgres/require-connection.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { createTestDatabase } from "../../support/database.ts";

const database = await createTestDatabase();
afterAll(() => database.close());

async function refusalOf(url: string): Promise<unknown> {
  const { db, close } = connect(url, "test", 1);
  const refusal = await requireConnection(db).catch((error: unknown) => error);
  await close();
  return refusal;
}

function changed(part: "port" | "hostname" | "password" | "pathname", value: string): string {
  const url = new URL(database.url);
  url[part] = value;
  return url.href;
}

test("a database that answers is fine", async () => {
  expect(await refusalOf(database.url)).toBeUndefined();
});

test.each([
  ["nothing listens", changed("port", "1"), "ECONNREFUSED"],
  ["the host is not known", changed("hostname", "nowhere.invalid"), "ENOTFOUND"],
  ["the password is wrong", changed("password", "guess-me"), "password authentication failed"],
  ["there is no such database", changed("pathname", "/none"), 'database "none" does not exist'],
])("%s: the error says why and what to look at, without the password", async (_, url, why) => {
  const refusal = await refusalOf(url);
  expect(refusal).toBeInstanceOf(ReviewdError);
  expect(refusal).toMatchObject({ code: "unavailable" });
  expect(String(refusal)).toContain(why);
  expect(String(refusal)).toContain("DATABASE_URL");
  expect(String(refusal)).not.toContain(new URL(url).password);
});
