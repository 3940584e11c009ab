import { expect, test } from "bun:test";
import { githubUrls, hostOf } from "../../../../src/adapters/forge/github/github-urls.ts";

const known = [
  {
    api: "https://api.github.com",
    host: "github.com",
    graphql: "https://api.github.com/graphql",
    git: "https://github.com",
  },
  {
    api: "https://git.example.com/api/v3",
    host: "git.example.com",
    graphql: "https://git.example.com/api/graphql",
    git: "https://git.example.com",
  },
  {
    api: "http://127.0.0.1:4000/api/v3",
    host: "127.0.0.1:4000",
    graphql: "http://127.0.0.1:4000/api/graphql",
    git: "http://127.0.0.1:4000",
  },
  {
    api: "https://api.octo.ghe.com",
    host: "octo.ghe.com",
    graphql: "https://api.octo.ghe.com/graphql",
    git: "https://octo.ghe.com",
  },
] as const;

for (const urls of known) {
  test(`${urls.api} is ${urls.host}`, () => {
    expect(githubUrls(urls.api)).toEqual(urls);
    expect(githubUrls(`${urls.api}/`)).toEqual(urls);
    expect(hostOf(urls.api)).toBe(urls.host);
  });
}

test("the usual port is not part of the host", () => {
  expect(hostOf("https://git.example.com:443/api/v3")).toBe("git.example.com");
  expect(hostOf("https://git.example.com:8443/api/v3")).toBe("git.example.com:8443");
});

test("an Enterprise Server below a path keeps it", () => {
  expect(githubUrls("https://example.com/github/api/v3")).toMatchObject({
    graphql: "https://example.com/github/api/graphql",
    git: "https://example.com/github",
  });
});
