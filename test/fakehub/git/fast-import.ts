/** Turns a set of files into the stream `git fast-import` makes one commit of. */

/** Text, bytes, a file with its own mode, or null for a file that goes away. */
type FileContent =
  | string
  | Uint8Array
  | { readonly mode: "100755" | "120000"; readonly content: string }
  | null;
export type Files = Readonly<Record<string, FileContent>>;

export interface CommitRequest {
  readonly branch: string;
  /** Null starts a history. */
  readonly parent: string | null;
  readonly files: Files;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly timeMs: number;
}

export function fastImportStream(request: CommitRequest): Uint8Array {
  const { name, email } = request.author;
  const parts: Uint8Array[] = [];
  const line = (text: string) => parts.push(Buffer.from(`${text}\n`));
  const data = (bytes: Uint8Array) => {
    line(`data ${bytes.byteLength}`);
    parts.push(bytes, Buffer.from("\n"));
  };
  line(`commit refs/heads/${request.branch}`);
  line("mark :1");
  line(`committer ${name} <${email}> ${Math.floor(request.timeMs / 1000)} +0000`);
  data(Buffer.from(request.message));
  if (request.parent) line(`from ${request.parent}`);
  for (const [path, content] of Object.entries(request.files)) {
    if (content === null) line(`D ${quoted(path)}`);
    else {
      line(`M ${modeOf(content)} inline ${quoted(path)}`);
      data(bytesOf(content));
    }
  }
  line("get-mark :1");
  return Buffer.concat(parts);
}

function modeOf(content: NonNullable<FileContent>): string {
  return typeof content === "object" && "mode" in content ? content.mode : "100644";
}

function bytesOf(content: NonNullable<FileContent>): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === "string" ? content : content.content);
}

/** C-style, so that any file name is one word of the stream. */
function quoted(path: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${escaped}"`;
}
