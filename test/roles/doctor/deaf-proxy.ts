/** A way to Postgres on which LISTEN is accepted and nothing ever arrives, as through a transaction-pooling proxy. */
import { connect, createServer, type Socket } from "node:net";

/** NotificationResponse, by its first byte (PostgreSQL's frontend/backend protocol). */
const notification = "A".charCodeAt(0);
const headerBytes = 5;

export async function deafProxy(databaseUrl: string): Promise<AsyncDisposable & { readonly url: string }> {
  const to = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    const filter = createFilter();
    upstream.on("data", (chunk) => client.write(filter(Buffer.from(chunk))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const dispose = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { url: url.href, [Symbol.asyncDispose]: dispose };
}

/** Passes whole messages on, but for notifications. */
function createFilter(): (chunk: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const passed: Buffer[] = [];
    while (rest.length >= headerBytes && rest.length > rest.readUInt32BE(1)) {
      const end = 1 + rest.readUInt32BE(1);
      if (rest[0] !== notification) passed.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    return Buffer.concat(passed);
  };
}
