/** Serves repositories over git's smart HTTP protocol, through git's own CGI program. */
import { basename } from "node:path";
import { authenticate } from "./authentication.ts";
import { gitEnvironment } from "./git/run-git.ts";
import { GitHubError } from "./github-error.ts";
import { requireGrant } from "./grants.ts";
import type { LedgerCall } from "./ledger.ts";
import type { Repository } from "./state.ts";
import type { World } from "./world.ts";

/** `/OWNER/NAME(.git)/info/refs` or `/git-upload-pack`; null for any other path. */
export function parseGitPath(pathname: string): GitPath | null {
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(
    pathname,
  );
  if (!match) return null;
  const [, owner = "", name = "", service = ""] = match;
  return { owner: decodeURIComponent(owner), name: decodeURIComponent(name), service };
}

export interface GitPath {
  readonly owner: string;
  readonly name: string;
  readonly service: string;
}

export async function serveGit(
  world: World,
  request: Request,
  path: GitPath,
  entry: LedgerCall,
): Promise<Response> {
  try {
    const found = world.findRepository(path.owner, path.name);
    const caller = authenticate(world, request.headers.get("authorization"));
    if (caller.kind === "installation") entry.installationId = caller.token.installation.id;
    if (!found) throw new GitHubError(caller.kind === "anonymous" ? 401 : 404, "Repository not found.");
    // Git is told to log in, rather than that there is nothing, so that it offers its credentials.
    if (found.repository.private && caller.kind === "anonymous")
      throw new GitHubError(401, "Requires authentication");
    if (found.moved) return moved(world, request, found.repository, path);
    requireGrant(caller, found.repository, ["contents:read"]);
    if (path.service === "git-receive-pack") throw new GitHubError(403, "Permission denied");
    return await runBackend(request, found.repository, path.service);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    const headers = error.status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {};
    return new Response(`${error.message}\n`, { status: error.status, headers });
  }
}

function moved(world: World, request: Request, { owner, name }: Repository, { service }: GitPath): Response {
  const location = `${world.origin}/${owner.login}/${name}.git/${service}${new URL(request.url).search}`;
  return new Response(null, { status: 301, headers: { location } });
}

async function runBackend(request: Request, repository: Repository, service: string): Promise<Response> {
  const { folder } = repository.git;
  const process = Bun.spawn(["git", "http-backend"], {
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: folder.slice(0, -basename(folder).length),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${basename(folder)}/${service}`,
      REQUEST_METHOD: request.method,
      QUERY_STRING: new URL(request.url).search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: new Blob([await request.arrayBuffer()]),
    stdout: "pipe",
    stderr: "ignore",
  });
  return cgiResponse(await new Response(process.stdout).bytes());
}

/** Header lines, an empty line, the body. */
function cgiResponse(output: Uint8Array): Response {
  const end = Buffer.from(output).indexOf("\r\n\r\n");
  const headers = new Headers();
  let status = 200;
  for (const line of Buffer.from(output.subarray(0, end)).toString().split("\r\n")) {
    const [name = "", value = ""] = line.split(/: (.*)/);
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else if (name !== "") headers.set(name, value);
  }
  return new Response(output.slice(end + 4), { status, headers });
}
