/** The real `git http-backend` behind HTTP, for tests that fetch. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

export interface GitServer extends Disposable {
  /** Of the one repository it serves. */
  readonly url: string;
  readonly requests: { readonly path: string; readonly authorization: string | null }[];
  /** Command lines of the processes that ran while requests were answered. */
  readonly commandLines: Set<string>;
}

export interface GitServerOptions {
  /** The `Authorization` header asked for; anything else is answered with 401. */
  readonly authorization?: string;
  /** Answers in the old protocol, in which only commits that references name are given out. */
  readonly oldProtocol?: boolean;
  /** Answers instead of git, unless it gives null. */
  readonly answer?: (request: Request) => Response | null | Promise<Response>;
}

/** @param directory holds the repository `repository.git` or is a work tree with `.git` */
export function startGitServer(directory: string, options: GitServerOptions = {}): GitServer {
  const requests: GitServer["requests"] = [];
  const commandLines = new Set<string>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const authorization = request.headers.get("authorization");
      requests.push({ path: pathname, authorization });
      for (const line of readCommandLines()) commandLines.add(line);
      const answer = await options.answer?.(request);
      if (answer) return answer;
      if (options.authorization !== undefined && options.authorization !== authorization) {
        return new Response("no", { status: 401, headers: { "www-authenticate": "Basic" } });
      }
      return await runBackend(directory, request, options.oldProtocol ?? false);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/.git`,
    requests,
    commandLines,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

function readCommandLines(): readonly string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}

async function runBackend(directory: string, request: Request, oldProtocol: boolean): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const backend = Bun.spawn(["git", "http-backend"], {
    env: {
      PATH: process.env.PATH ?? "",
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_PROTOCOL: oldProtocol ? "" : (request.headers.get("git-protocol") ?? ""),
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
    },
    stdin: new Uint8Array(await request.arrayBuffer()),
    stdout: "pipe",
    stderr: "ignore",
  });
  const output = Buffer.from(await new Response(backend.stdout).arrayBuffer());
  const end = output.indexOf("\r\n\r\n");
  const headers = new Headers();
  for (const line of output.subarray(0, end).toString().split("\r\n")) {
    const [name = "", value = ""] = line.split(/: (.*)/);
    headers.append(name, value);
  }
  const status = Number.parseInt(headers.get("status") ?? "200", 10);
  headers.delete("status");
  return new Response(output.subarray(end + 4), { status, headers });
}
