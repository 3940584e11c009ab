/** The API's description, and a page to browse it. Everything the page loads comes from here: no CDN is asked. */

import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import scriptPath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import packageJson from "../../../package.json" with { type: "json" };
import type { Api } from "./api.ts";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>reviewd API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** Without the parts that would ask other servers, or keep the token in the browser. */
const start = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  validatorUrl: null,
  persistAuthorization: false,
  deepLinking: true,
  docExpansion: "list",
});
`;

const info = {
  title: "reviewd",
  version: packageJson.version,
  description:
    "Self-hosted code review for pull requests. Make a token with `reviewd token create` and send it as " +
    "`Authorization: Bearer rvd_…`. Errors are problem+json with a stable `code`; times are RFC 3339; ids are opaque.",
  license: { name: packageJson.license, identifier: packageJson.license },
};

export function addDocsRoutes(api: Api): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  api.get("/openapi.json", (c) => c.json(api.getOpenAPI31Document({ openapi: "3.1.0", info })));
  api.get("/docs", (c) => c.html(page));
  // Relative, as all that the page loads: reviewd may stand behind a path of a proxy's.
  api.get("/", (c) => c.redirect("docs"));
  api.get("/docs/", (c) => c.redirect("../docs"));
  api.get("/docs/start.js", (c) => c.body(start, 200, { "content-type": "text/javascript; charset=utf-8" }));
  api.get("/docs/swagger-ui.css", () => embedded(stylePath, "text/css; charset=utf-8"));
  api.get("/docs/swagger-ui-bundle.js", () => embedded(scriptPath, "text/javascript; charset=utf-8"));
}

/** It changes with the binary only. */
function embedded(path: string, type: string): Response {
  const headers = { "content-type": type, "cache-control": "public, max-age=3600" };
  return new Response(Bun.file(path), { headers });
}
