/** The numbered SQL files of drizzle/, in order, embedded so that the binary carries them. A test compares the two. */
import tables from "../../../drizzle/0001_tables.sql" with { type: "text" };
import seats from "../../../drizzle/0002_seats.sql" with { type: "text" };
import roles from "../../../drizzle/0003_roles.sql" with { type: "text" };

export interface Migration {
  /** The file's name without its extension; the order of names is the order of application. */
  readonly name: string;
  readonly text: string;
}

export const migrations: readonly Migration[] = [
  { name: "0001_tables", text: tables },
  { name: "0002_seats", text: seats },
  { name: "0003_roles", text: roles },
];
