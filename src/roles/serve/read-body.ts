/** Reads a request's body up to a limit. */
import { HTTPException } from "hono/http-exception";

/** @throws HTTPException 413 past the limit, as soon as that is known; 400 when the body ends too early */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new HTTPException(413, { message: `at most ${maxBytes} bytes are taken` });
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error === tooLarge) throw error;
    throw new HTTPException(400, { message: "the body ended too early", cause: error });
  }
  return Buffer.concat(chunks, length);
}
