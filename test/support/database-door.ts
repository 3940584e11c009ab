/** A way to a database that a test can close, or hold up without a word, as networks do. */
import { connect, createServer, type Socket } from "node:net";

type Direction = "questions" | "answers";

export interface DatabaseDoor extends AsyncDisposable {
  /** The database's, through the door. */
  readonly url: string;
  /** What goes that way is held up from now on, and nobody is told. */
  readonly hold: (...held: readonly Direction[]) => void;
  /** Lets through what was held up, and all that follows. */
  readonly letGo: () => void;
  /** Cuts every connection, and what is held up on them. */
  readonly cut: () => void;
  /** Cuts every connection and refuses further ones. */
  readonly shut: () => Promise<void>;
  /** On the same port. */
  readonly open: () => Promise<void>;
}

/** Open, unless it is opened later. */
export async function createDatabaseDoor(to: string, { isOpen = true } = {}): Promise<DatabaseDoor> {
  const database = new URL(to);
  const held = new Set<Direction>();
  let waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();

  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const pass = (direction: Direction, from: Socket, into: Socket) => {
    from.on("data", (bytes) => {
      const send = () => void into.write(bytes);
      if (held.has(direction)) waiting.push(send);
      else send();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(Number(database.port), database.hostname);
    keep(client, upstream);
    keep(upstream, client);
    pass("questions", client, upstream);
    pass("answers", upstream, client);
  });

  const listenOn = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const cut = () => {
    waiting = [];
    for (const socket of sockets) socket.destroy();
  };
  const shut = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    await closed;
  };

  await listenOn(0);
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  if (!isOpen) await shut();
  const url = new URL(database);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    hold: (...directions) => {
      for (const direction of directions) held.add(direction);
    },
    letGo: () => {
      held.clear();
      for (const send of waiting.splice(0)) send();
    },
    cut,
    shut,
    open: () => listenOn(port),
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await shut();
    },
  };
}
